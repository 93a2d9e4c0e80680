"""The one way to a database: `reading()`, `snapshot()` and `writing()`, on SQLite or PostgreSQL.

Hot statements run on the driver's own cursor; all else uses `tx.connection`, SQLAlchemy's, inside
the same database transaction. Storage never commits: the `with` block of a service does.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy.engine import Connection

from bot.storage.statements import Row, Statement, Values

Call = tuple[Statement, Values]


class Transaction(Protocol):
    """An open database transaction, or a series of single reads."""

    @property
    def connection(self) -> Connection:
        """For statements that are not hot: SQLAlchemy Core in the same database transaction."""

    def fetch(self, statement: Statement, values: Values) -> list[Row]:
        """Run a statement and return its rows."""

    def batch(self, calls: Sequence[Call]) -> list[list[Row]]:
        """Run statements that return rows, in order, in one round trip where there are any."""

    def queue(self, statement: Statement, values: Values) -> None:
        """Run a statement whose result nobody needs, at the latest with the commit."""

    def on_commit(self, effect: Callable[[], None]) -> None:
        """Call `effect` once the transaction has been committed, never otherwise."""


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

    def close(self) -> None:
        """Give back all connections."""
