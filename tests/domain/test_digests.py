from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import digests, headlines
from bot.domain.digests import (
    Leader,
    Moves,
    OwnMoves,
    OwnWeek,
    Part,
    PoolFacts,
    Requests,
    Week,
)
from bot.domain.directory import TeamId, UserId
from bot.domain.headlines import Change, Step
from bot.domain.teams import Team

WEEK = Week(
    team_id=TeamId("search"),
    team="Search",
    zone="UTC",
    week_on="2026-03-02",
    days=(1_000, 0, 0, 0, 0, 0, 0),
    days_before=(1_000, 0, 0, 0, 0, 0, 0),
    typical=900,
)
ZONES = ("UTC", "Asia/Tokyo", "Pacific/Honolulu", "Europe/Berlin", "Pacific/Kiritimati")


def used(now: int, before: int, **more: object) -> Week:
    days = {"days": (now, *[0] * 6), "days_before": (before, *[0] * 6)}
    return replace(WEEK, **days, **more)  # type: ignore[arg-type]


def pool(**facts: object) -> Week:
    return replace(WEEK, pool=PoolFacts(**{"available": 5, **facts}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("week", "change"),
    [
        (used(1_400, 1_000), Change.ROSE),
        (used(600, 1_000), Change.FELL),
        (used(1_099, 1_000), Change.STEADY),
        (used(901, 1_000), Change.STEADY),
        (used(1_000, 0), Change.RESUMED),
        (used(1_000, 0, typical=None), Change.FIRST),
        (used(0, 1_000), Change.STOPPED),
        (used(0, 0), Change.QUIET),
        (used(0, 0, typical=None), Change.QUIET),
        (used(0, 0, typical=None, moves=Moves(granted=5)), Change.MOVED),
        (used(0, 0, moves=Moves(granted=5)), Change.MOVED),
        (used(1_100, 1_000), Change.ROSE),
        (used(1_400, 1_000, allowance=1_399), Change.OVER_ALLOWANCE),
        (used(1_400, 1_000, allowance=1_400), Change.ROSE),
        (pool(available=0, per_day=10, lasts_days=0, lasts_on="2026-03-09"), Change.POOL_EMPTY),
        (pool(available=0), Change.STEADY),  # a pool that never had anything
        (pool(per_day=1, lasts_days=14, lasts_on="2026-03-23"), Change.POOL_SHORT),
        (pool(per_day=1, lasts_days=15, lasts_on="2026-03-24"), Change.STEADY),
        (
            pool(per_day=1, lasts_days=40, lasts_on="2026-04-18", fills_on="2026-04-19"),
            Change.POOL_SHORT,
        ),
        (
            pool(per_day=1, lasts_days=3, lasts_on="2026-03-12", fills_on="2026-03-12"),
            Change.STEADY,
        ),
    ],
)
def test_the_headline_says_the_one_thing_that_changed(week: Week, change: Change) -> None:
    assert headlines.headline(week).change is change


def test_a_change_names_the_part_that_most_of_it_is_of() -> None:
    week = used(
        1_500,
        1_000,
        models=(
            Part(name="opus", tokens=900, before=600),
            Part(name="mini", tokens=600, before=400),
        ),
    )

    found = headlines.headline(week)

    assert (found.change, found.percent) == (Change.ROSE, 50)
    assert found.part is not None
    assert found.part.name == "opus"


def test_what_half_of_a_change_is_of_is_not_most_of_it() -> None:
    parts = tuple(Part(name=name, tokens=750, before=500) for name in "ab")

    assert headlines.headline(used(1_500, 1_000, models=parts)).part is None


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [(10_500, 7_200, 46), (1_400, 680, 106), (1_005, 1_000, 1), (1_004, 1_000, 0), (1, 1_000, 99)],
)
def test_percentages_are_rounded_and_what_is_left_is_not_none(
    now: int, before: int, percent: int
) -> None:
    assert headlines.percent(now, before) == percent


def test_a_change_of_many_small_parts_names_none() -> None:
    parts = tuple(Part(name=f"m{n}", tokens=300, before=200) for n in range(5))

    assert headlines.headline(used(1_500, 1_000, models=parts)).part is None


@pytest.mark.parametrize(
    ("week", "step"),
    [
        (pool(per_day=1, lasts_days=1, lasts_on="2026-03-10"), Step.FILL_POOL),
        (replace(WEEK, requests=Requests(open=1)), Step.DECIDE),
        (used(2_000, 1_000, allowance=5), Step.LOOK_AT_ALLOWANCE),
        (WEEK, Step.NOTHING),
    ],
)
def test_the_next_step_is_the_first_there_is_to_do(week: Week, step: Step) -> None:
    assert headlines.step(week) is step


@given(st.tuples(*[st.integers(0, 10**15)] * 14), st.none() | st.integers(0, 10**15))
def test_every_week_has_a_headline(figures: tuple[int, ...], typical: int | None) -> None:
    week = replace(WEEK, days=figures[:7], days_before=figures[7:], typical=typical)

    found = headlines.headline(week)

    assert found.percent >= 0
    assert headlines.step(week) in Step


@pytest.mark.parametrize(
    ("weeks", "typical"),
    [
        ([], None),
        ([0, 0, 0, 0], None),
        ([0, 0, 0, 7], None),
        ([0, 0, 5, 7], 5),
        ([9, 0, 0, 7], 0),
        ([1, 2, 300, 4], 2),
    ],
)
def test_a_typical_week_is_a_median_from_the_first_use_on(
    weeks: list[int], typical: int | None
) -> None:
    assert digests.typical(weeks) == typical


def test_small_parts_are_told_as_one() -> None:
    parts = [Part(name=f"m{n}", tokens=10 - n, before=1) for n in range(9)]

    found = digests.largest(parts)

    assert [part.name for part in found] == ["m0", "m1", "m2", "m3", "m4", "4 others"]
    assert sum(part.tokens for part in found) == sum(part.tokens for part in parts)
    assert sum(part.before for part in found) == 9


@given(
    st.sampled_from(ZONES),
    st.integers(0, 6),
    st.integers(0, 23),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_the_due_week_is_the_latest_whose_hour_has_come(
    zone: str, weekday: int, hour: int, moment: datetime
) -> None:
    now = moment.replace(tzinfo=UTC)
    team = Team(team_id=TeamId("t"), name="t", zone=zone, digest_weekday=weekday, digest_hour=hour)

    week_on = digests.due_week(team, now)

    assert week_on.weekday() == 0
    assert digests.due_at(team, week_on) <= now < digests.due_at(team, week_on + timedelta(days=7))
    assert week_on <= digests.newest_week(now)


def test_facts_come_back_as_they_were_dumped() -> None:
    week = replace(
        WEEK,
        models=(Part(name="שלום", tokens=1),),
        moves=Moves(granted=3),
        requests=Requests(asked=1, wait_seconds=5),
        pool=PoolFacts(available=-1, lasts_on="2026-03-01"),
        leaders=(Leader(user_id=UserId("U1"), tokens=5),),
    )
    own = OwnWeek(zone="UTC", week_on="2026-03-02", moves=OwnMoves(sent=4), models=week.models)

    assert digests.load_team(digests.dump(week)) == week
    assert digests.load_team(digests.dump(WEEK)) == WEEK
    assert digests.load_own(digests.dump(own)) == own


def test_last_week_ended_on_sunday() -> None:
    assert digests.last_full_week(date(2026, 3, 8)) == date(2026, 2, 23)
    assert digests.last_full_week(date(2026, 3, 9)) == date(2026, 3, 2)
