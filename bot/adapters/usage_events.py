"""Usage events as senders write them: JSON objects in, `UsageEvent` out, with words for what isn't.

Checked by hand on plain dicts: a model of pydantic's takes as long (10 ms for a thousand), and its
words are its own.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from bot.domain import counts
from bot.domain.counts import Counts, CountsRefused
from bot.domain.usage import NAME_MAX
from bot.domain.usage_events import (
    COST_NANO_MAX,
    ID_MAX,
    METADATA_MAX,
    METADATA_TEXT_MAX,
    REVISION_MAX,
    SOURCE_MAX,
    USER_MAX,
    EventRefused,
    UsageEvent,
)

#: Of an event; what else it has is ignored, and counted.
KNOWN = frozenset(
    {
        "source",
        "id",
        "at",
        "user",
        "model",
        "provider",
        "input_tokens",
        "cached_input_tokens",
        "cache_write_tokens",
        "output_tokens",
        "reasoning_tokens",
        "cost_usd",
        "project",
        "team",
        "metadata",
        "revision",
    }
)
#: How many names of ignored fields an answer lists, and how much of each.
IGNORED_NAMES_MAX = 20
IGNORED_NAME_MAX = 60

_AT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
#: No database or terminal should have to carry them; PostgreSQL refuses the first.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_COST = re.compile(r"\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_NANO = Decimal(10) ** 9
_COST_MAX = COST_NANO_MAX // 10**9
_NO_METADATA: Mapping[str, str] = MappingProxyType({})


def event_of(fields: object) -> UsageEvent:
    """The event. Raises `EventRefused`, with words that name the field."""
    if not isinstance(fields, dict):
        raise EventRefused(f"an event is a JSON object, not {_kind(fields)}")
    get = fields.get
    try:
        used = _counts(get)
    except CountsRefused as refused:
        raise EventRefused(str(refused)) from None
    cost = get("cost_usd")
    metadata = get("metadata")
    return UsageEvent(
        source=_needed("source", get("source"), SOURCE_MAX),
        external_id=_needed("id", get("id"), ID_MAX),
        occurred_at=_moment(get("at")),
        user=checked_text("user", get("user"), USER_MAX),
        model=checked_text("model", get("model"), NAME_MAX),
        provider=checked_text("provider", get("provider"), NAME_MAX),
        counts=used,
        cost_nano=None if cost is None else _nano(cost),
        project=checked_text("project", get("project"), NAME_MAX),
        team=checked_text("team", get("team"), NAME_MAX),
        metadata=_NO_METADATA if metadata is None else flat_metadata(metadata),
        revision=_revision(get("revision")),
    )


def id_of(fields: object) -> str:
    """What a sender will know the event by, as far as it has an id."""
    found = fields.get("id") if isinstance(fields, dict) else None
    return _CONTROL.sub("\ufffd", found[:ID_MAX]) if isinstance(found, str) else ""


def count_ignored(fields: object, ignored: Counter[str]) -> None:
    """Add the names of the event's fields that are none of ours."""
    if isinstance(fields, dict) and not KNOWN.issuperset(fields):
        for name in fields.keys() - KNOWN:
            shown = _CONTROL.sub("\ufffd", name[:IGNORED_NAME_MAX])
            if shown in ignored or len(ignored) < IGNORED_NAMES_MAX:
                ignored[shown] += 1


def _counts(get: Any) -> Counts:
    if (used := get("input_tokens")) is None:
        raise EventRefused("input_tokens is missing; say 0 if there were none")
    if (output := get("output_tokens")) is None:
        raise EventRefused("output_tokens is missing; say 0 if there were none")
    return counts.of_totals(
        input_tokens=whole_number("input_tokens", used),
        output_tokens=whole_number("output_tokens", output),
        cached_input_tokens=_part("cached_input_tokens", get("cached_input_tokens")),
        cache_write_tokens=_part("cache_write_tokens", get("cache_write_tokens")),
        reasoning_tokens=_part("reasoning_tokens", get("reasoning_tokens")),
    )


def _part(name: str, given: object) -> int:
    return 0 if given is None else whole_number(name, given)


def whole_number(name: str, given: object) -> int:
    """A count; its range is the domain's to check, its words must not hold a page of digits."""
    count = given if type(given) is int else without_point(given)
    if type(count) is not int:
        raise EventRefused(f"{name} must be a whole number, not {_shown(given)}")
    if count.bit_length() > 64:  # noqa: PLR2004 - any more is no count
        raise EventRefused(f"{name} must be at most {counts.COUNT_MAX:,}")
    return count


