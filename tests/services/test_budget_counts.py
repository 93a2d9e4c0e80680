"""What a budget counts, and in which period: as the books have it, whatever was set meanwhile."""

from datetime import UTC, datetime
from functools import partial

import pytest

from bot.domain.notices import AllowanceUnfunded
from bot.domain.periods import Period
from bot.domain.refusals import PoolShort
from tests.company import Company
from tests.services.budget_company import MILLION, Search
from tests.threads import at_once


@pytest.fixture
def search(company: Company) -> Search:
    return Search(company)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_what_left_while_there_was_no_budget_counts_once_there_is_one_again(
    search: Search,
) -> None:
    search.budget(MILLION)
    search.grant(100_000)
    search.budget(None)
    search.grant(600_000)

    search.budget(MILLION)

    assert search.state().spent == 700_000
    with pytest.raises(PoolShort):
        search.grant(300_001)
    assert search.sound()


def test_a_month_that_begins_with_a_week_counts_for_itself(search: Search) -> None:
    """1 June 2026 is a Monday: the week's row and the month's would begin on one day."""
    search.tick(at(6, 1))
    search.budget(MILLION, Period.WEEK)
    search.grant(600_000)
    search.tick(at(6, 9))
    search.grant(900_000)

    search.budget(2 * MILLION, Period.MONTH)

    assert (search.state().spent, search.state().left) == (1_500_000, 500_000)
    with pytest.raises(PoolShort):
        search.grant(500_001)
    assert search.sound()


def reserve_for_two_and_pay_one(search: Search) -> None:
    """On 30 March a week begins; Ana is credited, and Ben has left before it is his turn."""
    company = search.company
    search.tick(at(3, 24))
    search.weekly(MILLION)
    company.later(seconds=(at(3, 30, hour=0) - company.now).total_seconds() + 1)
    company.transfer(search.ana, search.leo, 1)
    company.deactivate(search.ben)
    search.tick(at(3, 30, hour=1))
    assert search.pool_has()[1] == MILLION


def test_what_is_reserved_counts_until_it_leaves_the_pool_or_comes_free(search: Search) -> None:
    search.budget(5 * MILLION)
    reserve_for_two_and_pay_one(search)
    in_march = search.state().spent

    search.tick(at(4, 2))
    in_april = search.state().spent
    search.grant(500_000)
    search.tick(at(4, 6))

    # Two for each in March. In April the rest, until its week is over; then Ana's next week.
    assert (in_march, in_april) == (4 * MILLION, MILLION)
    assert search.state().spent == 500_000 + MILLION
    assert search.pool_has() == (10 * MILLION - 500_000 - 4 * MILLION, 0)
    assert search.sound()


def test_what_is_reserved_cant_be_granted_beyond_the_budget(search: Search) -> None:
    search.budget(5 * MILLION)
    reserve_for_two_and_pay_one(search)

    with pytest.raises(PoolShort) as short:
        search.grant(MILLION + 1)
    search.grant(MILLION)

    assert (short.value.available, search.state().left) == (MILLION, 0)


def test_a_late_reversal_gives_back_to_the_period_in_which_it_comes(search: Search) -> None:
    search.budget(MILLION)
    search.grant(MILLION)
    search.tick(at(4, 2))
    search.grant(400_000, search.ben)
    found = [one for one in search.company.entries() if one.kind == "grant"]

    search.company.reverse(search.leo, found[0].entry_id)

    assert (search.state().spent, search.state().left) == (-600_000, 1_600_000)
    search.grant(1_600_000)
    with pytest.raises(PoolShort):
        search.grant(1)
    assert search.sound()


def test_a_team_that_moves_to_another_zone_has_its_period_counted_anew(search: Search) -> None:
    """In Auckland the evening of 31 March is 1 April already."""
    search.budget(MILLION)
    search.grant(300_000)
    search.tick(at(3, 31, hour=20))
    search.grant(500_000)

    search.zone("Pacific/Auckland")

    assert (search.state().spent, str(search.state().until)) == (500_000, "2026-05-01")
    assert search.sound()


def test_a_budget_that_is_set_while_grants_go_on_misses_none(search: Search) -> None:
    search.budget(5 * MILLION)

    def act(n: int) -> None:
        if n < 8:
            search.company.grant(search.mia, search.ana, tokens=1, key=f"command:{n}")
        else:
            search.budget(n * MILLION, Period.WEEK if n % 2 else Period.MONTH)

    done = at_once([partial(act, n) for n in range(10)])

    assert [one.error for one in done] == [None] * 10
    assert search.state().spent == 8
    assert search.sound()


