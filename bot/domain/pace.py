"""How fast tokens go, and how long what is left lasts: the one rule for members and pools."""

from dataclasses import dataclass
from datetime import date, timedelta

#: The full days looked back on.
WINDOW_DAYS = 14
#: Fewer say nothing of the days to come.
LEAST_DAYS = 3
#: Later than this is no date that anybody plans by.
LASTS_DAYS_MAX = 3_650

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Tokens that went in so many full days."""

    tokens: int
    days: int

    @property
    def per_day(self) -> int:
        return self.tokens // self.days

    def lasts(self, available: int) -> timedelta | None:
        """How long so many tokens last, to the second; None where that is not in sight."""
        if not self.tokens:
            return None
        seconds = max(available, 0) * self.days * _DAY_SECONDS // self.tokens
        return timedelta(seconds=seconds) if seconds <= LASTS_DAYS_MAX * _DAY_SECONDS else None


def window_start(today: date) -> date:
    """The first of the days looked back on; `today` itself is not over, and does not count."""
    return today - timedelta(days=WINDOW_DAYS)


def pace(tokens: int, *, first_on: date | None, today: date) -> Pace | None:
    """What went since `window_start`, by day; None while there is not enough to say.

    `first_on` is the first day on which anything ever went.
    """
    if first_on is None:
        return None
    days = min(WINDOW_DAYS, (today - first_on).days)
    return Pace(tokens=max(tokens, 0), days=days) if days >= LEAST_DAYS else None


def of_pool(paid: Pace | None, *, allowances_a_week: int) -> Pace | None:
    """A pool's: what it paid out by grants and approvals, and a day's share of its allowances.

    Those leave on one day, and are known: as days of a fortnight they would count for too much
    after they came, and for nothing before.
    """
    if paid is None or not allowances_a_week:
        return Pace(tokens=allowances_a_week, days=7) if allowances_a_week else paid
    return Pace(tokens=paid.tokens * 7 + allowances_a_week * paid.days, days=paid.days * 7)


def days_left(available: int, at: Pace | None) -> int | None:
    """For how many days it lasts; None where nothing goes, or nobody can say."""
    if at is None or not at.tokens:
        return None
    return max(available, 0) * at.days // at.tokens


def lasts_until(available: int, at: Pace | None, today: date) -> date | None:
    """The day on which it runs out at this pace; None where that is not in sight."""
    days = days_left(available, at)
    if days is None or days > LASTS_DAYS_MAX:
        return None
    return today + timedelta(days=days)
