"""Where what is sent in the background goes, and what the answers mean for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from tokenbot_client import answers, problems

Event = dict[str, object]

#: Events in one request: some 150 kB.
BATCH_MAX = 500
#: How long the first event of a batch waits for company.
LINGER_SECONDS = 1.0
#: Said by tokenbot of all events of a request, which would be no better the next time.
_OF_ALL = frozenset({400, 413, 415, 422})


@dataclass(frozen=True)
class Route:
    """Where events go, and what an answer means for them."""

    name: str
    #: Of events, the path and the body of a request.
    asked: Callable[[Sequence[str]], tuple[str, str]]
    #: Of an answer to these events, why some were refused; None when it says nothing of them, as
    #: where the API key is refused, or another than tokenbot answers.
    refused: Callable[[httpx.Response, Sequence[str]], Sequence[object] | None]
    batch_max: int = BATCH_MAX
    linger_seconds: float = LINGER_SECONDS


def _usage_asked(events: Sequence[str]) -> tuple[str, str]:
    return "/v1/usage", f'{{"events": [{", ".join(events)}]}}'


def _usage_refused(answer: httpx.Response, events: Sequence[str]) -> Sequence[object] | None:
    refused = answers.refused(answer)
    if refused is not None:
        return refused
    said = problems.told(answer)
    is_of_all = answer.status_code in _OF_ALL and problems.is_problem(said)
    if is_of_all or answers.is_too_large(answer):
        return [said.get("detail", f"status {answer.status_code}")] * len(events)
    return None


USAGE = Route("usage", _usage_asked, _usage_refused)
