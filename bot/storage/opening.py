"""Opening a database by its URL, bringing its schema up to date, and asking whether it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from bot.storage.database import Database
from bot.storage.faults import DatabaseFault, translated
from bot.storage.postgres import CONNECTING, PostgresDatabase
from bot.storage.sqlite import SqliteDatabase
from bot.storage.turns import FileTurn

_MIGRATIONS = Path(__file__).parent / "migrations"
#: Two processes that migrate at once take turns at this key (any constant of ours would do).
_ADVISORY_LOCK = 7_206_553_011
#: For a migration by another process to end.
_WAIT_SECONDS = 60


def parse(database_url: str) -> sa.URL:
    """The URL, with `postgres://` and `postgresql://` both meaning psycopg.

    Raises `DatabaseFault`, which never quotes the URL: it may hold a password.
    """
    try:
        url = sa.make_url(database_url)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise DatabaseFault("DATABASE_URL can't be read as a URL") from None
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername in {"sqlite", "sqlite+pysqlite"}:
        if not url.database or url.database == ":memory:":
            raise DatabaseFault("DATABASE_URL must name a SQLite file; memory is not shared")
        return url
    raise DatabaseFault(
        f"DATABASE_URL begins with {url.drivername}://; use sqlite:/// or postgresql://"
    )


def sqlite_file(database_url: str) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    url = parse(database_url)
    return Path(url.database) if url.drivername.startswith("sqlite") and url.database else None


def connect(database_url: str) -> Database:
    """A database to work with; nothing is sent to it yet."""
    url = parse(database_url)
    return SqliteDatabase(url) if url.drivername.startswith("sqlite") else PostgresDatabase(url)


def migrate(database_url: str) -> None:
    """Bring the schema to this version's; an up-to-date one is left as it is."""
    url = parse(database_url)
    _refuse_missing_folder(url)
    engine = _migrating(url)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with translated(), _alone(url), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_lock(_ADVISORY_LOCK)))
            connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database_url: str) -> bool:
    """Whether the schema is this version's."""
    url = parse(database_url)
    _refuse_missing_folder(url)
    engine = _engine(url)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with translated(), engine.connect() as connection:
        heads = set(MigrationContext.configure(connection).get_current_heads())
    return heads == set(ScriptDirectory.from_config(config).get_heads())


def _engine(url: sa.URL) -> sa.Engine:
    is_postgres = url.drivername.startswith("postgresql")
    return sa.create_engine(
        url, poolclass=NullPool, connect_args=dict(CONNECTING) if is_postgres else {}
    )


def _migrating(url: sa.URL) -> sa.Engine:
    """One whose transactions hold tables too: sqlite3 by itself begins none before DDL."""
    engine = _engine(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # beginning is left to us
    connection.execute("PRAGMA journal_mode=WAL")


@contextmanager
def _alone(url: sa.URL) -> Iterator[None]:
    """SQLite has no lock of ours inside: two that migrate at once take turns at the lock file."""
    if not url.drivername.startswith("sqlite"):
        yield
        return
    turn = FileTurn(f"{url.database}.lock")
    turn.take(_WAIT_SECONDS)
    try:
        yield
    finally:
        turn.close()  # which frees it


def _refuse_missing_folder(url: sa.URL) -> None:
    if url.drivername.startswith("sqlite") and url.database:
        folder = Path(url.database).absolute().parent
        if not folder.is_dir():
            raise DatabaseFault(f"DATABASE_URL points into {folder}, which is no folder")
