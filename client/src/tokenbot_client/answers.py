"""What tokenbot's answers to `POST /v1/usage` mean."""

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpx

from tokenbot_client import clock
from tokenbot_client.counts import field

#: A server that asks for more patience than this gets asked again anyway.
RETRY_AFTER_MAX_SECONDS = 300.0
#: Besides 5xx: the same request may succeed a little later.
PASSING = frozenset({408, 425, 429})
#: Answers that say what became of each event.
TELLING = frozenset({200, 422})


def is_too_large(answer: httpx.Response) -> bool:
    """Whether it is for the size of this one request that it says no, whoever it is."""
    return answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE


def is_passing(answer: httpx.Response) -> bool:
    """Whether the same events are worth sending again."""
    return answer.is_server_error or answer.status_code in PASSING


def retry_after(answer: httpx.Response) -> float | None:
    """The seconds that the server asks for, as a number or as a date; None where it doesn't."""
    said = answer.headers.get("retry-after", "").strip()
    if not said:
        return None
    if said.isascii() and said.isdigit():
        return min(float(said), RETRY_AFTER_MAX_SECONDS)
    try:
        seconds = (_aware(parsedate_to_datetime(said)) - clock.now()).total_seconds()
    except ValueError:
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_MAX_SECONDS)


def refused(answer: httpx.Response) -> list[object] | None:
    """Why events were refused, one line each; None when the answer is not tokenbot's."""
    if answer.status_code not in TELLING:
        return None
    try:
        rejected = field(answer.json(), "rejected")
    except ValueError:
        return None
    if not isinstance(rejected, list):
        return None
    return [f"{field(one, 'id')}: {field(one, 'error')}" for one in rejected]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
