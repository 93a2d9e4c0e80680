"""The one way to a database: `reading()`, `snapshot()` and `writing()`, on SQLite or PostgreSQL.

Hot statements run on the driver's own cursor; all else uses `tx.connection`, SQLAlchemy's, inside
the same database transaction. Storage never commits: the `with` block of a service does.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from sqlalchemy.engine import Connection

from bot.storage.faults import DatabaseBusy, DatabaseFault
from bot.storage.statements import Bulk, Row, Statement, Values

__all__ = [
    "Call",
    "Database",
    "DatabaseBusy",
    "DatabaseFault",
    "Listeners",
    "Topic",
    "Transaction",
]

Call = tuple[Statement, Values] | tuple[Bulk, Sequence[Row]]


class Topic(StrEnum):
    """What a commit may have given somebody to do."""

    OUTBOX = "outbox"
    DIRECTORY = "directory"


class Listeners:
    """Who is woken by which topic, in this process."""

    def __init__(self) -> None:
        self._wakes: dict[Topic, list[Callable[[], None]]] = {topic: [] for topic in Topic}

    def add(self, topic: Topic, wake: Callable[[], None]) -> None:
        self._wakes[topic].append(wake)

    def wake(self, topics: set[Topic]) -> None:
        for topic in topics:
            for wake in self._wakes[topic]:
                wake()


class Transaction(Protocol):
    """An open database transaction, or a series of single reads."""

    @property
    def connection(self) -> Connection:
        """For statements that are not hot: SQLAlchemy Core in the same database transaction.

        No savepoint, rollback or DDL through it: the hot statements' own state would be lost.
        """

    def fetch(self, statement: Statement, values: Values) -> list[Row]:
        """Run a statement and return its rows."""

    def batch(self, calls: Sequence[Call]) -> list[list[Row]]:
        """Run statements that return rows, in order, in one round trip where there are any."""

    def queue(self, statement: Statement, values: Values) -> None:
        """Run a statement whose result nobody needs, at the latest with the commit."""

    def many(self, statement: Statement, rows: Sequence[Values]) -> None:
        """The same for each of these rows."""

    def bulk(self, statement: Bulk, rows: Sequence[Row]) -> None:
        """The same for each of these rows, in a statement made for many."""

    def bulk_rows(self, statement: Bulk, rows: Sequence[Row]) -> list[Row]:
        """Run it now for each of these rows, and return what it returns, in no certain order."""

    def announce(self, topic: Topic) -> None:
        """Wake those who listen to the topic once this is committed, never otherwise."""


class Database(Protocol):
    """A migrated database. `dialect` is `sqlite` or `postgresql`."""

    @property
    def dialect(self) -> str: ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """Reads that each see what is committed when they run; they never wait for a writer."""

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """Reads that all see one moment."""

    def writing(self) -> AbstractContextManager[Transaction]:
        """One database transaction: committed when the block ends, undone when it raises.

        Raises `DatabaseBusy` after 1.5 s of waiting for other writers, `DatabaseFault` when the
        database can't; nothing was moved in either case.
        """

    def together(self) -> AbstractContextManager["Database"]:
        """A database for several database transactions one after the other on this thread.

        Each is undone by itself where it raises. On SQLite one commit at the end of the block makes
        all of them last, so nobody is answered before it ends; on PostgreSQL each has its own, as
        locks of many accounts at once would meet in any order.
        """

    def listen(self, topic: Topic, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit, in this process, that announced the topic."""

    def close(self) -> None:
        """Give back all connections."""
