"""One turn at SQLite's writing for many: what becomes of the others when it comes to nothing."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.services import directory
from bot.storage import opening, workspaces
from bot.storage.database import DatabaseFault
from bot.storage.sqlite import SqliteDatabase
from bot.storage.sqlite_transactions import Together
from tests.company import MORNING
from tests.databases import Databases
from tests.storage.test_group_commit import filling_the_disk


@pytest.fixture
def database(databases: Databases) -> Iterator[SqliteDatabase]:
    with databases.migrated("sqlite") as url:
        opened = opening.connect(url)
        assert isinstance(opened, SqliteDatabase)
        yield opened
        opened.close()


def write(database: Together, workspace: str, *then: str) -> None:
    with database.writing() as tx:
        workspaces.add(tx, WorkspaceId(workspace), MORNING)
        for sql in then:
            tx.connection.execute(sa.text(sql))


def test_once_a_full_disk_undid_a_turn_nothing_more_is_written_in_it(
    database: SqliteDatabase,
) -> None:
    with pytest.raises(DatabaseFault), database.together() as together:  # noqa: PT012 - the block itself must raise
        write(together, "A")
        with pytest.raises(DatabaseFault):
            write(together, "B", *filling_the_disk())
        with pytest.raises(DatabaseFault):
            write(together, "C")

    assert directory.workspace_ids(database) == []
