"""Connections kept open: SQLAlchemy's own pools cost more than a small read does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.storage.faults import DatabaseBusy


class Connections:
    """At most `size` at once; who waits longer than `seconds` for one hears `DatabaseBusy`.

    The engine pools nothing itself: a connection closed is closed.
    """

    def __init__(self, engine: sa.Engine, *, size: int, seconds: float) -> None:
        self._open: Callable[[], Connection] = engine.connect
        self._seconds = seconds
        self._places = threading.Semaphore(size)
        self._free: list[Connection] = []
        self._generation = 0

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """The connection last used, whose cache is warm, or a new one."""
        if not self._places.acquire(timeout=self._seconds):
            raise DatabaseBusy("no database connection was free in time")
        try:
            connection = self._taken() or self._open()
            connection.info.setdefault("generation", self._generation)
            try:
                yield connection
            finally:
                self._keep(connection)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close those that are free, and the others when they come back."""
        self._generation += 1
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
        # One that reconnected meanwhile bears no number yet, and is as good as new.
        born = connection.info.setdefault("generation", self._generation)
        if born == self._generation:
            self._free.append(connection)
        else:
            connection.close()
