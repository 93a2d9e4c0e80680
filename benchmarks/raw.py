"""Drivers' own connections, spoken to alike: what is measured against has nothing of ours in it."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Protocol

import psycopg

#: The product's own, so that neither arm syncs or caches more than the other.
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",
    "cache_size=-16384",
    "wal_autocheckpoint=4000",
)

Row = tuple[Any, ...]


class Raw(Protocol):
    """A connection that begins and commits only when told to."""

    #: A parameter's place in a statement.
    place: str
    #: What orders rows as they were written.
    in_order: str
    begin: str

    def run(self, sql: str) -> list[Row]: ...

    def many(self, sql: str, rows: Sequence[Row]) -> None: ...

    def close(self) -> None: ...


class Sqlite:
    """See `Raw`."""

    place, in_order, begin = "?", "rowid", "BEGIN IMMEDIATE"

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(
            url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=256
        )
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")

    def run(self, sql: str) -> list[Row]:
        return self._connection.execute(sql).fetchall()

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(sql, rows)

    def close(self) -> None:
        self._connection.close()


class Postgres:
    """See `Raw`. psycopg sends all rows of an `executemany` in one pipeline."""

    place, in_order, begin = "%s", "ctid", "BEGIN"

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def run(self, sql: str) -> list[Row]:
        cursor = self._connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []

    def many(self, sql: str, rows: Sequence[Row]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(sql.encode(), rows)

    def close(self) -> None:
        self._connection.close()


def connect(url: str) -> Raw:
    return Sqlite(url) if url.startswith("sqlite") else Postgres(url)
