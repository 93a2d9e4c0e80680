"""Sources of usage: when each was last heard, and how far it is from the provider's report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.domain.usage_events import SourceRole

#: What is shown of each source.
SHOWN = timedelta(days=7)
#: A source that was not heard for longer is one that nobody uses any more.
KNOWN = timedelta(days=14)
#: So far back lies what a known source did in the week before its last word.
LOOKED_AT = timedelta(days=21)
#: After so long without a word, while people are active, something is wrong with a source.
SILENT = timedelta(days=1)
#: People do the same a week later,
_WEEK = timedelta(days=7)
#: though not at the same minute.
_GRACE = timedelta(hours=3)
#: Days that all came within so long were read in from a file, which nobody expects again.
_FILE_READ = timedelta(hours=1)
#: So many people's keys of their own make a source one of the company's.
PEOPLE = 3

#: A provider, and a day in UTC.
ProviderDay = tuple[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a source told of a provider's day in UTC."""

    source: str
    provider: str
    day: date
    role: SourceRole
    events: int
    #: Input and output as the source counted them, and what of it was charged.
    counted: int
    tokens: int
    last_occurred_at: datetime
    last_received_at: datetime
    #: Whose keys of their own sent it; of many, `PEOPLE` or more. None where another key did too.
    people: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A provider's day: counted by the sources that were charged, and by the provider."""

    provider: str
    day: date
    #: Those that were charged for some or all of it.
    sources: tuple[str, ...]
    counted: int
    #: None where there is no report.
    reported: int | None

    @property
    def tokens(self) -> int | None:
        """What the report has more, or less than zero; None where there is nothing to compare."""
        return self.reported - self.counted if self.sources and self.reported is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source is."""

    source: str
    role: SourceRole
    last_occurred_at: datetime
    last_received_at: datetime
    #: Of the last seven days.
    events: int
    tokens: int
    #: Where it was charged and there is a report: counted by it, and what the report has more.
    compared: int
    gap: int | None
    #: What of a report's last seven days belongs to nobody.
    nobodys: int
    is_silent: bool
    #: Its silence is everybody's concern: no single person's, and not the end of a first try.
    is_companys: bool

    @property
    def lag(self) -> timedelta:
        """How long after it happened the last event came."""
        return max(self.last_received_at - self.last_occurred_at, timedelta(0))


def gaps(told: Sequence[Told]) -> list[Gap]:
    """By provider, latest day first."""
    days: dict[ProviderDay, list[Told]] = {}
    for one in told:
        days.setdefault((one.provider, one.day), []).append(one)
    found = [_gap(key, rows) for key, rows in days.items()]
    return sorted(found, key=lambda one: (one.provider, -one.day.toordinal()))


def _gap(key: ProviderDay, rows: Sequence[Told]) -> Gap:
    """The report itself counts as charged where no other was."""
    reports = [one for one in rows if one.role is SourceRole.REPORT]
    charged = [one for one in rows if one.tokens]
    others = [one for one in charged if _is_charged_beside_reports(one)]
    compared = others or charged
    return Gap(
        provider=key[0],
        day=key[1],
        sources=tuple(sorted({one.source for one in compared})),
        counted=sum(one.counted for one in compared),
        reported=sum(one.counted for one in reports) if reports else None,
    )


def charged_already(told: Sequence[Told], named: Mapping[ProviderDay, int]) -> tuple[str, ...]:
    """The sources that were charged for most of what a report has by a name; none where for less.

    A gateway's own key stands for calls that it told of. What the report has more than all that
    other sources were charged for may be of that name; the rest of it can't be new.
    """
    by_day: dict[ProviderDay, list[Told]] = {}
    for one in told:
        by_day.setdefault((one.provider, one.day), []).append(one)
    twice, sources = 0, set[str]()
    for key, tokens in named.items():
        gap = _gap(key, by_day.get(key, []))
        others = [one for one in by_day.get(key, []) if _is_charged_beside_reports(one)]
        if others and gap.tokens is not None:
            twice += max(0, tokens - max(0, gap.tokens))
            sources |= {one.source for one in others}
    return tuple(sorted(sources)) if twice and 2 * twice >= sum(named.values()) else ()


def _is_charged_beside_reports(one: Told) -> bool:
    return one.tokens > 0 and one.role is not SourceRole.REPORT


def states(
    told: Sequence[Told], found: Sequence[Gap], nobodys: Mapping[str, int], now: datetime
) -> list[SourceState]:
    """How each known source is, by name; `told` is of all days that are looked at."""
    known = {one.source for one in told if one.day >= first_day(now, KNOWN)}
    by_source: dict[str, list[Told]] = {}
    for one in told:
        if one.source in known:
            by_source.setdefault(one.source, []).append(one)
    heard = {name: max(one.last_received_at for one in rows) for name, rows in by_source.items()}
    return [
        _state(rows, found, heard, nobodys.get(name, 0), now)
        for name, rows in sorted(by_source.items())
    ]


def _state(
    rows: Sequence[Told],
    found: Sequence[Gap],
    heard: Mapping[str, datetime],
    nobodys: int,
    now: datetime,
) -> SourceState:
    last = max(rows, key=lambda one: (one.last_received_at, one.last_occurred_at))
    since = first_day(now, SHOWN)
    lately = [one for one in rows if one.day >= since]
    compared = [one for one in found if last.source in one.sources and one.tokens is not None]
    others = [at for name, at in heard.items() if name != last.source]
    return SourceState(
        source=last.source,
        role=last.role,
        last_occurred_at=last.last_occurred_at,
        last_received_at=last.last_received_at,
        events=sum(one.events for one in lately),
        tokens=sum(one.tokens for one in lately),
        compared=sum(one.counted for one in compared),
        gap=sum(one.tokens or 0 for one in compared) if compared else None,
        nobodys=nobodys,
        is_silent=_is_silent(rows, others, now),
        is_companys=_is_companys(rows),
    )


def _is_silent(rows: Sequence[Told], others: Sequence[datetime], now: datetime) -> bool:
    """Whether nothing came for a day in which, by its own last week or by others, it should.

    The own week comes first, so that a gateway that rests on weekends may.
    """
    heard = [one.last_received_at for one in rows]
    last = max(heard)
    if now - last <= SILENT or _is_a_file(rows):
        return False
    # The silence begins to count a day after the last word: what came then, a week before?
    counts_from = last + SILENT - _WEEK
    if any(counts_from < at < last and at + _WEEK + _GRACE <= now for at in heard):
        return True
    is_new = min(heard) > counts_from
    return is_new and any(at > now - SILENT for at in others)


def _is_companys(rows: Sequence[Told]) -> bool:
    """Whether it was heard on days, by a key that is nobody's own, or by several people's.

    Their keys are looked at in the week that ends with its last word, however long ago that is.
    """
    days = {one.day for one in rows}
    lately = [one.people for one in rows if one.day > max(days) - _WEEK]
    people = frozenset[str]().union(*(one for one in lately if one is not None))
    return len(days) > 1 and (None in lately or len(people) >= PEOPLE)


def _is_a_file(rows: Sequence[Told]) -> bool:
    heard = [one.last_received_at for one in rows]
    days = {one.day for one in rows}
    return len(days) > 1 and max(heard) - min(heard) < _FILE_READ


def first_day(now: datetime, span: timedelta) -> date:
    """The first of the days in UTC that end today and make up the span."""
    return (now - span).astimezone(UTC).date() + timedelta(days=1)
