"""What a pool owes, and to whom, where people and rules come and go meanwhile."""

from datetime import UTC, date, datetime

import pytest

from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.domain.notices import AllowanceUnfunded
from bot.domain.periods import Period
from bot.services import balances, dues
from tests.company import Company
from tests.services.budget_company import MILLION, Search

WEEK, MONTH = Period.WEEK, Period.MONTH


@pytest.fixture
def search(company: Company) -> Search:
    return Search(company)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def credited(search: Search, user: UserId) -> list[str]:
    """The days for which somebody was credited."""
    keys = [one.key for one in search.company.entries() if one.kind == "allowance"]
    return [key[-10:] for key in keys if f":{member_account(user)}:" in key]


def test_whoever_left_is_owed_nothing_when_the_last_period_is_made_good(search: Search) -> None:
    search.weekly(MILLION, until=date(2026, 3, 15))
    search.take_in(leaving=(search.ana,))
    search.grant(7_500_000, search.ben)
    search.tick(at(3, 9, hour=0))

    search.fill(5 * MILLION)
    search.tick(at(3, 9, hour=1))

    assert credited(search, search.ana) == ["2026-03-02"]
    assert credited(search, search.ben) == ["2026-03-02", "2026-03-09"]
    assert search.sound()


def test_those_who_join_on_one_day_are_paid_within_the_budget_alone(search: Search) -> None:
    search.budget(5 * MILLION, WEEK)
    search.weekly(MILLION)
    search.tick(at(3, 9, hour=0))

    people = [search.company.member(f"p{n}") for n in range(6)]
    search.take_in(*people)
    search.tick(at(3, 9, hour=10))

    assert sum(len(credited(search, one)) for one in people) == 3
    assert (search.state().spent, search.state().left) == (5 * MILLION, 0)
    assert search.sound()


def test_what_goes_back_after_a_team_has_ended_goes_to_the_treasury(search: Search) -> None:
    search.weekly(MILLION, returns_on_leaving=True)

    search.end()
    search.tick(at(3, 3))

    assert search.pool_has() == (0, 0)
    assert [search.company.available(one) for one in (search.ana, search.ben)] == [0, 0]
    assert search.sound()


def test_a_rule_of_one_person_that_the_pool_pays_ends_with_the_team(search: Search) -> None:
    search.rule(search.mia, Subject(SubjectKind.MEMBER, search.ana), MILLION, WEEK)

    search.end()
    for day in (9, 16, 23):
        search.tick(at(3, day))

    assert credited(search, search.ana) == ["2026-03-02"]
    assert [one for one in search.company.notices() if isinstance(one, AllowanceUnfunded)] == []
    assert search.sound()


def test_a_joiners_day_is_no_days_of_the_others(search: Search) -> None:
    """On Monday both go without; on Friday Carla joins for a part of the week."""
    search.grant(10 * MILLION)
    search.weekly(7 * MILLION, is_prorated=True)
    carla = search.company.member("carla")
    search.company.later(days=4)
    search.take_in(carla)
    search.tick(at(3, 6, hour=10))

    search.fill(10 * MILLION)
    search.tick(at(3, 6, hour=11))
    search.fill(14 * MILLION)
    search.tick(at(3, 6, hour=12))

    assert credited(search, carla) == ["2026-03-06"]
    assert credited(search, search.ana) == credited(search, search.ben) == ["2026-03-02"]
    assert search.sound()


def test_a_leaver_gives_back_to_a_pool_on_which_something_is_due(search: Search) -> None:
    search.weekly(MILLION, MONTH, returns_on_leaving=True)
    search.rule(search.leo, Subject(SubjectKind.POOL, search.team_id), MILLION, WEEK)
    search.company.later(days=8)

    search.take_in(leaving=(search.ana,))

    assert search.company.available(search.ana) == 0
    assert search.pool_has() == (10 * MILLION, 0)  # its second week came, the first expired
    assert search.sound()


