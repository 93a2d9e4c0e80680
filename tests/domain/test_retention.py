"""From which day on calls are kept."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.domain.retention import MONTHS_MAX, MONTHS_MIN, kept_from
from bot.domain.true_ups import days
from bot.domain.usage_events import LATE_MAX


@pytest.mark.parametrize(
    ("now", "setting", "first"),
    [
        (datetime(2027, 4, 2, 9, tzinfo=UTC), "13", date(2026, 3, 2)),
        (datetime(2026, 7, 31, tzinfo=UTC), "5", date(2026, 2, 28)),
        (datetime(2028, 2, 29, tzinfo=UTC), "12", date(2027, 2, 28)),
        # In UTC it is the day before.
        (datetime(2026, 7, 2, 1, tzinfo=timezone(timedelta(hours=2))), "4", date(2026, 3, 1)),
        (datetime(2036, 3, 2, tzinfo=UTC), str(MONTHS_MAX), date(2026, 3, 2)),
    ],
)
def test_calls_are_kept_for_whole_months(now: datetime, setting: str, first: date) -> None:
    assert kept_from(now, setting) == first


@pytest.mark.parametrize("setting", ["forever", "", "0", "3", "121", "-13", "13.0", "1³", "soon"])
def test_what_is_no_number_of_months_keeps_all(setting: str) -> None:
    assert kept_from(datetime(2027, 4, 2, tzinfo=UTC), setting) is None


def test_the_least_that_is_kept_covers_late_calls_and_true_ups_on_every_day() -> None:
    for number in range(4 * 366):
        now = datetime(2027, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)
        first = kept_from(now, str(MONTHS_MIN))

        assert first is not None
        assert first < (now - LATE_MAX).date() - timedelta(days=10)
        assert first < days(now - LATE_MAX)[0]
