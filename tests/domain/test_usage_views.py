"""Which days somebody looks at, and what was meant by words that name none."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.usage_views import Figures, Stretch, days_of, nearest, stretch

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 12, 31))


@pytest.mark.parametrize(
    ("chosen", "today", "before", "before_until", "since"),
    [
        (Stretch.WEEK, "2026-03-02", "2026-02-17", "2026-02-24", "2026-02-24"),
        (Stretch.TODAY, "2026-03-02", "2026-03-01", "2026-03-02", "2026-03-02"),
        (Stretch.THIRTY_DAYS, "2026-03-02", "2026-01-02", "2026-02-01", "2026-02-01"),
        (Stretch.MONTH, "2026-03-02", "2026-02-01", "2026-02-03", "2026-03-01"),
        (Stretch.MONTH, "2026-03-01", "2026-02-01", "2026-02-02", "2026-03-01"),
        # February has no 29th to compare with, nor a 31st.
        (Stretch.MONTH, "2026-03-31", "2026-02-01", "2026-03-01", "2026-03-01"),
        (Stretch.MONTH, "2028-03-29", "2028-02-01", "2028-03-01", "2028-03-01"),
        (Stretch.MONTH, "2026-01-31", "2025-12-01", "2026-01-01", "2026-01-01"),
    ],
)
def test_days_end_today_and_are_compared_with_as_many_before(
    chosen: Stretch, today: str, before: str, before_until: str, since: str
) -> None:
    days = days_of(chosen, date.fromisoformat(today))

    found = (days.before, days.before_until, days.since)
    assert [day.isoformat() for day in found] == [before, before_until, since]
    assert days.until == date.fromisoformat(today) + timedelta(days=1)


@pytest.mark.parametrize("today", ["2026-03-02", "2026-03-08"])
def test_last_week_is_the_last_that_is_over_from_monday_on(today: str) -> None:
    days = days_of(Stretch.LAST_WEEK, date.fromisoformat(today))

    found = (days.before, days.before_until, days.since, days.until)
    assert [day.isoformat() for day in found] == [
        "2026-02-16",
        "2026-02-23",
        "2026-02-23",
        "2026-03-02",
    ]


@given(DAYS, st.sampled_from(Stretch))
def test_the_days_before_never_reach_into_these_and_each_stands_beside_one(
    today: date, chosen: Stretch
) -> None:
    days = days_of(chosen, today)

    beside = [day for day in days.each_before if day is not None]
    assert days.before < days.before_until <= days.since < days.until
    assert (days.each[-1] < today) is (chosen is Stretch.LAST_WEEK)
    assert len(days.each_before) == days.count
    assert beside[0] == days.before
    assert beside[-1] == days.before_until - timedelta(days=1)


@pytest.mark.parametrize("word", ["7d", "30d", "month", "MONTH", "30D"])
def test_a_period_is_read_whatever_its_capitals(word: str) -> None:
    assert stretch(word) == word.lower()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("today", Stretch.TODAY),
        ("week", Stretch.WEEK),
        ("This Week", Stretch.WEEK),
        ("last 7 days", Stretch.WEEK),
        ("last week", Stretch.LAST_WEEK),
        ("30 days", Stretch.THIRTY_DAYS),
        ("this month", Stretch.MONTH),
    ],
)
def test_a_period_is_read_as_people_say_it(words: str, meant: Stretch) -> None:
    assert stretch(words) is meant


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("14", "7d"),
        ("18d", "7d"),
        ("19d", "30d"),
        ("90days", "30d"),
        ("1w", "7d"),
        ("3weeks", "30d"),
        ("2m", "30d"),
        ("1y", "30d"),
        ("0d", "7d"),
        ("+7d", "7d"),
        ("-30d", "30d"),
        ("7.5d", "7d"),
        ("tody", "today"),
        ("last month", "month"),
        ("wek", "7d"),
        ("motnh", "month"),
        ("monthly", "month"),
        ("quarter", "30d"),
    ],
)
def test_what_names_no_period_gets_the_nearest(word: str, meant: str) -> None:
    assert stretch(word) is None
    assert nearest(word) == meant


@pytest.mark.parametrize(
    "word", ["", "search", "7x", "12345678d", "d7", "ml-platform", "1e3", "\u0667d"]
)
def test_other_words_are_no_period(word: str) -> None:
    assert stretch(word) is None
    assert nearest(word) is None


def test_cached_input_is_a_part_of_all_input_cut_and_none_without_input() -> None:
    cached = Figures(input_uncached=1, cache_read=999, cache_write=1, output=10**9)

    assert cached.cached_percent == 99
    assert Figures(output=5).cached_percent is None
