from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.quiet import QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
     "America/Havana", "Pacific/Apia", "Asia/Tehran"]
).map(ZoneInfo)  # fmt: skip
HOURS = st.integers(0, 23)
MOMENTS = st.integers(0, 17 * 365 * 24 * 60).map(
    lambda minutes: datetime(2011, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-04 12:00", "2026-03-04 12:00"),  # a Wednesday noon
        ("2026-03-04 19:59", "2026-03-04 19:59"),
        ("2026-03-04 20:00", "2026-03-05 08:00"),
        ("2026-03-05 07:59", "2026-03-05 08:00"),
        ("2026-03-05 08:00", "2026-03-05 08:00"),
        ("2026-03-06 20:30", "2026-03-09 08:00"),  # Friday evening waits until Monday
        ("2026-03-07 12:00", "2026-03-09 08:00"),
        ("2026-03-28 12:00", "2026-03-30 08:00"),  # the clocks go forward on the Sunday
        ("2026-10-24 12:00", "2026-10-26 08:00"),  # and back
    ],
)
def test_quiet_hours_end_in_the_morning_of_a_weekday(at: str, until: str) -> None:
    assert QuietHours(BERLIN).end_after(berlin(at)) == berlin(until)


def test_quiet_in_the_hour_that_clocks_jump_over_ends_with_the_jump() -> None:
    quiet = QuietHours(BERLIN, 20, 2, has_weekends=False)

    assert quiet.end_after(berlin("2026-03-29 01:30")) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_the_same_hour_twice_is_no_quiet_hours() -> None:
    quiet = QuietHours(BERLIN, 8, 8, has_weekends=False)

    assert not any(quiet.cover(berlin(f"2026-03-07 {hour:02}:30")) for hour in range(24))


def test_what_must_be_told_before_the_weekend_is_told_on_friday() -> None:
    told = QuietHours(BERLIN).last_before(berlin("2026-03-08 00:00"))

    assert told == berlin("2026-03-06 19:00")


QUIET = st.builds(QuietHours, ZONES, HOURS, HOURS, st.booleans())


@given(QUIET, MOMENTS)
@example(QuietHours(ZoneInfo("America/Havana"), 22, 0), datetime(2026, 11, 1, 4, 30, tzinfo=UTC))
@example(
    QuietHours(ZoneInfo("Australia/Lord_Howe"), 20, 2, has_weekends=False),
    datetime(2026, 4, 4, 14, 45, tzinfo=UTC),
)
def test_the_end_is_the_first_moment_that_is_not_quiet(quiet: QuietHours, at: datetime) -> None:
    until, before = quiet.end_after(at), quiet.last_before(at)

    assert not quiet.cover(until)
    assert not quiet.cover(before)
    assert before <= at <= until < at + timedelta(days=5)
    minutes = int((until - at).total_seconds()) // 60
    assert all(quiet.cover(at + timedelta(minutes=n)) for n in range(0, minutes, 7))
