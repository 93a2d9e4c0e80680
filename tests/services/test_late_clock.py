"""People change rules while the clock is late: what was due before the change is still due.

The company's day is Monday 2 March 2026; no tick comes unless a test says so.
"""

from collections.abc import Callable

import pytest

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Allowance, AllowanceId, Subject, SubjectKind
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.services import allowances, books, team_ends
from bot.services.team_choice import Asked
from tests.company import Company

MILLION = 1_000_000


def weekly(company: Company, subject: Subject, tokens: int = MILLION) -> AllowanceId:
    wish = AllowanceWish(subject=subject, tokens=tokens, period=Period.WEEK, carry_max=None)
    started = allowances.start(
        company.database,
        company.workspace_id,
        actor=company.admin("leo"),
        wish=wish,
        key=IdempotencyKey(f"command:{subject}"),
        now=company.now,
    )
    return started.preview.allowance.allowance_id


@pytest.mark.parametrize("act", [allowances.pause, allowances.end])
def test_a_period_that_began_before_a_pause_is_credited(
    company: Company, act: Callable[..., Allowance]
) -> None:
    alice = company.member("alice")
    rule = weekly(company, Subject(SubjectKind.MEMBER, alice))
    company.later(days=8)

    act(
        company.database,
        company.workspace_id,
        actor=company.admin("leo"),
        allowance_id=rule,
        now=company.now,
    )

    schedule.tick(company.database, company.later(days=20))
    assert company.available(alice) == 2 * MILLION
    assert [str(wrong) for wrong in books.check(company.database)] == []


def test_periods_that_went_by_in_a_pause_are_not_made_up_for_by_a_late_clock(
    company: Company,
) -> None:
    alice, leo = company.member("alice"), company.admin("leo")
    rule = weekly(company, Subject(SubjectKind.MEMBER, alice))
    allowances.pause(
        company.database, company.workspace_id, actor=leo, allowance_id=rule, now=company.now
    )
    company.later(days=15)

    allowances.resume(
        company.database, company.workspace_id, actor=leo, allowance_id=rule, now=company.now
    )

    schedule.tick(company.database, company.now)
    assert company.available(alice) == MILLION
    schedule.tick(company.database, company.later(days=7))
    assert company.available(alice) == 2 * MILLION


def test_a_period_that_began_before_its_team_ended_is_credited(company: Company) -> None:
    alice, leo = company.member("alice"), company.admin("leo")
    company.team("design", alice)
    weekly(company, Subject(SubjectKind.TEAM, "design"))
    company.later(days=8)

    team_ends.end(
        company.database,
        company.workspace_id,
        asked=Asked(actor=leo, typed="design"),
        now=company.now,
    )

    assert company.available(alice) == 2 * MILLION
