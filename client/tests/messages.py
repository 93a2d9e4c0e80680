"""What goes over the wire between a client and a peer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """What a peer says to one request; server-sent events where `chunks` are given."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Sequence[str] | None = None
    #: The stream stops after its last chunk without an end, as a cut connection does.
    is_cut: bool = False
    #: The connection ends without a word.
    is_gone: bool = False


@dataclass
class Request:
    path: str
    headers: Mapping[str, str]
    body: Any
