"""The last values of growing figures: whoever takes the next ones has them alone."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.domain.telemetry import Figure, Last, Point
from bot.storage import opening, series
from bot.storage.database import Database
from tests.company import Company
from tests.databases import Databases
from tests.threads import Running
from tests.waiting import until


def point(series_id: str = "one") -> Point:
    return Point(series_id=series_id, figure=Figure.INPUT, started_ns=1, at_ns=2, value=3)


def test_a_series_that_nobody_knows_begins_before_all_time(company: Company) -> None:
    with company.database.writing() as tx:
        held = series.hold(tx, company.workspace_id, [point("one"), point("two")], company.now)

    assert held == {"one": Last(-1, 0), "two": Last(-1, 0)}


def test_what_is_put_is_held_next_time(company: Company) -> None:
    for expected in (Last(-1, 0), Last(2, 3)):
        with company.database.writing() as tx:
            held = series.hold(tx, company.workspace_id, [point()], company.now)
            series.put(tx, company.workspace_id, {"one": Last(2, 3)}, company.now)
        assert held == {"one": expected}


@pytest.fixture
def postgres(databases: Databases) -> Iterator[Database]:
    with databases.migrated("postgresql") as url:
        opened = opening.connect(url)
        yield opened
        opened.close()


def test_a_held_series_is_waited_for_and_found_as_it_was_left(postgres: Database) -> None:
    company = Company(postgres)
    with postgres.writing() as tx:
        series.hold(tx, company.workspace_id, [point()], company.now)

    def hold_next() -> dict[str, Last]:
        with postgres.writing() as tx:
            return series.hold(tx, company.workspace_id, [point()], company.now)

    with postgres.writing() as tx:
        series.hold(tx, company.workspace_id, [point()], company.now)
        following = Running(hold_next)
        until(lambda: following.is_done or someone_waits(postgres))
        series.put(tx, company.workspace_id, {"one": Last(2, 3)}, company.now)

    assert following.result() == {"one": Last(2, 3)}


def someone_waits(database: Database) -> bool:
    """For a lock of PostgreSQL's; on SQLite there is one writer at a time anyway."""
    asked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with database.reading() as tx:
        return bool(tx.connection.execute(asked).scalar_one())
