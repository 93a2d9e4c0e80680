from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain import leaves
from bot.domain.leaves import Leave
from bot.domain.refusals import AwayFault, AwayRefused

LISBON, TOKYO = ZoneInfo("Europe/Lisbon"), ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def test_a_leave_is_from_its_first_days_start_to_its_last_days_end() -> None:
    leave = Leave(date(2026, 12, 1), date(2026, 12, 14))

    assert leave.span(NOW, TOKYO) == (
        datetime(2026, 11, 30, 15, tzinfo=UTC),
        datetime(2026, 12, 14, 15, tzinfo=UTC),
    )


def test_a_leave_without_a_first_day_or_from_today_starts_now() -> None:
    for first in (None, TODAY):
        assert Leave(first, TODAY).span(NOW, LISBON) == (NOW, datetime(2026, 11, 21, tzinfo=UTC))


def test_today_is_a_day_in_the_zone() -> None:
    with pytest.raises(AwayRefused) as refused:
        Leave(TODAY, date(2026, 12, 14)).span(NOW, TOKYO)  # where it is the 21st

    assert refused.value.fault is AwayFault.STARTS_IN_THE_PAST


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (TODAY - DAY, TODAY, AwayFault.STARTS_IN_THE_PAST),
        (None, TODAY - DAY, AwayFault.ENDS_IN_THE_PAST),
        (TODAY + 2 * DAY, TODAY + DAY, AwayFault.ENDS_BEFORE_IT_STARTS),
        (TODAY, TODAY + 90 * DAY, AwayFault.TOO_LONG),
        (None, TODAY + 90 * DAY, AwayFault.TOO_LONG),
        (TODAY + 366 * DAY, TODAY + 367 * DAY, AwayFault.TOO_FAR_AHEAD),
    ],
)
def test_days_that_can_not_be_are_refused(first: date | None, last: date, fault: AwayFault) -> None:
    with pytest.raises(AwayRefused) as refused:
        Leave(first, last).span(NOW, LISBON)

    assert refused.value.fault is fault


def test_ninety_days_and_a_year_ahead_are_just_right() -> None:
    Leave(TODAY, TODAY + 89 * DAY).span(NOW, LISBON)
    Leave(TODAY + 365 * DAY, TODAY + 454 * DAY).span(NOW, LISBON)


def test_a_day_is_written_as_in_iso() -> None:
    assert leaves.day("2026-12-14") == date(2026, 12, 14)


@pytest.mark.parametrize(
    "typed", ["", "2026-02-30", "14.12.2026", "12/14/2026", "20261214", "2026-W50-1", "٢٠٢٦-12-14",
              "2026-12-14T00:00", "soon", "0000-01-01"],
)  # fmt: skip
def test_what_is_no_day_is_refused(typed: str) -> None:
    with pytest.raises(AwayRefused) as refused:
        leaves.day(typed)

    assert (refused.value.fault, refused.value.typed) == (AwayFault.NO_DAY, typed)
