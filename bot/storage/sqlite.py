"""SQLite: many reading connections, and one that writes with group commit.

Writers run one after the other on the writing connection, each in the thread that called. Whoever
finishes while others wait hands its turn on uncommitted; the last of the queue commits for all, and
each is answered only after that commit (docs/decisions/0004-group-commit.md).
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.pool import ConnectionPoolEntry

from bot.storage.connections import Connections
from bot.storage.database import Listeners, Topic
from bot.storage.faults import DatabaseBusy, DatabaseFault, fault_of, translated
from bot.storage.sqlite_transactions import (
    UNDONE,
    SqliteTransaction,
    Together,
    driver,
    refuse_undone,
    stands,
)
from bot.storage.turns import FileTurn, Turns

#: How long a writer waits for others; Slack's 3 s must leave room for an answer.
WAIT_SECONDS = 1.5
#: Writers that share one commit, and for how long the first of them may wait for it.
GROUP_MAX = 64
GROUP_SECONDS = 0.02

#: Whoever came to their turn later than this lets SQLite wait only for what is left of theirs.
_LATE_SECONDS = 0.1
_READERS = 20
_VERSION_NEEDED = (3, 35, 0)  # RETURNING
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # INSERT OR REPLACE must not slip past the append-only triggers
    f"busy_timeout={int(WAIT_SECONDS * 1000)}",
    "cache_size=-16384",
    "wal_autocheckpoint=4000",
)


class _Group:
    """Writers whose work one commit makes lasting."""

    def __init__(self) -> None:
        self.size = 0
        self.began = monotonic()
        self.done = threading.Event()
        self.fault: BaseException | None = None


class SqliteDatabase:
    """See `database.Database`."""

    dialect = "sqlite"

    def __init__(self, url: sa.URL) -> None:
        if sqlite3.sqlite_version_info < _VERSION_NEEDED:
            raise DatabaseFault(f"SQLite 3.35 is needed, this is {sqlite3.sqlite_version}")
        if not url.database or url.database == ":memory:":
            raise DatabaseFault("DATABASE_URL must name a SQLite file; memory is not shared")
        self._listeners = Listeners()
        self._engine = _engine(url)
        self._readers = Connections(self._engine, size=_READERS, seconds=WAIT_SECONDS)
        self._writer: Connection | None = None
        self._group: _Group | None = None
        self._turns = Turns()
        self._file_turn = FileTurn(f"{url.database}.lock")

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        with translated(), self._readers.one() as connection:
            yield SqliteTransaction(connection)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteTransaction]:
        with translated(), self._readers.one() as connection:
            raw = driver(connection)
            raw.execute("BEGIN")
            try:
                yield SqliteTransaction(connection)
            finally:
                raw.rollback()

    @contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        deadline = monotonic() + WAIT_SECONDS
        if not self._turns.take(WAIT_SECONDS):
            raise DatabaseBusy("other writers kept the database busy")
        with translated():
            raw, tx, group = self._enter(deadline)
            is_first = group.size == 0
            try:
                yield tx
                refuse_undone(raw)
                if not is_first:
                    raw.execute("RELEASE writer")
            except BaseException as error:
                rests_on_others = not is_first and stands(raw)
                self._undo(raw, group, is_first=is_first)
                group.done.wait()
                if rests_on_others and group.fault is not None:
                    raise group.fault from error  # what it was refused for is undone as well
                raise
            group.size += 1
            self._settle(raw, group)
            group.done.wait()
            if group.fault is not None:
                raise group.fault
        self._listeners.wake(tx.announced)

    @contextmanager
    def together(self) -> Iterator[Together]:
        with self.writing() as tx:
            yield Together(self, tx)

    def listen(self, topic: Topic, wake: Callable[[], None]) -> None:
        self._listeners.add(topic, wake)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._readers.close()
        self._engine.dispose()
        self._file_turn.close()

    def _enter(self, deadline: float) -> tuple[sqlite3.Connection, SqliteTransaction, _Group]:
        """Join the open group, or begin one; the turn is passed on if that can't be."""
        try:
            connection = self._writer = self._writer or self._engine.connect()
            raw, group = driver(connection), self._group
            if group is None:
                self._begin(raw, deadline)
                group = self._group = _Group()
            else:
                raw.execute("SAVEPOINT writer")
        except BaseException as error:
            if self._writer is not None and self._group is not None:
                # Those before still get their commit, or hear that it failed.
                self._settle(driver(self._writer), self._group)
                raise
            try:
                if not isinstance(error, DatabaseBusy):
                    self._forget_writer()
            finally:
                self._turns.pass_on()
            raise
        return raw, SqliteTransaction(connection), group

    def _begin(self, raw: sqlite3.Connection, deadline: float) -> None:
        """Other processes that write are waited for by the lock file, strangers by SQLite."""
        is_late = deadline - monotonic() < WAIT_SECONDS - _LATE_SECONDS
        self._file_turn.take(deadline - monotonic())
        try:
            if is_late:
                _be_patient(raw, deadline - monotonic())
            raw.execute("BEGIN IMMEDIATE")
            if is_late:
                _be_patient(raw, WAIT_SECONDS)
        except BaseException:
            self._file_turn.give_back()
            raise

    def _undo(self, raw: sqlite3.Connection, group: _Group, *, is_first: bool) -> None:
        """Take back this writer's work alone; others of the group keep theirs."""
        if not stands(raw):
            self._give_up(group, DatabaseFault(UNDONE))
            return
        try:
            if is_first:
                raw.rollback()
            else:
                raw.execute("ROLLBACK TO writer")
                raw.execute("RELEASE writer")
        except BaseException as error:  # noqa: BLE001 - every writer of the group raises it
            self._give_up(group, error)
            return
        if is_first:
            self._end(group)
        else:
            self._settle(raw, group)

    def _settle(self, raw: sqlite3.Connection, group: _Group) -> None:
        """Hand the turn to the next writer of the group, or commit for all of it."""
        is_full = group.size >= GROUP_MAX or monotonic() - group.began > GROUP_SECONDS
        if not is_full and self._turns.hand_over():
            return
        try:
            raw.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - every writer of the group raises it
            self._give_up(group, error)
            return
        self._end(group)

    def _give_up(self, group: _Group, error: BaseException) -> None:
        """Undo all of the group by closing its connection: that can't fail to undo."""
        group.fault = (fault_of(error) if isinstance(error, Exception) else None) or error
        try:
            self._forget_writer()
        finally:
            self._end(group)

    def _forget_writer(self) -> None:
        """The next writer opens a new connection."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.invalidate()
            writer.close()

    def _end(self, group: _Group) -> None:
        """Whatever else fails, the next writer has its turn, and nobody waits for ever."""
        self._group = None
        try:
            self._file_turn.give_back()
        finally:
            try:
                self._turns.pass_on()
            finally:
                group.done.set()


def _engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
        hide_parameters=True,  # an error's text is logged, and they hold what people wrote
        connect_args={"check_same_thread": False, "cached_statements": 512},
    )
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _be_patient(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout={max(int(seconds * 1000), 0)}")
