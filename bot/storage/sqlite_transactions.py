"""SQLite's database transactions: one, or several in one turn at writing."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy.engine import Connection

from bot.storage.database import Call, Database, Topic
from bot.storage.faults import DatabaseFault, translated
from bot.storage.statements import Bulk, Row, Statement, Values

UNDONE = "the database undid a group of writes"


class SqliteTransaction:
    """See `database.Transaction`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._raw = driver(connection)
        self.announced: set[Topic] = set()

    def fetch(self, statement: Statement, values: Values) -> list[Row]:
        sql, parameters = statement.for_sqlite(values)
        return self._raw.execute(sql, parameters).fetchall()

    def batch(self, calls: Sequence[Call]) -> list[list[Row]]:
        return [self._rows(call) for call in calls]

    def queue(self, statement: Statement, values: Values) -> None:
        self.fetch(statement, values)

    def many(self, statement: Statement, rows: Sequence[Values]) -> None:
        if rows:
            calls = [statement.for_sqlite(values) for values in rows]
            self._raw.executemany(calls[0][0], [parameters for _, parameters in calls])

    def bulk(self, statement: Bulk, rows: Sequence[Row]) -> None:
        for sql, parameters in statement.for_sqlite(rows):
            self._raw.execute(sql, parameters)

    def bulk_rows(self, statement: Bulk, rows: Sequence[Row]) -> list[Row]:
        calls = statement.for_sqlite(rows)
        return [found for sql, given in calls for found in self._raw.execute(sql, given)]

    def announce(self, topic: Topic) -> None:
        self.announced.add(topic)

    def _rows(self, call: Call) -> list[Row]:
        statement, given = call
        if isinstance(statement, Bulk):
            return self.bulk_rows(statement, given)  # type: ignore[arg-type]  # it comes with rows
        return self.fetch(statement, given)  # type: ignore[arg-type]  # it comes with values


class Together:
    """A database for one turn at writing: what is written in it shares a commit.

    See `database.Database`. Reads see what was written in this turn too.
    """

    dialect = "sqlite"

    def __init__(self, database: Database, tx: SqliteTransaction) -> None:
        self._database = database
        self._tx = tx
        self._raw = driver(tx.connection)

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        with translated():
            yield self._tx

    def snapshot(self) -> AbstractContextManager[SqliteTransaction]:
        return self.reading()

    @contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        with translated():
            refuse_undone(self._raw)  # else it would begin, and commit, a transaction of its own
            self._raw.execute("SAVEPOINT one_of_many")
            tx = SqliteTransaction(self._tx.connection)
            try:
                yield tx
                refuse_undone(self._raw)
                self._raw.execute("RELEASE one_of_many")
            except BaseException:
                if stands(self._raw):
                    self._raw.execute("ROLLBACK TO one_of_many")
                    self._raw.execute("RELEASE one_of_many")
                raise
        self._tx.announced |= tx.announced

    @contextmanager
    def together(self) -> Iterator["Together"]:
        yield self

    def listen(self, topic: Topic, wake: Callable[[], None]) -> None:
        self._database.listen(topic, wake)

    def close(self) -> None:
        """It ends with its turn."""


def refuse_undone(connection: sqlite3.Connection) -> None:
    """A writer may have made nothing of the error that made SQLite undo all of the group."""
    if not stands(connection):
        raise DatabaseFault(UNDONE)


def stands(connection: sqlite3.Connection) -> bool:
    """Whether a transaction is open still: SQLite itself may have rolled all back, as on a full
    disk, or SQLAlchemy have closed the connection, as it does where it is interrupted.
    """
    try:
        return connection.in_transaction
    except sqlite3.ProgrammingError:
        return False


def driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"expected sqlite3's connection, not {type(driver)}")
    return driver
