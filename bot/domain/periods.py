"""Days and periods in a team's zone: when they begin, whatever its clocks do.

A period is told by its first day, a local date, which is the same whatever the zone is changed to
and however often the clock is set. Only moments depend on the zone, and they come from here.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

#: Began a week, a month, a quarter and a year.
ANCHOR = date(2024, 1, 1)

_DAYS_A_WEEK = 7
_MONTHS_A_YEAR = 12


class Period(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `start` up to `end`, which is the first day after it."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days


def span(day: date, period: Period, anchor: date = ANCHOR) -> Span:
    """The period in which a day lies, of those of which one begins on `anchor`.

    Months that have no such day begin on their last: anchored on the 31st, February's begins on
    the 28th or 29th.
    """
    if period is Period.WEEK:
        start = day - timedelta(days=(day - anchor).days % _DAYS_A_WEEK)
        return Span(start, start + timedelta(days=_DAYS_A_WEEK))
    months = _MONTHS[period]
    apart = (day.year - anchor.year) * _MONTHS_A_YEAR + day.month - anchor.month
    count = apart // months
    if months_after(anchor, count * months) > day:
        count -= 1
    elif months_after(anchor, (count + 1) * months) <= day:
        count += 1
    return Span(months_after(anchor, count * months), months_after(anchor, (count + 1) * months))


def after(day: date, period: Period, count: int) -> date:
    """The day `count` periods later; the last of a month that is too short for it."""
    if period is Period.WEEK:
        return day + timedelta(days=_DAYS_A_WEEK * count)
    return months_after(day, _MONTHS[period] * count)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    index = day.year * _MONTHS_A_YEAR + day.month - 1 + months
    year, month = divmod(index, _MONTHS_A_YEAR)
    return date(year, month + 1, min(day.day, _days_of(year, month + 1)))


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The local date at a moment."""
    return moment.astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC; where midnight is skipped, the moment after it."""
    return moment_of(day, 0, zone)


@lru_cache(maxsize=1_024)  # at a midnight everybody's period ends at the same few moments
def moment_of(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """When an hour begins on a local day, in UTC.

    An hour that comes twice is the first of the two; one that never comes is when the clock jumps
    over it, since `fold=0` reads it by the time before the jump.
    """
    local = datetime.combine(day, time(hour), zone)
    return local.astimezone(UTC)


def _days_of(year: int, month: int) -> int:
    following = date(year + month // _MONTHS_A_YEAR, month % _MONTHS_A_YEAR + 1, 1)
    return (following - timedelta(days=1)).day
