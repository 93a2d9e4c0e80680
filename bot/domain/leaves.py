"""The days on which an approver is away, as they name them: each mistake is refused with words."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.periods import day_of, start_of
from bot.domain.refusals import AwayFault, AwayRefused

#: Whoever is away for longer needs another approver, not a stand-in.
DAYS_MAX = 90
#: A year that is farther off is a slip of the pen.
AHEAD_MAX = timedelta(days=365)

_DAY = timedelta(days=1)
_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Leave:
    """From its first day, or from now on, to the end of its last."""

    first: date | None
    last: date

    def span(self, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it starts and ends, by the days of this zone. Raises `AwayRefused`."""
        today = day_of(now, zone)
        first = today if self.first is None else self.first
        if first < today:
            raise AwayRefused(AwayFault.STARTS_IN_THE_PAST, first.isoformat())
        if self.last < today:
            raise AwayRefused(AwayFault.ENDS_IN_THE_PAST, self.last.isoformat())
        if self.last < first:
            raise AwayRefused(AwayFault.ENDS_BEFORE_IT_STARTS, self.last.isoformat())
        if first > today + AHEAD_MAX:
            raise AwayRefused(AwayFault.TOO_FAR_AHEAD, first.isoformat())
        if (self.last - first).days >= DAYS_MAX:
            raise AwayRefused(AwayFault.TOO_LONG, self.last.isoformat(), DAYS_MAX)
        return max(start_of(first, zone), now), start_of(self.last + _DAY, zone)


def zone(own: str | None, team: str) -> ZoneInfo:
    """The zone whose days are meant: the approver's own where it is known, else their team's."""
    try:
        return ZoneInfo(own or team)
    except (KeyError, ValueError, OSError):  # a name that this machine has no rules for
        return ZoneInfo(team)


def day(typed: str) -> date:
    """`2026-12-14`. Raises `AwayRefused`."""
    try:
        if _ISO.fullmatch(typed):
            return date.fromisoformat(typed)
    except ValueError:  # the 30th of February
        pass
    raise AwayRefused(AwayFault.NO_DAY, typed)
