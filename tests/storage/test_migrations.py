import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.pool import NullPool

from bot.storage import migrations, opening
from bot.storage.tables import WorkspaceRow
from tests.databases import Databases
from tests.threads import at_once
from tests.waiting import SECONDS

METADATA = WorkspaceRow.metadata
# SQLAlchemy can't reflect SQLite's indexes on expressions; their SQL is compared instead.
pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:Skipped unsupported reflection of expression-based index:sqlalchemy.exc.SAWarning"
    ),
    pytest.mark.filterwarnings(
        "ignore:autogenerate skipping metadata-specified expression-based index:UserWarning"
    ),
]
INDEXES = {
    "sqlite": "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''",
    "postgresql": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


#: A program that migrates, and is killed just before a statement.
KILLED_AT = """
import os, signal, sys
import sqlalchemy as sa
from bot.storage import opening

@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def kill(connection, cursor, statement, *rest):
    if sys.argv[2] in " ".join(statement.split()):
        os.kill(os.getpid(), signal.SIGKILL)

opening.migrate(sys.argv[1])
"""


#: An entry of T1.
ENTRY = (
    "INSERT INTO entry (workspace_id, entry_id, kind, actor, note, idempotency_key, fingerprint,"
    " recorded_at, is_self_approved) VALUES ('T1', 'E1', 'grant', 'U1', '', 'K1', '', :at, FALSE)"
)


@pytest.fixture
def empty_url(databases: Databases, dialect: str) -> Iterator[str]:
    with databases.empty(dialect) as url:
        yield url


def engine(url: str) -> sa.Engine:
    return sa.create_engine(opening.parse(url), poolclass=NullPool)


def schema(url: str) -> dict[str, Any]:
    """Everything about every table, as the database itself describes it."""
    inspector = sa.inspect(engine(url))
    with engine(url).connect() as connection:
        definitions = connection.execute(sa.text(INDEXES[connection.dialect.name])).all()
    return {
        name: {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)
            ],
            "primary key": inspector.get_pk_constraint(name)["constrained_columns"],
            "foreign keys": sorted(
                (f["constrained_columns"], f["referred_table"], f["referred_columns"])
                for f in inspector.get_foreign_keys(name)
            ),
            "checks": sorted(
                (c["name"] or "", c["sqltext"]) for c in inspector.get_check_constraints(name)
            ),
            "indexes": sorted(" ".join(sql.split()) for table, sql in definitions if table == name),
            "unique": {
                i["name"]: i["column_names"] for i in inspector.get_indexes(name) if i["unique"]
            },
        }
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def test_alembic_finds_no_difference_between_migrations_and_tables(database_url: str) -> None:
    with engine(database_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, METADATA) == []


def test_migrations_make_the_very_schema_that_the_tables_describe(
    database_url: str, empty_url: str
) -> None:
    METADATA.create_all(engine(empty_url))

    assert schema(database_url) == schema(empty_url)


def test_every_key_begins_with_the_workspace(database_url: str) -> None:
    tables = schema(database_url)
    keys = [(name, table["primary key"]) for name, table in tables.items()]
    keys += [key for table in tables.values() for key in table["unique"].items()]

    assert len(tables) >= 13
    assert [name for name, columns in keys if columns[0] != "workspace_id"] == []


def test_every_foreign_key_stays_within_its_workspace(database_url: str) -> None:
    tables = schema(database_url)
    keys = [key for table in tables.values() for key in table["foreign keys"]]

    assert keys
    assert all(ours[0] == theirs[0] == "workspace_id" for ours, _, theirs in keys)


def test_an_empty_database_is_not_current_until_it_is_migrated(empty_url: str) -> None:
    before = opening.is_current(empty_url)
    opening.migrate(empty_url)

    assert (before, opening.is_current(empty_url)) == (False, True)


def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = schema(database_url)

    opening.migrate(database_url)

    assert schema(database_url) == before


def test_several_that_migrate_at_once_take_turns(empty_url: str) -> None:
    running = at_once([lambda: opening.migrate(empty_url) for _ in range(4)])

    assert [each.error for each in running] == [None] * 4
    assert opening.is_current(empty_url)


def up_to(url: str, revision: str) -> None:
    """The schema as an earlier version left it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine(url).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def test_a_workspace_that_has_entries_is_welcomed_no_more_and_one_without_is(
    empty_url: str,
) -> None:
    up_to(empty_url, "0007")
    at = {"at": "2026-03-02T09:30:00.000000+00:00"}
    with engine(empty_url).begin() as connection:
        for workspace in ("T1", "T2"):
            connection.execute(
                sa.text(
                    "INSERT INTO workspace (workspace_id, name, url, bot_user_id, created_at)"
                    " VALUES (:workspace, '', '', '', :at)"
                ),
                {**at, "workspace": workspace},
            )
        connection.execute(sa.text(ENTRY), at)

    opening.migrate(empty_url)

    with engine(empty_url).connect() as connection:
        found = connection.execute(sa.text("SELECT workspace_id, user_id FROM arrival")).all()
    assert [tuple(row) for row in found] == [("T1", None)]
    assert opening.is_current(empty_url)


@pytest.mark.parametrize("at", ["CREATE TABLE posting", "CREATE TRIGGER", "INTO alembic_version"])
def test_a_migration_killed_half_way_begins_anew(empty_url: str, at: str) -> None:
    killed = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", KILLED_AT, empty_url, at], check=False, timeout=SECONDS
    )
    before = opening.is_current(empty_url)

    opening.migrate(empty_url)

    assert killed.returncode == -signal.SIGKILL
    assert (before, opening.is_current(empty_url)) == (False, True)


def test_several_processes_that_migrate_at_once_take_turns(empty_url: str) -> None:
    command = [sys.executable, "-c", "import sys; from bot.storage import opening as o; "]
    command[-1] += "o.migrate(sys.argv[1])"
    running = [subprocess.Popen([*command, empty_url]) for _ in range(3)]  # noqa: S603 - our own program

    assert [each.wait(SECONDS) for each in running] == [0, 0, 0]
    assert opening.is_current(empty_url)
