import sqlite3
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage import events
from bot.storage.tables import SeenEventRow, table
from tests.company import Company
from tests.databases import Databases, sqlite_path


def is_first_time(company: Company, event_id: str, workspace: str = "T1") -> bool:
    with company.database.writing() as tx:
        return events.is_first_time(tx, WorkspaceId(workspace), event_id, company.now)


def test_an_event_is_let_through_once(company: Company) -> None:
    assert [is_first_time(company, "Ev1") for _ in range(3)] == [True, False, False]
    assert is_first_time(company, "Ev2")


def test_the_same_event_id_in_another_workspace_is_another_event(company: Company) -> None:
    assert is_first_time(company, "Ev1", "T1")
    assert is_first_time(company, "Ev1", "T2")


def test_an_event_whose_effect_failed_is_let_through_again(company: Company) -> None:
    with pytest.raises(ZeroDivisionError), company.database.writing() as tx:  # noqa: PT012 - the block itself must raise
        events.is_first_time(tx, company.workspace_id, "Ev1", company.now)
        _ = 1 // 0

    assert is_first_time(company, "Ev1")


def test_old_events_are_forgotten_and_recent_ones_are_not(company: Company) -> None:
    is_first_time(company, "Ev1")
    company.later(hours=25)
    is_first_time(company, "Ev2")

    with company.database.writing() as tx:
        forgotten = events.forget(tx, before=company.now - timedelta(days=1))

    assert forgotten == 1
    assert not is_first_time(company, "Ev2")


def test_a_mountain_of_old_events_is_forgotten_piece_by_piece(company: Company) -> None:
    rows = [
        {"workspace_id": "T1", "event_id": f"Ev{n}", "seen_at": company.now} for n in range(5_001)
    ]
    with company.database.writing() as tx:
        tx.connection.execute(sa.insert(table(SeenEventRow)), rows)
    before = company.later(days=1)

    forgotten = []
    for _ in range(3):
        with company.database.writing() as tx:
            forgotten.append(events.forget(tx, before=before))

    assert forgotten == [5_000, 1, 0]


def test_old_events_are_found_by_their_age(databases: Databases) -> None:
    with databases.migrated("sqlite") as url:
        connection = sqlite3.connect(sqlite_path(url))
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT workspace_id, event_id FROM seen_event"
            " WHERE seen_at < '2026' ORDER BY seen_at LIMIT 5000"
        ).fetchall()
        connection.close()

    assert "seen_event_by_age" in str(plan)
