"""The tick: what it costs when there is nothing to do, and that one job's fault is its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot import schedule
from bot.storage.database import Database, DatabaseFault
from tests.company import Company

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
