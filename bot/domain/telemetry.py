"""Usage that agents and applications tell of themselves, before it is known what of it is new.

The same call may come as a log, as a part of a metric and as a span, and a figure of a metric may
be what was used since the last one or since the sender began. Both are settled here and in
`services.telemetry`, so that each token counts once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.counts import Counts
from bot.domain.usage_events import COST_NANO_MAX, UsageEvent


class Signal(StrEnum):
    """What OpenTelemetry sends; of a session the first that comes is counted, and no other."""

    LOGS = "logs"
    METRICS = "metrics"
    TRACES = "traces"


class Figure(StrEnum):
    """What a point of a metric counts: a class of tokens, or what they cost."""

    INPUT = "input_uncached"
    CACHE_READ = "cache_read"
    CACHE_WRITE = "cache_write"
    OUTPUT = "output"
    #: In billionths of a dollar.
    COST = "cost_nano"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A figure that grows since its sender began to count."""

    #: Whose key it came by, all that names the series, and when it began: a restart is another.
    series_id: str
    figure: Figure
    started_ns: int
    at_ns: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Usage in what a sender sent; its counts are still empty where it is told by points."""

    event: UsageEvent
    #: A hash of the sender and the session; empty where no second signal can tell of the same.
    session: str
    #: How many points, records or spans of the request it was made from.
    items: int = 1
    growing: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """Items of a request that are usage and can't be read as such, and why."""

    items: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What of a request is usage. All else was dropped as it was read."""

    signal: Signal
    sightings: tuple[Sighting, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What became of a request's usage."""

    #: Events that are in the books now and were not before.
    accepted: int = 0
    duplicates: int = 0
    #: Events of sessions that are counted by another signal.
    elsewhere: int = 0
    #: Points, records or spans, as their sender counts them.
    rejected: int = 0
    #: Why, for the sender's log: the first few reasons.
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Last:
    """How far a series has come: when, and to what."""

    at_ns: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What growing figures tell of: what each sighting gained, and how far the series are now."""

    #: Those that gained something.
    gained: tuple[Sighting, ...]
    #: Those that came before, or stand still.
    duplicates: int
    lasts: Mapping[str, Last]


def advanced(sightings: Iterable[Sighting], lasts: Mapping[str, Last]) -> Told:
    """The gains of these sightings since `lasts`, in the order of their times.

    A point that is not later than its series' last came before. A lower value is a sender that
    began anew without saying so: all of it is new.
    """
    reached = dict(lasts)
    gained: list[Sighting] = []
    duplicates = 0
    for sighting in sorted(sightings, key=lambda one: one.growing[0].at_ns):
        gains = []
        for point in sighting.growing:
            last = reached[point.series_id]
            if point.at_ns > last.at_ns:
                fell = point.value < last.value
                gain = point.value if fell else point.value - last.value
                gains.append(replace(point, value=gain))
                reached[point.series_id] = Last(point.at_ns, point.value)
        if any(point.value for point in gains if point.figure is not Figure.COST):
            gained.append(replace(sighting, growing=tuple(gains)))
        else:
            duplicates += 1
    moved = {series_id: last for series_id, last in reached.items() if last != lasts[series_id]}
    return Told(gained=tuple(gained), duplicates=duplicates, lasts=moved)


def event_of(gained: Sighting) -> UsageEvent:
    """The event of what growing figures gained; raises `CountsRefused` for what no call can use."""
    counts, cost_nano = counted(gained.growing)
    return replace(gained.event, counts=counts, cost_nano=cost_nano)


def counted(points: Iterable[Point]) -> tuple[Counts, int | None]:
    """Counts and cost of what these points say; raises `CountsRefused` for what no call can have.

    A cost that none can have is let go: it can be estimated.
    """
    figures = {point.figure: point.value for point in points}
    cost = figures.pop(Figure.COST, None)
    counts = Counts(**{figure.value: tokens for figure, tokens in figures.items()})
    return counts, cost if cost is None or cost <= COST_NANO_MAX else None
