from datetime import date, timedelta

import pytest

from bot.domain.pace import LASTS_DAYS_MAX, Pace, days_left, lasts_until, pace

TODAY = date(2026, 3, 16)


def test_the_pace_is_that_of_the_last_fourteen_full_days() -> None:
    found = pace(28_000, first_on=date(2025, 1, 1), today=TODAY)

    assert found == Pace(tokens=28_000, days=14)
    assert found.per_day == 2_000


@pytest.mark.parametrize(
    ("first_on", "days"),
    [
        (None, None),
        (TODAY, None),
        (date(2026, 3, 14), None),
        (date(2026, 3, 13), 3),
        (date(2026, 3, 2), 14),
        (date(2026, 3, 1), 14),
    ],
)
def test_a_pace_counts_from_the_first_use_and_needs_three_days(
    first_on: date | None, days: int | None
) -> None:
    found = pace(300, first_on=first_on, today=TODAY)

    assert (found.days if found else None) == days


def test_what_is_left_lasts_for_whole_days_and_until_a_date() -> None:
    at = Pace(tokens=1_400, days=14)

    assert days_left(1_099, at) == 10
    assert lasts_until(1_099, at, TODAY) == date(2026, 3, 26)


def test_below_zero_nothing_lasts() -> None:
    assert days_left(-5, Pace(tokens=1, days=14)) == 0


@pytest.mark.parametrize("at", [None, Pace(tokens=0, days=14)])
def test_where_nothing_goes_there_is_no_end(at: Pace | None) -> None:
    assert days_left(1_000, at) is None
    assert lasts_until(1_000, at, TODAY) is None


def test_an_end_beyond_ten_years_is_no_date() -> None:
    assert lasts_until(10**15, Pace(tokens=14, days=14), TODAY) is None
    assert lasts_until(LASTS_DAYS_MAX, Pace(tokens=14, days=14), TODAY) is not None


def test_what_came_back_more_than_it_went_is_no_pace_backwards() -> None:
    assert pace(-50, first_on=date(2026, 1, 1), today=TODAY) == Pace(tokens=0, days=14)


def test_what_is_available_lasts_as_long_as_the_pace_says() -> None:
    at = Pace(tokens=840_000, days=14)

    assert at.lasts(150_000) == timedelta(days=2.5)
    assert at.lasts(-5) == timedelta(0)


def test_what_lasts_ten_years_or_is_not_used_lasts_for_ever() -> None:
    assert Pace(tokens=0, days=14).lasts(1) is None
    assert Pace(tokens=1, days=14).lasts(10**15) is None