def test_who_is_told_of_a_short_budget_hears_what_it_has_left(search: Search) -> None:
    search.budget(MILLION)
    search.grant(700_000)

    search.weekly(600_000)

    told = [one for one in search.company.notices() if isinstance(one, AllowanceUnfunded)]
    assert {(one.needed, one.available, one.budget_until) for one in told} == {
        (1_200_000, 300_000, "2026-04-01")
    }


def test_who_is_told_of_an_overdrawn_pool_hears_of_nothing_left_in_it(search: Search) -> None:
    search.grant(9 * MILLION)
    search.reverse("issue")
    assert search.pool_has() == (-9 * MILLION, 0)

    search.weekly(600_000)

    told = [one for one in search.company.notices() if isinstance(one, AllowanceUnfunded)]
    assert {(one.available, one.budget_until) for one in told} == {(0, None)}


def test_what_a_pool_still_owed_goes_to_the_treasury_when_its_team_ends(search: Search) -> None:
    reserve_for_two_and_pay_one(search)

    search.end()

    assert search.pool_has() == (0, 0)
    search.tick(at(4, 10))
    assert search.pool_has() == (0, 0)
    assert search.sound()


def test_a_team_of_whom_one_asked_first_is_made_good_whole(search: Search) -> None:
    """Ana's account is settled before the tick: short for both. Then the pool is filled."""
    search.weekly(MILLION)
    search.grant(7_500_000)
    company = search.company
    company.later(seconds=(at(3, 9, hour=0) - company.now).total_seconds() + 1)
    company.transfer(search.ana, search.leo, 1)
    search.fill(20 * MILLION)

    search.tick(at(3, 9, hour=1))

    assert search.pool_has() == (30 * MILLION - 7_500_000 - 4 * MILLION, 0)
    assert company.available(search.ben) == MILLION
    assert search.sound()


def test_whoever_joins_on_the_very_day_is_paid_too(search: Search) -> None:
    """What was reserved in the morning was for those who were in the team then."""
    search.weekly(MILLION)
    carla = search.company.member("carla")
    search.tick(at(3, 9, hour=0))

    search.take_in(carla)
    search.tick(at(3, 9, hour=10))

    assert search.company.available(carla) == MILLION
    assert search.pool_has() == (10 * MILLION - 5 * MILLION, 0)
    assert search.sound()


def test_whoever_joins_on_the_very_day_waits_where_the_pool_is_short(search: Search) -> None:
    search.weekly(MILLION)
    carla = search.company.member("carla")
    search.tick(at(3, 9, hour=0))
    search.grant(6 * MILLION)
    search.take_in(carla)
    search.tick(at(3, 9, hour=10))
    before = search.company.available(carla)

    search.fill(5 * MILLION)
    search.tick(at(3, 9, hour=11))

    told = [one for one in search.company.notices() if isinstance(one, AllowanceUnfunded)]
    assert {(one.needed, one.available) for one in told} == {(MILLION, 0)}
    assert (before, search.company.available(carla)) == (0, MILLION)
    assert search.sound()


def test_what_was_reserved_before_a_long_sleep_is_credited_after_it(search: Search) -> None:
    """Ana's account was settled, and then nothing ran for two weeks."""
    search.weekly(MILLION)
    company = search.company
    company.later(seconds=(at(3, 9, hour=0) - company.now).total_seconds() + 1)
    company.transfer(search.ana, search.leo, 1)

    search.tick(at(3, 24))

    credited = [one for one in company.entries() if one.kind == "allowance"]
    assert len(credited) == 2 * 4
    assert search.pool_has() == (2 * MILLION, 0)
    assert search.sound()


def test_a_part_of_a_package_is_made_good_once_there_is_enough(search: Search) -> None:
    """Two parts of a million each, on 2 April and 2 May; the pool is short both times."""
    search.package(2 * MILLION, parts=2)
    search.grant(9_500_000)
    before = search.company.available(search.ben)
    search.tick(at(4, 2))
    search.fill(2 * MILLION)
    search.tick(at(4, 20))
    search.tick(at(4, 21))
    first = search.company.available(search.ben)
    search.tick(at(5, 2))
    search.fill(2 * MILLION)
    search.tick(at(8, 1))

    assert (before, first, search.company.available(search.ben)) == (0, MILLION, 2 * MILLION)
    assert search.pool_has() == (500_000, 0)
    assert search.sound()
