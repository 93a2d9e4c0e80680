"""Budgets of pools: what may leave one in a period. The company's day is Monday 2 March 2026."""

from datetime import UTC, datetime
from functools import partial

import pytest

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.budgets import Budget, BudgetState
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.domain.refusals import NoPool, NotAllowed, PoolShort
from bot.domain.teams import pool_account
from bot.services import allowances, books, pools, team_managers, team_members
from bot.services.team_choice import Asked
from bot.storage import budgets
from tests.company import Company
from tests.services.test_teams import make
from tests.threads import at_once

MILLION = 1_000_000


class Search:
    """A team *search* with Ana and Ben, whom Mia looks after, and 10M in its pool."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.leo = company.admin("leo")
        self.ana, self.ben = company.member("ana"), company.member("ben")
        self.mia = company.member("mia")
        self.team_id: TeamId = make(company, self.leo, "search", self.ana, self.ben)
        self.pool = pool_account(self.team_id)
        asked = Asked(actor=self.leo, team_id=self.team_id)
        team_managers.name(
            company.database, company.workspace_id, asked, people=[self.mia], now=company.now
        )
        pools.fill(
            company.database,
            company.workspace_id,
            asked=asked,
            tokens=10 * MILLION,
            note="",
            key=IdempotencyKey("fill"),
            now=company.later(seconds=1),
        )

    def budget(self, tokens: int | None, period: Period = Period.MONTH) -> None:
        self.put(self.leo, tokens, period)

    def put(self, actor: UserId, tokens: int | None, period: Period = Period.MONTH) -> None:
        pools.set_budget(
            self.company.database,
            self.company.workspace_id,
            Asked(actor=actor, team_id=self.team_id),
            budget=Budget(tokens=tokens, period=period) if tokens else None,
            now=self.company.later(seconds=1),
        )

    def state(self) -> BudgetState:
        with self.company.database.reading() as tx:
            found = budgets.state(tx, self.company.workspace_id, self.pool, self.company.now)
        assert found is not None
        return found

    def grant(self, tokens: int, *people: UserId, key: str = "") -> None:
        self.company.later(seconds=1)
        self.company.grant(self.mia, *(people or (self.ana,)), tokens=tokens, key=key)

    def sound(self) -> bool:
        return [str(wrong) for wrong in books.check(self.company.database)] == []


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


def weekly(search: Search, tokens: int) -> None:
    """A manager's rule, which the pool pays."""
    allowances.start(
        search.company.database,
        search.company.workspace_id,
        actor=search.mia,
        wish=AllowanceWish(
            subject=Subject(SubjectKind.TEAM, search.team_id), tokens=tokens, period=Period.WEEK
        ),
        key=IdempotencyKey("rule"),
        now=search.company.later(seconds=1),
    )


def test_an_allowance_beyond_the_budget_credits_nobody_and_is_told(search: Search) -> None:
    search.budget(MILLION, Period.WEEK)

    weekly(search, 600_000)

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

    weekly(search, 500_000)
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
