"""The fields of an imported event: their names, numbers and times as spreadsheets write them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.adapters import usage_events
from bot.adapters.usage_lines import FileRefused
from bot.domain.usage_events import EventRefused

#: Input that includes neither what was read from a cache nor what was written to one.
UNCACHED = "uncached_input_tokens"
FIELDS = usage_events.KNOWN | {UNCACHED}
WHOLE_NUMBERS = frozenset({name for name in FIELDS if name.endswith("_tokens")} | {"revision"})
#: A column `metadata.region` is one of an event's pairs.
METADATA = "metadata."

_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "timestamp": "at",
        "time": "at",
        "datetime": "at",
        "date": "at",
        "email": "user",
        "user_email": "user",
        "model_name": "model",
        "prompt_tokens": "input_tokens",
        "completion_tokens": "output_tokens",
        "cached_tokens": "cached_input_tokens",
        "project_name": "project",
        "team_name": "team",
    }
)
#: 1200.0 too: so pandas writes a column of counts in which one is missing.
_DIGITS = re.compile(r"([0-9]{1,18})(?:\.0+)?")
_GROUPED = re.compile(r"[0-9]{1,3}([,. '’_\u00a0\u202f][0-9]{3})+")
_AT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?)? ?([Zz]|UTC|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_NOON = "12:00"
_SECONDS = ":00"


def mapping_of(pairs: Sequence[str]) -> dict[str, str]:
    """Columns and the fields they are, from `column=field`. Raises `FileRefused`."""
    made: dict[str, str] = {}
    for pair in pairs:
        column, equals, name = pair.rpartition("=")
        column, name = column.strip(), name.strip()
        if not equals or not column:
            raise FileRefused(f'--map {pair}: write --map "Total input=input_tokens"')
        if name not in FIELDS and not (name.startswith(METADATA) and name != METADATA):
            raise FileRefused(f"--map {pair}: there is no field {name}{_nearest(name, FIELDS)}")
        if column in made:
            raise FileRefused(f"--map names the column {column} twice")
        made[column] = name
    return made


def named(columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Which field each column is; those that are none are left out. Raises `FileRefused`."""
    for column in mapping:
        if column not in columns:
            raise FileRefused(f"there is no column {column}{_nearest(column, columns)}")
    free = [column for column in columns if column not in mapping]
    found = dict(mapping)
    for column in free:
        name = _spelt(column)
        if (name in FIELDS or name.startswith(METADATA)) and name not in found.values():
            found[column] = name
    # Another word for a field counts only where nothing has the field's own name.
    taken = frozenset(found.values())
    for column in free:
        name = _ALIASES.get(_spelt(column), "")
        if name and name not in taken and column not in found:
            found[column] = name
    _check_once(found)
    return found


def missing(columns: Sequence[str], fields: frozenset[str], *, has_user: bool) -> str:
    """What the columns lack, with the nearest one that there is; empty if nothing."""
    needed = ["at", "input_tokens", "output_tokens", *(() if has_user else ("user",))]
    lacking = [
        name
        for name in needed
        if name not in fields and not (name == "input_tokens" and UNCACHED in fields)
    ]
    if not lacking:
        return ""
    words = [f"no column is {name}{_nearest(name, columns)}" for name in lacking]
    example = f'say which one with --map "COLUMN={lacking[0]}"'
    whose = ", or whose all of it is with --user" if "user" in lacking else ""
    return f"{'; '.join(words)}. There is {', '.join(columns)}; {example}{whose}"


def whole(name: str, text: str) -> int:
    """A count. Raises `EventRefused` with what to write instead."""
    if _GROUPED.fullmatch(text):  # 12.000 is twelve thousand to many
        plain = re.sub("[^0-9]", "", text)
        raise EventRefused(f"{name} is {text}: write {plain}, if that is what it means")
    if found := _DIGITS.fullmatch(text):
        return int(found[1])
    shown = text if len(text) <= 40 else text[:40] + "…"  # noqa: PLR2004 - as much as says it
    raise EventRefused(f"{name} must be a whole number in the digits 0-9, not {shown!r}")


def with_zone(at: str, zone: ZoneInfo | None, now: datetime) -> str:
    """The time with an offset: a time without one is in this zone, a date is its noon there.

    Today's noon may be still to come: then it is now. What has another form stays as it is.
    Raises `EventRefused` where a zone is needed and none is given.
    """
    found = _AT.fullmatch(at)
    if found is None:
        return at
    day, clock, seconds, offset = found.groups()
    if offset and clock:
        offset = "Z" if offset == "UTC" else offset
        return f"{day}T{clock}{seconds or _SECONDS}{offset}"
    if zone is None:
        raise EventRefused(f"at ({at}) has no zone; say which with --zone, as Europe/Warsaw or UTC")
    try:
        local = datetime.fromisoformat(f"{day}T{clock or _NOON}{seconds or _SECONDS}")
    except ValueError:
        raise EventRefused(f"at ({at}) is no time that there is") from None
    moment = local.replace(tzinfo=zone)
    if not clock and moment > now and moment.date() == now.astimezone(zone).date():
        return now.isoformat()
    return moment.isoformat()


def summed(fields: dict[str, object]) -> dict[str, object]:
    """The same with all input together, where the file told it without what a cache took.

    Raises `EventRefused` where it tells both.
    """
    if UNCACHED not in fields:
        return fields
    if fields.get("input_tokens") is not None:
        raise EventRefused(f"{UNCACHED} and input_tokens are both given; which one counts?")
    parts = [fields.get(name, 0) for name in ("cached_input_tokens", "cache_write_tokens")]
    told = [fields[UNCACHED], *(0 if part is None else part for part in parts)]
    all_input = [usage_events.without_point(part) for part in told]
    rest = {name: value for name, value in fields.items() if name != UNCACHED}
    # What is no whole number is told so by the field's own check.
    odd = next((value for value in all_input if type(value) is not int), None)
    whole_input = sum(value for value in all_input if isinstance(value, int))
    return {**rest, "input_tokens": whole_input if odd is None else odd}


def _spelt(column: str) -> str:
    return column.strip().lower().replace(" ", "_").replace("-", "_")


def _check_once(found: Mapping[str, str]) -> None:
    columns: dict[str, str] = {}
    for column, name in found.items():
        if name in columns:
            raise FileRefused(
                f"the columns {columns[name]} and {column} may both be {name}; "
                f'say which with --map "{column}={name}"'
            )
        columns[name] = column


def _nearest(word: str, choices: Sequence[str] | frozenset[str]) -> str:
    by_name = {_spelt(choice): choice for choice in sorted(choices)}
    found = get_close_matches(_spelt(word), by_name, n=1)
    return f" (nearest: {by_name[found[0]]})" if found else ""
