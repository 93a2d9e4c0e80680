from datetime import timedelta

import pytest

from bot.domain import pace
from bot.domain.pace import Pace


@pytest.mark.parametrize(
    ("used", "days", "expected"),
    [
        (840_000, 14, Pace(840_000, 14)),
        (840_000, 200, Pace(840_000, 14)),  # only the last 14 days were summed
        (90_000, 3, Pace(90_000, 3)),
        (90_000, 2, None),
        (0, 14, Pace(0, 14)),
        (-5, 14, Pace(0, 14)),  # a correction of usage gave more back
    ],
)
def test_pace_is_what_was_used_over_the_full_days_since_first_use(
    used: int, days: int, expected: Pace | None
) -> None:
    assert pace.pace(used, days) == expected


def test_what_is_available_lasts_as_long_as_the_pace_says() -> None:
    assert Pace(840_000, 14).lasts(150_000) == timedelta(days=2.5)
    assert Pace(840_000, 14).lasts(-5) == timedelta(0)
    assert Pace(840_000, 14).per_day == 60_000


def test_what_lasts_ten_years_or_is_not_used_lasts_for_ever() -> None:
    assert Pace(0, 14).lasts(1) is None
    assert Pace(1, 14).lasts(10**15) is None
