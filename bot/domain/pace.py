"""Pace: what is used a day, and how long tokens last at it."""

from dataclasses import dataclass
from datetime import timedelta

#: Full days that count, before today.
DAYS = 14
#: Fewer say nothing yet.
DAYS_MIN = 3
#: Longer than this is for ever.
LASTS_MAX = timedelta(days=3_650)

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Pace:
    """`tokens` were used in `days` full days."""

    tokens: int
    days: int

    @property
    def per_day(self) -> int:
        return self.tokens // self.days

    def lasts(self, available: int) -> timedelta | None:
        """How long so many tokens last; None where that is for ever."""
        if self.tokens <= 0:
            return None
        seconds = max(available, 0) * self.days * _DAY_SECONDS // self.tokens
        return timedelta(seconds=seconds) if seconds <= LASTS_MAX.total_seconds() else None


def pace(used: int, days: int) -> Pace | None:
    """From what was used in the full days that count, since first use; None: not enough yet."""
    return Pace(max(used, 0), min(days, DAYS)) if days >= DAYS_MIN else None
