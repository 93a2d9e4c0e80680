"""Connections kept open for reading: SQLAlchemy's own pool costs half as much as a small read."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.faults import DatabaseBusy


class Readers:
    """At most `size` connections; who waits longer than `seconds` for one hears `DatabaseBusy`."""

    def __init__(self, engine: sa.Engine, *, size: int, seconds: float) -> None:
        self._open: Callable[[], Connection] = engine.connect
        self._seconds = seconds
        self._places = threading.Semaphore(size)
        self._free: list[Connection] = []

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """The connection last used, whose cache is warm, or a new one."""
        if not self._places.acquire(timeout=self._seconds):
            raise DatabaseBusy("no database connection was free in time")
        try:
            connection = self._taken() or self._open()
            try:
                yield connection
            finally:
                self._keep(connection)
        finally:
            self._places.release()

    def close(self) -> None:
        while connection := self._taken():
            connection.close()

    def _taken(self) -> Connection | None:
        try:
            return self._free.pop()
        except IndexError:
            return None

    def _keep(self, connection: Connection) -> None:
        if connection.invalidated or connection.closed:
            connection.close()
            return
        if connection.in_transaction():
            connection.rollback()
        self._free.append(connection)