def without_point(given: object) -> object:
    """1200.0 as 1200, the same number in JSON; Lua and others write all of theirs so."""
    return int(given) if type(given) is float and given.is_integer() else given


def _revision(given: object) -> int:
    if given is None:
        return 0
    revision = without_point(given)
    if type(revision) is not int or not 0 <= revision <= REVISION_MAX:
        raise EventRefused(
            f"revision must be a whole number from 0 to {REVISION_MAX:,}, not {_shown(given)}"
        )
    return revision


def _needed(name: str, given: object, longest: int) -> str:
    if given is None or given == "":
        raise EventRefused(f"{name} is missing")
    return checked_text(name, given, longest)


def checked_text(name: str, given: object, longest: int) -> str:
    if given is None:
        return ""
    if type(given) is not str:
        raise EventRefused(f"{name} must be text, not {_shown(given)}")
    if len(given) > longest:
        raise EventRefused(f"{name} has {len(given):,} characters; at most {longest} fit")
    if not given.isprintable() and _CONTROL.search(given):
        raise EventRefused(f"{name} has control characters in it")
    return given


def _moment(given: object) -> datetime:
    """RFC 3339; anything finer than a microsecond is cut."""
    if given is None:
        raise EventRefused("at is missing: the time of the call, as 2026-03-02T09:30:00Z")
    found = _AT.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise EventRefused(
            f"at must be a time as 2026-03-02T09:30:00+01:00 (RFC 3339), not {_shown(given)}"
        )
    text = found[0]
    if found[1] is None:
        raise EventRefused(f"at ({text}) has no offset from UTC; add Z for UTC, or one as +01:00")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise EventRefused(f"at ({text}) is no time that there is") from None


def _nano(given: object) -> int:
    """Billionths of a dollar, exactly as the digits say; a half is rounded to even.

    A JSON number came as a float, whose shortest digits are those that were sent: what costs at
    most a million dollars has no more in billionths than the fifteen that a float keeps.
    """
    if type(given) not in {int, float, str}:
        raise EventRefused(f"cost_usd must be a number or decimal text, not {_shown(given)}")
    text = str(given)
    if not _COST.fullmatch(text):
        raise EventRefused(
            f"cost_usd must be a decimal number that is not negative, not {_shown(given)}"
        )
    cost = Decimal(text)
    if cost > _COST_MAX:
        raise EventRefused(f"cost_usd is at most {_COST_MAX:,}")
    return int((cost * _NANO).to_integral_value())


def flat_metadata(given: object) -> Mapping[str, str]:
    """Small and flat: text, numbers, true and false; numbers are kept as their text."""
    if not isinstance(given, dict):
        raise EventRefused(f"metadata must be a JSON object, not {_kind(given)}")
    if len(given) > METADATA_MAX:
        raise EventRefused(f"metadata has {len(given)} fields; at most {METADATA_MAX} fit")
    kept = {}
    for key, value in given.items():
        if value is None:
            continue
        if isinstance(value, dict | list):
            raise EventRefused(f"metadata must be flat; {_shown(key)} is {_kind(value)}")
        if isinstance(value, bool):
            text = "true" if value else "false"
        elif isinstance(value, int) and value.bit_length() > 64:  # noqa: PLR2004 - see `whole_number`
            raise EventRefused(f"metadata's {_shown(key)} is too large a number")
        else:
            text = str(value)
        kept[checked_text("a name in metadata", key, METADATA_TEXT_MAX)] = checked_text(
            "a value in metadata", text, METADATA_TEXT_MAX
        )
    return kept


_SHOWN_MAX = 40


def _shown(given: object) -> str:
    """A value as an error shows it: short, on one line."""
    if isinstance(given, dict | list):
        return _kind(given)
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, int) and given.bit_length() > 64:  # noqa: PLR2004 - see `whole_number`
        return "so large a number"
    text = _CONTROL.sub("\ufffd", str(given)[: _SHOWN_MAX + 1])
    text = text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
    return f'"{text}"' if isinstance(given, str) else text


def _kind(given: object) -> str:
    match given:
        case None:
            return "null"
        case bool():
            return str(given).lower()
        case dict():
            return "an object"
        case list():
            return "an array"
        case str():
            return "text"
        case _:
            return "a number"
