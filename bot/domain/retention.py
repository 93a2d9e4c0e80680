"""How long single calls are kept. Their entries and their sums by day are kept for ever."""

from datetime import UTC, date, datetime

from bot.domain import periods

#: The workspace's setting: months, or `FOREVER`.
SETTING = "usage_events_kept_months"
#: A year, and the month in which somebody looks back at it.
MONTHS = 13
#: A call that comes late, or once more, is known for 90 days, and trued up ten days later.
MONTHS_MIN = 4
MONTHS_MAX = 120
FOREVER = "forever"


def kept_from(now: datetime, setting: str) -> date | None:
    """The first day, in UTC, whose calls are kept; None where all are.

    A setting that can't be read deletes nothing.
    """
    months = {str(number): number for number in range(MONTHS_MIN, MONTHS_MAX + 1)}.get(setting)
    return None if months is None else periods.months_after(now.astimezone(UTC).date(), -months)
