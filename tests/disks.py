"""A database's disk that is full, and then has room again."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.pool import Pool

from bot.storage.database import Database

_FULL_ON_POSTGRESQL = """
CREATE SEQUENCE room;
CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('room') > {events} THEN
        RAISE EXCEPTION 'could not extend file: No space left' USING ERRCODE = 'disk_full';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disk_full BEFORE INSERT ON usage_event FOR EACH ROW EXECUTE FUNCTION disk_full()
"""
_ROOM_ON_POSTGRESQL = "DROP FUNCTION disk_full CASCADE; DROP SEQUENCE room"


class Room(NamedTuple):
    """What is left: of SQLite pages, of PostgreSQL usage events."""

    pages: int
    events: int


@contextmanager
def full(database: Database, room: Room) -> Iterator[None]:
    """No more room than that until the block ends.

    SQLite's own limit of a file answers as a full disk does; it holds for a connection, so that
    those that are opened meanwhile are told as well. PostgreSQL has none, but gives that error when
    it is told to.
    """
    if database.dialect == "sqlite":
        with database.writing() as tx:
            most = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one() + room.pages
        limit = f"PRAGMA max_page_count = {most}"
        run(database, limit)
        with _each_connection(limit):
            yield
        run(database, f"PRAGMA max_page_count = {1 << 30}")
    else:
        run(database, _FULL_ON_POSTGRESQL.format(events=room.events))
        yield
        run(database, _ROOM_ON_POSTGRESQL)


def run(database: Database, sql: str) -> None:
    """As an admin would beside the bot."""
    with database.writing() as tx:
        tx.connection.exec_driver_sql(sql)


@contextmanager
def _each_connection(sql: str) -> Iterator[None]:
    def say(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(sql)

    sa.event.listen(Pool, "connect", say)
    try:
        yield
    finally:
        sa.event.remove(Pool, "connect", say)
