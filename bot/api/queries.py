"""Parameters of a query, read with words for what they can't be."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime, timedelta

from starlette.datastructures import QueryParams

from bot.api.refusals import QueryRefused
from bot.domain.usage_sums import DAYS_MAX, ROWS_MAX, By, Question

_DAYS = 30
_LIMIT = 1_000
_CURSOR_MAX = 2_000
_LIMIT_DIGITS_MAX = 6


def question(query: QueryParams, now: datetime) -> Question:
    """Which usage is asked for; thirty days to today (in UTC) where nothing else is said."""
    until = _day(query, "until", now.date() + timedelta(days=1))
    earliest = date.min + timedelta(days=_DAYS)
    since = _day(query, "since", max(until, earliest) - timedelta(days=_DAYS))
    if since >= until:
        raise QueryRefused("since", f"({since}) must be before until ({until}), which is left out")
    if (until - since).days > DAYS_MAX:
        raise QueryRefused("since", f"and until span more than {DAYS_MAX} days; ask for a part")
    by = _group_by(query)
    return Question(
        since=since, until=until, by=by, limit=_limit(query), after=_after(query, len(by))
    )


def cursor(parts: tuple[str, ...]) -> str:
    """What a client gives back as `after` to go on behind these."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def is_plain(text: str) -> bool:
    """Whether a database can look for it: no NUL, and no half of a character."""
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _day(query: QueryParams, name: str, default: date) -> date:
    given = query.get(name)
    if given is None:
        return default
    try:
        found = date.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.isoformat() != given:  # fromisoformat reads 20260302 and 2026-W10-1
        raise QueryRefused(name, "must be a day as 2026-03-02")
    return found


def _group_by(query: QueryParams) -> tuple[By, ...]:
    given = query.get("group_by", "")
    words = given.split(",") if given else []
    try:
        found = tuple(By(word.strip()) for word in words)
    except ValueError:
        found = ()
    if len(set(found)) != len(words):
        raise QueryRefused("group_by", f"is a list with commas, each once, of {', '.join(By)}")
    return found


def _limit(query: QueryParams) -> int:
    given = query.get("limit", str(_LIMIT))
    is_number = given.isascii() and given.isdigit() and len(given) <= _LIMIT_DIGITS_MAX
    if not is_number or not 1 <= int(given) <= ROWS_MAX:
        raise QueryRefused("limit", f"must be a whole number from 1 to {ROWS_MAX:,}")
    return int(given)


def _after(query: QueryParams, length: int) -> tuple[str, ...] | None:
    given = query.get("after")
    if given is None:
        return None
    try:
        found = json.loads(urlsafe_b64decode(given[:_CURSOR_MAX] + "=" * (-len(given) % 4)))
    except (ValueError, RecursionError):
        found = None
    if (
        not isinstance(found, list)
        or not found
        or len(found) != length
        or not all(isinstance(part, str) and is_plain(part) for part in found)
    ):
        raise QueryRefused("after", "must be what an answer to the same question gave as next")
    return tuple(found)
