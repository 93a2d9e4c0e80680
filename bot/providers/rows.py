"""Reading the rows of a report: what is there must be what the vendor documents."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from bot.domain.counts import COUNT_MAX, CountsRefused
from bot.domain.pulls import ProviderAway, Report
from bot.domain.usage_events import USER_MAX, UsageEvent

Row = Mapping[str, object]
_T = TypeVar("_T")

#: Before the id of an API key, where a report names no person.
API_KEY = "api_key:"
#: Of what a row says: a model, an id; with `API_KEY` before it, it still names a user.
TEXT_MAX = USER_MAX - len(API_KEY)
#: Rows of one day: 50 for each of 2,000 people, some 100 MB.
ROWS_MAX = 100_000
#: Remarks on one day that are kept, the first of them.
REMARKS_MAX = 3


class RowRefused(ValueError):
    """A row that can't be read; the message names the field and what is wrong with it."""


def listed(answer: Row, name: str) -> Iterator[Row]:
    """The objects of a list. Raises `ProviderAway` where there is none: it is no report."""
    found = answer.get(name)
    if not isinstance(found, list):
        raise ProviderAway(f"a report came without its list {name}")
    for one in found:
        yield one if isinstance(one, Mapping) else {}


def within(row: Row, name: str) -> Row:
    """An object in a row; empty where it is null or missing."""
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}


def text(row: Row, name: str) -> str:
    """A text; empty where it is null or missing. Raises `RowRefused` for anything else."""
    found = row.get(name)
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > TEXT_MAX or not found.isprintable():
        raise RowRefused(f"{name} is no short text")
    return found


def user(name: str, *, key: str) -> str:
    """Whom a row names, else the API key that it names; empty where it names neither."""
    return name or (f"{API_KEY}{key}" if key else "")


def count(row: Row, name: str) -> int:
    """A count that must be there. Raises `RowRefused`."""
    if row.get(name) is None:
        raise RowRefused(f"{name} is missing")
    return count_if_any(row, name)


def count_if_any(row: Row, name: str) -> int:
    """A count; zero where it is null or missing. Raises `RowRefused` for what is no count."""
    found = row.get(name)
    if found is None:
        return 0
    if isinstance(found, Decimal) and 0 <= found <= COUNT_MAX and found == int(found):
        return int(found)  # some vendors write 12.0
    if type(found) is not int:
        raise RowRefused(f"{name} is no whole number")
    if not 0 <= found <= COUNT_MAX:
        raise RowRefused(f"{name} ({str(found)[:30]}) is not from 0 to {COUNT_MAX:,}")
    return found


def external_id(kind: str, day: date, *dimensions: str) -> str:
    """The same for the same row of a day, however often and in whatever order it is told."""
    digest = hashlib.sha256(json.dumps(dimensions).encode()).hexdigest()
    return f"{kind}:{day.isoformat()}:{digest[:32]}"


def details(**known: str) -> Mapping[str, str]:
    """What an event carries besides, without what the report leaves open."""
    return MappingProxyType({name: value for name, value in known.items() if value})


class Remarks:
    """What could not be read of a day: the first few in words, and how many there were."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._first: list[str] = []
        self._others = 0

    def add(self, words: str) -> None:
        if len(self._first) < REMARKS_MAX:
            self._first.append(f"{self._day}: {words}")
        else:
            self._others += 1

    def said(self) -> tuple[str, ...]:
        others = (f"{self._day}: and {self._others:,} more",) if self._others else ()
        return (*self._first, *others)


class Events:
    """The events of a day as its rows are read, each once."""

    def __init__(self, remarks: Remarks) -> None:
        self._remarks = remarks
        self._events: dict[str, UsageEvent] = {}

    def read(self, found: Iterable[_T], event_of: Callable[[_T], UsageEvent]) -> None:
        """Take in rows; one that can't be read is left out, with a remark."""
        for row in found:
            try:
                event = event_of(row)
            except (RowRefused, CountsRefused) as why:
                self._remarks.add(f"a row was left out: {why}")
            else:
                self._keep(event)

    def every(self) -> list[UsageEvent]:
        return list(self._events.values())

    def users(self) -> set[str]:
        """Everybody whom the events name by the id of a user."""
        named = {event.user for event in self._events.values()}
        return {user for user in named if user and not user.startswith(API_KEY)}

    def report(self, emails: Mapping[str, str]) -> Report:
        """The day, its people by e-mail where that is known."""
        events = (replace(event, user=emails.get(event.user, event.user)) for event in self.every())
        return Report(events=tuple(events), remarks=self._remarks.said())

    def _keep(self, event: UsageEvent) -> None:
        """A row that comes twice is one; if it grew in between, it is the larger one."""
        before = self._events.get(event.external_id)
        if before is None or before.counts.total < event.counts.total:
            self._events[event.external_id] = event
        if len(self._events) > ROWS_MAX:
            raise ProviderAway(f"a day came with more than {ROWS_MAX:,} rows")
