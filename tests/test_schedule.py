"""The tick: what it costs when there is nothing to do, and that one job's fault is its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.services import allowances
from bot.storage.database import Database, DatabaseFault
from tests.clockwork import use
from tests.company import Company
from tests.services.digest_company import SEARCH, change_team

#: What a tick may ask when there is nothing to do, whatever the size of the company.
QUERIES_MAX = 5


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that SQLAlchemy runs meanwhile."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("people", [1, 60])
def test_a_tick_with_nothing_due_asks_five_questions_at_most(company: Company, people: int) -> None:
    for number in range(people):
        company.member(f"p{number}", available=1_000)
    company.approver("mia")
    company.ask(company.member("ana"), 500)
    at = company.now + timedelta(hours=1)
    schedule.tick(company.database, at)

    with counted() as statements:
        schedule.tick(company.database, at + timedelta(minutes=10))

    assert len(statements) <= QUERIES_MAX, "\n".join(statements)


def test_a_clock_that_steps_back_does_nothing_twice(company: Company) -> None:
    """With a credit, a digest, an alert, and a request that waits for its reminder."""
    leo, mia = company.admin("leo"), company.member("mia")
    ana = company.member("ana", available=1_000_000)
    company.team("Search", ana, managers=(mia,))
    change_team(company, SEARCH, channel_id="C0SEARCH")
    wish = AllowanceWish(
        subject=Subject(SubjectKind.TEAM, SEARCH), tokens=1_000, period=Period.WEEK
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=leo,
        wish=wish,
        key=IdempotencyKey("command:1"),
        now=company.now,
    )
    use(company, ana, 960_000)
    company.ask(ana, 5)
    at = datetime(2026, 3, 9, 10, tzinfo=UTC)
    schedule.tick(company.database, at)
    before = (company.told(), company.entries())

    for hours in (-1, -30, -100, 0):
        schedule.tick(company.database, at + timedelta(hours=hours))

    assert {kind for kind, _ in before[0]} >= {"digest", "low_balance", "topup_asked"}
    assert [one.kind for one in before[1]].count("allowance") == 2
    assert (company.told(), company.entries()) == before


def test_a_job_that_fails_leaves_the_others_theirs(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def fails(_database: Database, _now: datetime) -> None:
        raise DatabaseFault("gone for a moment")

    jobs = (fails, lambda _database, _now: done.append("the next"))
    monkeypatch.setattr(schedule, "_JOBS", jobs)

    with pytest.raises(DatabaseFault):
        schedule.tick(company.database, datetime(2026, 3, 9, tzinfo=UTC))

    assert done == ["the next"]
