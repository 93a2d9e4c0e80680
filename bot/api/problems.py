"""Problems (RFC 9457): what a client is told where it can't be served."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_MEMBERS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Problem:
    """What a client is told; `name` ends the stable URI by which programs know the kind."""

    status: int
    name: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    #: What its kind tells besides.
    members: Mapping[str, Any] = field(default_factory=lambda: _NO_MEMBERS)


def told(problem: Problem, reference: str = "") -> dict[str, Any]:
    """The problem's members."""
    said = {
        "type": f"urn:tokenbot:problem:{problem.name}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **problem.members,
    }
    if reference:
        said["reference"] = reference
    return said


def answer(problem: Problem, reference: str = "") -> Response:
    """The problem as a response; `reference` is in the log too."""
    return Response(
        to_json(told(problem, reference)),
        problem.status,
        headers=dict(problem.headers),
        media_type=MEDIA_TYPE,
    )
