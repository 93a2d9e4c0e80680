"""Budgets of pools: what may leave one in a period. The company's day is Monday 2 March 2026."""

from datetime import UTC, datetime
from functools import partial

import pytest

from bot import schedule
from bot.domain.budgets import Budget
from bot.domain.periods import Period
from bot.domain.refusals import NoPool, NotAllowed, PoolShort
from bot.services import pools, team_members
from bot.services.team_choice import Asked
from tests.company import Company
from tests.services.budget_company import MILLION, Search
from tests.services.test_teams import make
from tests.threads import at_once


@pytest.fixture
def search(company: Company) -> Search:
    return Search(company)


def test_a_grant_within_the_budget_counts_and_one_beyond_moves_nothing(search: Search) -> None:
    search.budget(MILLION)

    search.grant(600_000)
    with pytest.raises(PoolShort) as short:
        search.grant(400_001)
    search.grant(400_000)

    assert (short.value.needed, short.value.available) == (400_001, 400_000)
    assert str(short.value.budget_until) == "2026-04-01"
    assert (search.state().spent, search.company.available(search.ana)) == (MILLION, MILLION)
    assert search.sound()


def test_a_grant_to_two_counts_for_both(search: Search) -> None:
    search.budget(MILLION)

    search.grant(500_000, search.ana, search.ben)

    assert search.state().left == 0
    with pytest.raises(PoolShort):
        search.grant(1)


def test_the_same_grant_twice_counts_once(search: Search) -> None:
    search.budget(MILLION)

    for _ in range(3):
        search.grant(600_000, key="command:1")

    assert search.state().spent == 600_000


def test_what_was_spent_before_there_was_a_budget_counts(search: Search) -> None:
    search.grant(700_000)

    search.budget(MILLION)

    assert search.state().spent == 700_000
    with pytest.raises(PoolShort):
        search.grant(300_001)


def test_a_new_period_is_a_new_count_in_the_teams_zone(search: Search) -> None:
    company = search.company
    search.budget(MILLION)
    search.grant(MILLION)

    company.later(seconds=(datetime(2026, 3, 31, 23, 59, tzinfo=UTC) - company.now).total_seconds())
    with pytest.raises(PoolShort):
        search.grant(1)
    company.later(minutes=2)
    search.grant(MILLION)

    assert search.state().spent == MILLION
    assert company.available(search.ana) == 2 * MILLION


def test_what_is_taken_back_may_be_spent_again(search: Search) -> None:
    search.budget(MILLION)
    search.grant(MILLION)
    (grant,) = [one for one in search.company.entries() if one.kind == "grant"]

    search.company.reverse(search.leo, grant.entry_id)

    assert search.state().spent == 0
    search.grant(MILLION)
    assert search.sound()


def test_an_admins_grant_is_the_treasurys_and_counts_for_no_pool(search: Search) -> None:
    search.budget(MILLION)

    search.company.grant(search.leo, search.ana, tokens=5 * MILLION)

    assert search.state().spent == 0


def test_a_smaller_budget_acts_at_once_and_none_lets_all_go(search: Search) -> None:
    search.budget(2 * MILLION)
    search.grant(MILLION)

    search.budget(500_000)
    with pytest.raises(PoolShort):
        search.grant(1)
    search.budget(None)
    search.grant(9 * MILLION)

    assert search.company.available(search.ana) == 10 * MILLION


def test_of_ten_grants_at_once_as_many_pass_as_fit(search: Search) -> None:
    search.budget(MILLION)

    done = at_once(
        [
            partial(
                search.company.grant, search.mia, search.ana, tokens=300_000, key=f"command:{n}"
            )
            for n in range(10)
        ]
    )

    assert sum(isinstance(one.error, PoolShort) for one in done) == 7
    assert sum(one.error is None for one in done) == 3
    assert (search.state().spent, search.company.available(search.ana)) == (900_000, 900_000)
    assert search.sound()


def test_an_allowance_beyond_the_budget_credits_nobody_and_is_told(search: Search) -> None:
    search.budget(MILLION, Period.WEEK)

    search.weekly(600_000)

    assert [search.company.available(one) for one in (search.ana, search.ben)] == [0, 0]
    assert ("allowance_unfunded", search.mia) in search.company.told()
    search.budget(2 * MILLION, Period.WEEK)
    schedule.tick(search.company.database, search.company.later(minutes=1))
    schedule.tick(search.company.database, search.company.later(minutes=1))
    assert [search.company.available(one) for one in (search.ana, search.ben)] == [600_000] * 2
    assert search.state().spent == 1_200_000
    assert search.sound()


def test_a_credit_counts_once_from_its_reservation_on(search: Search) -> None:
    search.budget(3 * MILLION, Period.MONTH)

    search.weekly(500_000)
    first = search.state().spent
    schedule.tick(search.company.database, search.company.later(days=7))

    assert (first, search.state().spent) == (MILLION, 2 * MILLION)
    assert search.sound()


def test_only_admins_set_a_budget_and_everyone_has_none(search: Search) -> None:
    with pytest.raises(NotAllowed):
        search.put(search.mia, MILLION)
    with pytest.raises(NotAllowed):
        search.put(search.ana, MILLION)
    with pytest.raises(NoPool):
        pools.set_budget(
            search.company.database,
            search.company.workspace_id,
            Asked(actor=search.leo, typed="everyone"),
            budget=Budget(tokens=1, period=Period.WEEK),
            now=search.company.now,
        )


def test_a_team_that_moves_keeps_its_own_budget(search: Search) -> None:
    """The person who leaves takes no budget along: their next grant is their next team's."""
    search.budget(MILLION)
    design = make(search.company, search.leo, "design")
    search.grant(MILLION)

    team_members.move(
        search.company.database,
        search.company.workspace_id,
        Asked(actor=search.leo, team_id=design),
        joining=[search.ana],
        leaving=(),
        now=search.company.later(seconds=1),
    )

    assert search.state().left == 0
