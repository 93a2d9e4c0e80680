"""PostgreSQL through psycopg 3: READ COMMITTED, short time-outs, few round trips.

A round trip costs as much as the work of a statement, so BEGIN goes with the first statement,
queued statements go with the commit, and a batch goes as one, in libpq's pipeline mode.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.connections import Connections
from bot.storage.database import Call, Listeners, Topic
from bot.storage.faults import DatabaseFault, translated
from bot.storage.pipeline import Pipeline, Prepared
from bot.storage.statements import Bulk, Row, Statement, Values

_OPTIONS = (
    "-c lock_timeout=1500 -c statement_timeout=1500 "
    "-c idle_in_transaction_session_timeout=10000 -c timezone=UTC"
)
#: What is not hot is planned at each run, for the tables as they are: a plan kept from when one was
#: empty took seconds once 20,000 rows had come. Hot statements are prepared by `pipeline`.
_NEVER = None
#: Connections of a process, and how long one is waited for.
_SIZE = 20
_WAIT_SECONDS = 1.5
#: How every connection is made. A server that vanished says nothing: what was sent and not taken
#: ends after 3 s, an answer that never comes after 11.
CONNECTING: Mapping[str, int | str] = MappingProxyType(
    {
        "client_encoding": "utf8",  # whatever the environment or the database prefers
        "connect_timeout": 2,
        "tcp_user_timeout": 3_000,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
    }
)

_BEGIN: Prepared = (b"BEGIN", ())
_BEGIN_SNAPSHOT: Prepared = (b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ())


class PostgresTransaction:
    """See `database.Transaction`. Nothing is sent before the first statement."""

    def __init__(
        self, connections: Connections, connection: Connection, begin: Prepared | None
    ) -> None:
        self._connections = connections
        self._sqlalchemy = connection
        self._pipeline = _pipeline(connection)
        self._is_open = False
        self._has_failed = False
        self._pending: list[Prepared] = [begin] if begin else []
        self.announced: set[Topic] = set()

    @property
    def connection(self) -> Connection:
        # Ours goes before SQLAlchemy's: it would not replace a connection that died in the pool.
        is_unused = not self._is_open and not self._pending
        self._send([(b"SELECT 1", ())] if is_unused else [])
        return self._sqlalchemy

    def fetch(self, statement: Statement, values: Values) -> list[Row]:
        call = statement.for_postgresql(values)
        if self._pending == [_BEGIN] and statement.only_reads:
            # READ COMMITTED gives each statement a sight of its own, before BEGIN as after it.
            return self._send([call], is_early=True)[0]
        return self._send([call])[0]

    def batch(self, calls: Sequence[Call]) -> list[list[Row]]:
        return self._send([_prepared(call) for call in calls]) if calls else []

    def queue(self, statement: Statement, values: Values) -> None:
        self._pending.append(statement.for_postgresql(values))

    def many(self, statement: Statement, rows: Sequence[Values]) -> None:
        self._pending.extend(statement.for_postgresql(values) for values in rows)

    def bulk(self, statement: Bulk, rows: Sequence[Row]) -> None:
        if rows:
            self._pending.append(statement.for_postgresql(rows))

    def bulk_rows(self, statement: Bulk, rows: Sequence[Row]) -> list[Row]:
        return self._send([statement.for_postgresql(rows)])[0] if rows else []

    def announce(self, topic: Topic) -> None:
        self.announced.add(topic)

    def commit(self) -> None:
        # Its caller made nothing of the error, but the server undid all: it would answer COMMIT
        # with a rollback, and no error.
        is_undone = self._raw.pgconn.transaction_status == psycopg.pq.TransactionStatus.INERROR
        if self._has_failed or is_undone:
            raise DatabaseFault("a statement failed, so its transaction was undone")
        if not self._is_open and len(self._pending) <= 1:
            return  # nothing but BEGIN, which was never sent
        if not self._is_open:
            self._send([])  # may be sent twice; what holds COMMIT may not
        try:
            self._send([(b"COMMIT", ())])
        except psycopg.OperationalError as error:
            if self._raw.closed:
                reason = "the database went away during a commit"
                raise DatabaseFault(reason, is_outcome_unknown=True) from error
            raise

    def roll_back(self) -> None:
        """Undo what was begun and not committed; it never fails, since the server does it too."""
        if self._raw.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            return
        try:
            # Not through psycopg, which would then deallocate every prepared statement, ours too.
            self._pipeline.run([(b"ROLLBACK", ())])
        except psycopg.Error:
            self._raw.close()
        if self._raw.closed:
            self._sqlalchemy.invalidate()

    def _send(self, calls: list[Prepared], *, is_early: bool = False) -> list[list[Row]]:
        """The rows of the calls, before which goes what is pending, if it is not too early."""
        waiting = [] if is_early else self._pending
        try:
            rows = self._run([*waiting, *calls])
        except BaseException:
            self._has_failed = True
            raise
        if not is_early:
            self._pending = []
            self._is_open = True
        return rows[len(waiting) :]

    def _run(self, calls: list[Prepared]) -> list[list[Row]]:
        try:
            return self._pipeline.run(calls)
        except psycopg.OperationalError:
            if self._is_open or not self._raw.closed:
                raise
            # A pooled connection that died while idle: nothing was begun, so once more is safe. The
            # others of the pool will have died with it.
            self._sqlalchemy.invalidate()
            self._connections.close()
            self._pipeline = _pipeline(self._sqlalchemy)
            return self._pipeline.run(calls)

    @property
    def _raw(self) -> psycopg.Connection[Row]:
        return self._pipeline.connection


def _prepared(call: Call) -> Prepared:
    statement, given = call
    return statement.for_postgresql(given)  # type: ignore[arg-type]  # each takes what it comes with


class PostgresDatabase:
    """See `database.Database`."""

    dialect = "postgresql"

    def __init__(self, url: sa.URL) -> None:
        self._listeners = Listeners()
        self._engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,  # an error's text is logged, and they hold what people wrote
            poolclass=sa.NullPool,
            connect_args={"options": _OPTIONS, "prepare_threshold": _NEVER, **CONNECTING},
        )
        self._connections = Connections(self._engine, size=_SIZE, seconds=_WAIT_SECONDS)

    @contextmanager
    def reading(self) -> Iterator[PostgresTransaction]:
        with self._transaction(begin=None) as tx:
            yield tx

    @contextmanager
    def snapshot(self) -> Iterator[PostgresTransaction]:
        with self._transaction(_BEGIN_SNAPSHOT) as tx:
            yield tx

    @contextmanager
    def writing(self) -> Iterator[PostgresTransaction]:
        with self._transaction(_BEGIN) as tx:
            yield tx
            tx.commit()
        self._listeners.wake(tx.announced)

    @contextmanager
    def together(self) -> Iterator["PostgresDatabase"]:
        yield self

    def listen(self, topic: Topic, wake: Callable[[], None]) -> None:
        self._listeners.add(topic, wake)

    def close(self) -> None:
        self._connections.close()
        self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: Prepared | None) -> Iterator[PostgresTransaction]:
        with translated(), self._connections.one() as connection:
            tx = PostgresTransaction(self._connections, connection, begin)
            try:
                yield tx
            finally:
                tx.roll_back()  # whatever was not committed; a dead connection is not kept


def _pipeline(connection: Connection) -> Pipeline:
    """The same one for as long as the driver's connection lives."""
    kept = connection.info.get("pipeline")
    if not isinstance(kept, Pipeline):
        kept = connection.info["pipeline"] = Pipeline(_driver(connection))
    return kept


def _driver(connection: Connection) -> psycopg.Connection[Row]:
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError(f"expected psycopg's connection, not {type(driver)}")
    return driver
