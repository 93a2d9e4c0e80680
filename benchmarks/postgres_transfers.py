"""Transfers on PostgreSQL from 8 clients, against one PL/pgSQL function that does the same.

The clients are processes, so that in neither arm one waits for another's interpreter.
"""

from collections.abc import Iterator

import psycopg

from benchmarks import measure, postgres, processes, replay, worlds
from benchmarks.measure import Options, Result
from benchmarks.processes import Crew
from benchmarks.worlds import Wish
from bot.storage import ids

CLIENTS = 8
_HISTORY_SECONDS = 2.0

FUNCTION = f"one PL/pgSQL function, {CLIENTS} processes"
SERVICE = f"through the service, {CLIENTS} processes"

#: Who takes part, entry, both balances in the order of their ids, posting and notice, in one round
#: trip. The reading is the service's own, as it is in the limit on SQLite.
_TRANSFER = """
CREATE FUNCTION bench_transfer(ws text, wanted_entry text, who text, why text, wanted_key text,
  print text, at timestamptz, giver text, taker text, amount bigint, notice text, to_queue text,
  body text, until timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  taking_part integer;
BEGIN
  SELECT count(*) INTO taking_part FROM member m
    LEFT JOIN role r ON r.workspace_id = m.workspace_id AND r.user_id = m.user_id
    WHERE m.workspace_id = ws AND m.user_id IN (substr(giver, 8), substr(taker, 8))
      AND m.standing = 'active';
  IF taking_part < 2 THEN RAISE EXCEPTION 'one of them does not take part'; END IF;
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
    """A client of the service, with its own connections."""

    def __init__(self, uri: str, number: int) -> None:
        self._database = worlds.opened(uri)
        self._wishes = worlds.wishes(number)

    def call(self) -> None:
        worlds.transfer(self._database, next(self._wishes))

    def close(self) -> None:
        self._database.close()


class _Function:
    """A client of the function; it makes ids and the words of the notice, as any client must."""

    def __init__(self, uri: str, number: int) -> None:
        self._connection = psycopg.connect(uri, autocommit=True)
        self._wishes = worlds.wishes(number)

    def call(self) -> None:
        self._connection.execute(_CALL, _said(next(self._wishes))).fetchall()

    def close(self) -> None:
        self._connection.close()


def run(options: Options) -> Iterator[Result]:
    """The service's throughput over the function's."""
    with postgres.server() as server:
        uri, other_uri = server.create("service"), server.create("function")
        for each in (uri, other_uri):
            worlds.found(each).close()
        with psycopg.connect(other_uri, autocommit=True) as connection:
            connection.execute(_TRANSFER.encode())
        with (
            processes.crew(_Service, uri, CLIENTS) as service,
            processes.crew(_Function, other_uri, CLIENTS) as function,
        ):
            _settle(service, uri)
            _settle(function, other_uri)
            samples = measure.alternate({FUNCTION: function.run, SERVICE: service.run}, options)
        for crew, where in ((service, uri), (function, other_uri)):
            database = worlds.opened(where)
            worlds.verify(database, transfers_done=crew.done)
            database.close()
    yield Result(
        name=f"transfers, PostgreSQL, {CLIENTS} clients / PL/pgSQL function",
        figures=measure.rates(samples, SERVICE, FUNCTION),
        demanded=0.5,
    )


def _settle(crew: Crew, uri: str) -> None:
    """Some history, and what PostgreSQL knows of it, as a minute after the first transfers.

    Until then it plans for empty tables, and each check of a foreign key reads all entries.
    """
    crew.run(_HISTORY_SECONDS)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _said(wish: Wish) -> tuple[object, ...]:
    said = replay.values(wish, entry_id=ids.new(wish.now), notice_id=ids.new(wish.now))
    names = ("entry_id", "sender", "note", "key", "fingerprint", "now", "source", "destination")
    rest = ("tokens", "notice_id", "recipient", "payload", "good_until")
    said["note"] = worlds.NOTE
    return (worlds.WORKSPACE, *(said[name] for name in names + rest))
