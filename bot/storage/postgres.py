"""PostgreSQL through psycopg 3: READ COMMITTED, short time-outs, few round trips.

A round trip costs as much as the work of a statement, so BEGIN goes with the first statement,
queued statements go with the commit, and a batch goes as one, in libpq's pipeline mode.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.database import Call, Listeners, Topic
from bot.storage.faults import DatabaseFault, translated
from bot.storage.statements import Row, Statement, Values

_OPTIONS = (
    "-c lock_timeout=1500 -c statement_timeout=1500 "
    "-c idle_in_transaction_session_timeout=10000 -c timezone=UTC"
)
_POOL_SIZE = 16
_POOL_SECONDS = 1.5
_CONNECT_SECONDS = 2

Prepared = tuple[bytes, Sequence[object]]


class PostgresTransaction:
    """See `database.Transaction`. Nothing is sent before the first statement."""

    def __init__(self, connection: Connection, begin: str | None) -> None:
        self._sqlalchemy = connection
        self._raw = _driver(connection)
        self._is_open = False
        self._pending: list[Prepared] = [(begin.encode(), ())] if begin else []
        self.announced: set[Topic] = set()

    @property
    def connection(self) -> Connection:
        # Ours goes before SQLAlchemy's: it would not replace a connection that died in the pool.
        is_unused = not self._is_open and not self._pending
        self._send([(b"SELECT 1", ())] if is_unused else [])
        return self._sqlalchemy

    def fetch(self, statement: Statement, values: Values) -> list[Row]:
        return self._send([statement.for_postgresql(values)])[0]

    def batch(self, calls: Sequence[Call]) -> list[list[Row]]:
        return self._send([statement.for_postgresql(values) for statement, values in calls])

    def queue(self, statement: Statement, values: Values) -> None:
        self._pending.append(statement.for_postgresql(values))

    def announce(self, topic: Topic) -> None:
        self.announced.add(topic)

    def commit(self) -> None:
        if not self._is_open and len(self._pending) <= 1:
            return  # nothing but BEGIN, which was never sent
        try:
            self._send([(b"COMMIT", ())])
        except psycopg.OperationalError as error:
            if self._raw.closed:
                reason = "the database went away during a commit"
                raise DatabaseFault(reason, is_outcome_unknown=True) from error
            raise

    def roll_back(self) -> None:
        if self._raw.closed:
            self._sqlalchemy.invalidate()
        elif self._raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            self._raw.execute("ROLLBACK")

    def _send(self, calls: list[Prepared]) -> list[list[Row]]:
        """Send what is pending and then the calls; the rows of the calls alone."""
        waiting, self._pending = self._pending, []
        try:
            rows = _run(self._raw, [*waiting, *calls])
        except psycopg.OperationalError:
            if self._is_open or not self._raw.closed:
                raise
            # A pooled connection that died while idle: nothing was begun, so once more is safe. The
            # others of the pool will have died with it.
            self._sqlalchemy.invalidate()
            self._sqlalchemy.engine.dispose()
            self._raw = _driver(self._sqlalchemy)
            rows = _run(self._raw, [*waiting, *calls])
        self._is_open = True
        return rows[len(waiting) :]


class PostgresDatabase:
    """See `database.Database`."""

    dialect = "postgresql"

    def __init__(self, url: sa.URL) -> None:
        self._listeners = Listeners()
        self._engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            pool_size=_POOL_SIZE,
            max_overflow=4,
            pool_timeout=_POOL_SECONDS,
            connect_args={"options": _OPTIONS, "connect_timeout": _CONNECT_SECONDS},
        )

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        with translated(), self._engine.connect() as connection:
            yield PostgresTransaction(connection, begin=None)

    @contextmanager
    def snapshot(self) -> Iterator[PostgresTransaction]:
        with translated(), self._engine.connect() as connection:
            tx = PostgresTransaction(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield tx
            finally:
                tx.roll_back()

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        with translated(), self._engine.connect() as connection:
            tx = PostgresTransaction(connection, "BEGIN")
            try:
                yield tx
                tx.commit()
            except BaseException:
                tx.roll_back()
                raise
        self._listeners.wake(tx.announced)

    def listen(self, topic: Topic, wake: Callable[[], None]) -> None:
        self._listeners.add(topic, wake)

    def close(self) -> None:
        self._engine.dispose()


def _run(raw: psycopg.Connection[Row], calls: Sequence[Prepared]) -> list[list[Row]]:
    if len(calls) == 1:
        return [_rows(raw.execute(*calls[0]))]
    cursors = []
    if calls:
        with raw.pipeline():
            cursors = [raw.execute(*call) for call in calls]
    return [_rows(cursor) for cursor in cursors]


def _rows(cursor: psycopg.Cursor[Row]) -> list[Row]:
    return cursor.fetchall() if cursor.description else []


def _driver(connection: Connection) -> psycopg.Connection[Row]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"expected psycopg's connection, not {type(driver)}")
    return driver
