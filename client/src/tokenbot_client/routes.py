"""Where what is sent in the background goes, and what the answers mean for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from tokenbot_client import answers

Event = dict[str, object]

#: Events in one request: some 150 kB.
BATCH_MAX = 500
#: How long the first event of a batch waits for company.
LINGER_SECONDS = 1.0


@dataclass(frozen=True)
class Route:
    """Where events go, and what an answer means for them."""

    name: str
    #: Of events, the path and the body of a request.
    asked: Callable[[Sequence[str]], tuple[str, str]]
    #: Of an answer to these events, why some were refused; None when it is not tokenbot's.
    refused: Callable[[httpx.Response, Sequence[str]], Sequence[object] | None]
    batch_max: int = BATCH_MAX
    linger_seconds: float = LINGER_SECONDS


def _usage_asked(events: Sequence[str]) -> tuple[str, str]:
    return "/v1/usage", f'{{"events": [{", ".join(events)}]}}'


def _usage_refused(answer: httpx.Response, _events: Sequence[str]) -> Sequence[object] | None:
    return answers.refused(answer)


USAGE = Route("usage", _usage_asked, _usage_refused)