def test_what_nobody_took_of_the_last_part_of_a_package_comes_free(search: Search) -> None:
    search.package(MILLION, parts=1)
    company = search.company
    company.later(days=32)
    with company.database.writing() as tx:
        dues.settle(tx, company.workspace_id, [member_account(search.ana)], company.now)
    company.deactivate(search.ben)

    search.tick(at(4, 6))

    assert search.pool_has() == (9 * MILLION, 0)
    assert search.sound()


def sees(search: Search, user: UserId) -> int:
    """What somebody is told that they have, whether the clock ran or not."""
    company = search.company
    return balances.balance(
        company.database, company.workspace_id, viewer=user, subject=user, now=company.now
    ).balance


def test_a_week_that_the_pool_will_pay_is_seen_before_the_clock_runs(search: Search) -> None:
    search.weekly(MILLION)

    search.company.later(days=8)

    assert sees(search, search.ana) == MILLION
    search.tick(search.company.later(seconds=1))
    assert sees(search, search.ana) == MILLION


def test_of_weeks_that_nobody_looked_after_the_pool_pays_each(search: Search) -> None:
    search.weekly(MILLION)

    search.company.later(days=15)

    assert sees(search, search.ana) == MILLION
    search.tick(search.company.later(seconds=1))
    assert (sees(search, search.ana), search.pool_has()) == (MILLION, (4 * MILLION, 0))


def test_a_week_that_the_pool_cannot_pay_to_all_is_seen_by_nobody(search: Search) -> None:
    search.weekly(MILLION)
    search.grant(6_500_000, search.ben)

    search.company.later(days=8)

    assert sees(search, search.ana) == 0
    search.tick(search.company.later(seconds=1))
    assert sees(search, search.ana) == 0


def test_a_week_beyond_the_pools_budget_is_seen_by_nobody(search: Search) -> None:
    search.budget(3 * MILLION)
    search.weekly(MILLION)

    search.company.later(days=8)

    assert sees(search, search.ana) == 0
    search.tick(search.company.later(seconds=1))
    assert sees(search, search.ana) == 0


def test_a_week_is_seen_that_the_pool_pays_of_what_is_due_to_it_that_day(search: Search) -> None:
    search.rule(search.leo, Subject(SubjectKind.POOL, search.team_id), 4 * MILLION, WEEK)
    search.weekly(MILLION)
    search.grant(11_000_000, search.ben)

    search.company.later(days=8)

    assert sees(search, search.ana) == MILLION
    search.tick(search.company.later(seconds=1))
    assert sees(search, search.ana) == MILLION


def reserve_of_a_lot_that_expires(search: Search) -> None:
    """The pool's only lot expires while a part of it is reserved for somebody who has left."""
    company = search.company
    search.reverse("issue")
    search.rule(
        search.leo,
        Subject(SubjectKind.POOL, search.team_id),
        2 * MILLION,
        WEEK,
        until=date(2026, 3, 8),
    )
    search.weekly(MILLION, MONTH, starts_on=date(2026, 3, 7))
    company.later(seconds=(at(3, 7) - company.now).total_seconds())
    with company.database.writing() as tx:
        dues.settle(tx, company.workspace_id, [member_account(search.ana)], company.now)
    company.deactivate(search.ben)
    search.tick(at(3, 9))


def test_an_expired_lot_that_is_covered_is_spent_from_all_the_same(search: Search) -> None:
    reserve_of_a_lot_that_expires(search)
    search.fill(5 * MILLION)

    search.grant(3 * MILLION)

    assert search.sound()
    search.tick(at(4, 1))
    assert search.sound()


def test_what_was_reserved_of_an_expired_lot_expires_once_nobody_takes_it(search: Search) -> None:
    reserve_of_a_lot_that_expires(search)
    assert search.pool_has() == (MILLION, MILLION)

    search.tick(at(4, 8))

    assert search.sound()
    search.tick(at(4, 8, hour=10))
    assert search.pool_has() == (0, 0)
    assert search.sound()
