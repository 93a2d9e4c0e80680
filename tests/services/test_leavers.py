"""Whoever leaves a team: what goes back is shown before, and is what goes back."""

from datetime import date

import pytest

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import EVERYONE, UserId
from bot.domain.leavers import GoingBack
from bot.domain.ledger import TREASURY, IdempotencyKey
from bot.domain.periods import Period
from bot.services import allowances, books, leavers
from tests.company import Company
from tests.teams import put_into


def set_rule(
    company: Company,
    leo: UserId,
    subject: Subject,
    *,
    returns: bool = True,
    until: date | None = None,
) -> None:
    """2M every week, of which a leaver's rest goes back."""
    allowances.start(
        company.database,
        company.workspace_id,
        actor=leo,
        wish=AllowanceWish(
            subject=subject,
            tokens=2_000_000,
            period=Period.WEEK,
            returns_on_leaving=returns,
            until=until,
        ),
        key=IdempotencyKey("command:1"),
        now=company.later(seconds=1),
    )


@pytest.mark.parametrize("until", [None, date(2026, 3, 8)])
@pytest.mark.parametrize("returned", [1_500_000, 0])
def test_what_a_leaver_gives_back_is_shown_before_and_is_what_goes_back(
    company: Company, returned: int, until: date | None
) -> None:
    """Also where the rule credits no more, and its last credit isn't over."""
    leo, bob = company.admin("leo"), company.member("bob")
    alice, carla = company.member("alice", available=7), company.member("carla")
    company.team("design", alice, carla)
    set_rule(company, leo, Subject(SubjectKind.TEAM, "design"), returns=bool(returned), until=until)
    company.transfer(alice, bob, 500_000)

    shown = leavers.going_back(company.database, company.workspace_id, [alice, bob], company.now)
    with company.database.writing() as tx:
        put_into(tx.connection, company.workspace_id, EVERYONE, alice)
    schedule.tick(company.database, company.later(seconds=1))

    expected = [GoingBack(alice, returned, TREASURY)] if returned else []
    assert shown == expected
    assert company.available(alice) == 1_500_007 - returned
    assert company.available(carla) == 2_000_000
    assert leavers.going_back(company.database, company.workspace_id, [alice], company.now) == []
    assert books.check(company.database) == []


def test_what_is_left_of_the_last_credit_of_ones_own_rule_goes_back_too(company: Company) -> None:
    leo, alice = company.admin("leo"), company.member("alice")
    set_rule(company, leo, Subject(SubjectKind.MEMBER, alice), until=date(2026, 3, 8))

    company.deactivate(alice)
    schedule.tick(company.database, company.later(days=1))
    gone = company.available(alice)
    company.member("alice")
    schedule.tick(company.database, company.later(days=1))

    assert (gone, company.available(alice)) == (0, 0)
    assert [one.kind for one in company.entries()] == ["allowance", "return"]
    assert books.check(company.database) == []


def test_what_is_left_of_ones_own_rule_goes_back_on_leaving_the_company_and_comes_anew_on_return(
    company: Company,
) -> None:
    leo, alice, bob = company.admin("leo"), company.member("alice"), company.member("bob")
    set_rule(company, leo, Subject(SubjectKind.MEMBER, alice))
    company.later(seconds=1)
    company.transfer(alice, bob, 500_000)

    company.deactivate(alice)
    schedule.tick(company.database, company.later(seconds=1))
    gone = company.available(alice)
    company.member("alice")
    schedule.tick(company.database, company.later(days=2))
    back_in_the_same_week = company.available(alice)
    schedule.tick(company.database, company.later(days=5))

    assert (gone, back_in_the_same_week, company.available(alice)) == (0, 0, 2_000_000)
    kinds = [one.kind for one in company.entries()]
    assert kinds[:3] == ["allowance", "transfer", "return"]
    assert sorted(kinds[3:]) == ["allowance", "expiry"]  # the latter of what Bob was sent
    assert books.check(company.database) == []
