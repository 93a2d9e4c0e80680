"""Working hours: all hours of Monday to Friday, in the zone of whoever waits.

They pass as real time does: a weekday of 23 or 25 hours, on which the clocks are set, has 23 or 25
of them. So 24 working hours are a full weekday's worth, wherever they begin: what was asked on
Friday at 15:00 is due on Monday at 15:00.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.periods import day_of, start_of

_SATURDAY = 5
_DAY = timedelta(days=1)


def passed(since: datetime, until: datetime, zone: ZoneInfo) -> timedelta:
    """How many working hours lie between two moments; none where `until` is the earlier one."""
    total = timedelta()
    day, last = day_of(since, zone), day_of(until, zone)
    while day <= last:
        if day.weekday() < _SATURDAY:
            total += _shared(day, since, until, zone)
        day += _DAY
    return total


def _shared(day: date, since: datetime, until: datetime, zone: ZoneInfo) -> timedelta:
    """What of a local day lies between two moments."""
    begins, ends = start_of(day, zone), start_of(day + _DAY, zone)
    return max(min(ends, until) - max(begins, since), timedelta())
