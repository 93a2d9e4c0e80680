"""The page's clock: the time where the viewer is, and where its buttons go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from bot.playground.people import Json
from bot.playground.travel import CannotMove, Journey, Travel

MONDAY_HOUR = time(9, 0)
#: More lines than this say no more; `tokenbot check` has them all.
FINDINGS_MAX = 10


@dataclass(frozen=True, slots=True)
class Jump:
    """A button of the clock."""

    words: str
    to: Callable[[datetime], datetime]


def next_monday(here: datetime) -> datetime:
    """The next Monday at nine after this local time."""
    days = (7 - here.weekday()) % 7
    monday = datetime.combine(here.date() + timedelta(days=days), MONDAY_HOUR, here.tzinfo)
    if monday > here:
        return monday
    return datetime.combine(monday.date() + timedelta(days=7), MONDAY_HOUR, here.tzinfo)


JUMPS: Mapping[str, Jump] = {
    "hours": Jump("+3 hours", lambda here: here + timedelta(hours=3)),
    "day": Jump("+1 day", lambda here: here + timedelta(days=1)),
    "week": Jump("+1 week", lambda here: here + timedelta(weeks=1)),
    "monday": Jump("Next Monday 09:00", next_monday),
}


@dataclass(frozen=True, slots=True)
class PageClock:
    """What the page says of time."""

    now: datetime
    zone: str
    journey: Journey | None
    is_movable: bool

    @property
    def jumps(self) -> Mapping[str, Jump]:
        return JUMPS

    @property
    def day(self) -> str:
        return f"{self.now:%A}, {self.now.day} {self.now:%B %Y}"

    @property
    def to(self) -> str:
        """Where the journey goes, where the viewer is."""
        there = self.journey.to.astimezone(self.now.tzinfo) if self.journey else self.now
        year = "" if there.year == self.now.year else f" {there.year}"
        return f"{there:%a} {there.day} {there:%b}{year}, {there:%H:%M}"

    @property
    def findings(self) -> tuple[str, ...]:
        return (self.journey.findings or ())[:FINDINGS_MAX] if self.journey else ()

    @property
    def findings_left_out(self) -> int:
        return max(0, len(self.journey.findings or ()) - FINDINGS_MAX) if self.journey else 0


def page_clock(travel: Travel, now: datetime, zone: tzinfo) -> PageClock:
    """The clock as somebody in that zone sees it."""
    return PageClock(now.astimezone(zone), str(zone), travel.journey, travel.is_possible)


def destination(asked: Json, now: datetime, zone: tzinfo) -> datetime:
    """The moment that a button or the field names. Raises `CannotMove` for no moment."""
    jump = JUMPS.get(str(asked.get("by")))
    if jump is not None:
        return jump.to(now.astimezone(zone)).astimezone(now.tzinfo)
    try:
        wished = datetime.fromisoformat(str(asked.get("to")))
        return wished.replace(tzinfo=wished.tzinfo or zone).astimezone(now.tzinfo)
    except (ValueError, OverflowError):
        raise CannotMove("Choose a date and a time to move to.") from None
