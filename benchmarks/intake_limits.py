"""What a batch of usage costs at least: set-based SQL on a raw connection, and nothing of ours.

It dedupes, writes the events, one entry with a posting for each person, their balances, and both
sums by day, in one commit, over the product's own tables with all their indexes.
"""

import sqlite3
import uuid
from collections.abc import Sequence

import psycopg

from benchmarks import raw
from benchmarks.usage_calls import Row
from benchmarks.worlds import BEGAN, WORKSPACE

_COLUMNS = (
    "workspace_id, source, external_id, revision, role, account_id, team_id, day, occurred_at, "
    "received_at, provider, model, project, input_uncached, cache_read, cache_write, output, "
    "reasoning, tokens, rate, cost_is_estimate, entry_id"
)
_REST = "is_estimate, team_label, details"
_ROLLUP = (
    "workspace_id, team_id, day, user_id, model, project, tokens, calls, input_uncached, "
    "cache_read, cache_write, output, cost_nano, unpriced"
)
_ADDED = ", ".join(
    f"{name} = rollup.{name} + excluded.{name}"
    for name in (
        "tokens",
        "calls",
        "input_uncached",
        "cache_read",
        "cache_write",
        "output",
        "cost_nano",
        "unpriced",
    )
)
_SUMS = (
    "SUM(tokens), COUNT(*), SUM(input_uncached), SUM(cache_read), SUM(cache_write), SUM(output), "
    "0, COUNT(*)"
)
_DAY = "workspace_id, source, provider, day, role, events, counted, tokens"
_DAY_ADDED = (
    "events = source_day.events + excluded.events, counted = source_day.counted + "
    "excluded.counted, tokens = source_day.tokens + excluded.tokens"
)
_ENTRY = (
    "INSERT INTO entry (workspace_id, entry_id, kind, actor, note, idempotency_key, fingerprint, "
    "recorded_at, is_self_approved) VALUES ({0}, {0}, 'usage', 'key:x', 'litellm', {0}, {0}, {0}, "
    "{1})"
)


def entry_id() -> str:
    return str(uuid.uuid4())


class SqliteLimit:
    """New rows are those above the highest row before: there is one writer at a time."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(
            url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=256
        )
        for pragma in raw.PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        places = ", ".join("?" * len(_COLUMNS.split(", ")))
        self._insert = (
            f"INSERT INTO usage_event ({_COLUMNS}, {_REST}) VALUES ({places}, 0, '', '')"  # noqa: S608 - names of our own
            " ON CONFLICT DO NOTHING"
        )

    def take(self, rows: Sequence[Row], entry: str) -> None:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        (high,) = run("SELECT COALESCE(MAX(rowid), 0) FROM usage_event").fetchone()
        self._connection.executemany(self._insert, rows)
        now = BEGAN.isoformat(timespec="microseconds")
        run(_ENTRY.format("?", "0"), (WORKSPACE, entry, f"usage:{entry}", "x", now))
        run(
            "INSERT INTO posting (workspace_id, entry_id, position, source, destination, tokens)"
            " SELECT ?, ?, ROW_NUMBER() OVER () - 1, account_id, 'consumed', SUM(tokens)"
            " FROM usage_event WHERE rowid > ? GROUP BY account_id",
            (WORKSPACE, entry, high),
        )
        run(
            "UPDATE account SET balance = balance - s.t FROM (SELECT account_id AS a, SUM(tokens)"
            " AS t FROM usage_event WHERE rowid > ? GROUP BY account_id) s"
            " WHERE workspace_id = ? AND account_id = s.a",
            (high, WORKSPACE),
        )
        run(
            f"INSERT INTO rollup ({_ROLLUP}) SELECT workspace_id, team_id, day,"  # noqa: S608 - names of our own
            f" substr(account_id, 8), model, project, {_SUMS} FROM usage_event WHERE rowid > ?"
            f" GROUP BY 1, 2, 3, 4, 5, 6 ON CONFLICT DO UPDATE SET {_ADDED}",
            (high,),
        )
        run(
            f"INSERT INTO source_day ({_DAY}, last_occurred_at, last_received_at)"  # noqa: S608 - names of our own
            " SELECT workspace_id, source, provider, substr(occurred_at, 1, 10), 'gateway',"
            " COUNT(*), SUM(tokens), SUM(tokens), MAX(occurred_at), MAX(received_at)"
            " FROM usage_event WHERE rowid > ? GROUP BY 1, 2, 3, 4"
            f" ON CONFLICT DO UPDATE SET {_DAY_ADDED}",
            (high,),
        )
        run("COMMIT")

    def close(self) -> None:
        self._connection.close()


class PostgresLimit:
    """One statement: what it inserted is what it sums."""

    _KINDS = (
        *("text",) * 3,
        "int",
        *("text",) * 4,
        *("timestamptz",) * 2,
        *("text",) * 3,
        *("bigint",) * 6,
        "text",
        "int",
        "text",
    )

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        names = [name.strip() for name in _COLUMNS.split(",")]
        arrays = ", ".join(f"%s::{kind}[]" for kind in self._KINDS)
        picked = _COLUMNS.replace("cost_is_estimate", "cost_is_estimate::boolean")
        self._sql = f"""
            WITH given AS (SELECT * FROM unnest({arrays}) AS u({", ".join(names)})),
            new AS (INSERT INTO usage_event ({_COLUMNS}, {_REST})
              SELECT {picked}, false, '', '' FROM given ORDER BY source, external_id
              ON CONFLICT DO NOTHING RETURNING *),
            per AS (SELECT account_id, SUM(tokens)::bigint AS tokens FROM new GROUP BY account_id),
            e AS ({_ENTRY.format("%s", "false")} RETURNING entry_id),
            p AS (INSERT INTO posting (workspace_id, entry_id, position, source, destination,
              tokens) SELECT %s, %s, ROW_NUMBER() OVER () - 1, account_id, 'consumed', tokens
              FROM per, e),
            b AS (UPDATE account SET balance = balance - per.tokens FROM per
              WHERE account.workspace_id = %s AND account.account_id = per.account_id),
            r AS (INSERT INTO rollup ({_ROLLUP}) SELECT workspace_id, team_id, day,
              substr(account_id, 8), model, project, {_SUMS} FROM new
              GROUP BY 1, 2, 3, 4, 5, 6 ON CONFLICT (workspace_id, team_id, day, user_id, model,
              project) DO UPDATE SET {_ADDED})
            INSERT INTO source_day ({_DAY}, last_occurred_at, last_received_at)
              SELECT workspace_id, source, provider,
              to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
              'gateway', COUNT(*), SUM(tokens), SUM(tokens), MAX(occurred_at), MAX(received_at)
              FROM new GROUP BY 1, 2, 3, 4
              ON CONFLICT (workspace_id, source, provider, day) DO UPDATE SET {_DAY_ADDED}
            """  # noqa: S608 - names of our own

    def take(self, rows: Sequence[Row], entry: str) -> None:
        arrays = [list(column) for column in zip(*rows, strict=True)]
        self._connection.execute(
            self._sql.encode(),
            (*arrays, WORKSPACE, entry, f"usage:{entry}", "x", BEGAN, WORKSPACE, entry, WORKSPACE),
        )

    def close(self) -> None:
        self._connection.close()
