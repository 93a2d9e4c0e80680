"""All digests of a Monday, with ten times the usage behind the same sums by day.

What is read is rollups and what people moved; usage entries lie in the same tables and are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from time import perf_counter

import sqlalchemy as sa

from benchmarks import measure
from benchmarks.measure import Bound, Options, Result, Sample
from bot.domain.directory import WorkspaceId
from bot.services import directory, reports
from bot.storage import opening
from bot.storage.database import Database
from bot.storage.moments import as_text

WORKSPACE = WorkspaceId("T0BENCH01")
TEAMS, MEMBERS = 200, 10_000
EVENTS_FEW, EVENTS_MANY = 1_000_000, 10_000_000
#: An intake call is one entry.
EVENTS_AN_ENTRY = 10
#: Days of use that a digest looks back on.
DAYS = 42
#: What people moved in those days beside.
GRANTS = 20_000

MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
SINCE = date(2026, 1, 26)
FEW, MANY = "digests over 1 M events", "digests over 10 M events"

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :most - 1)"
#: Ids that sort by time, made of a moment's first half and a number: `moment` is in milliseconds.
_ID = "printf('%08x-%04x-7000-8000-%012x', {ms} / 65536, {ms} % 65536, i + {offset})"
_MS = "(:since + i * :span / :most)"


@dataclass(frozen=True, slots=True)
class _World:
    database: Database
    url: str

    def run(self, seconds: float) -> Sample:
        """The tick, again and again; what it claimed and owed is taken back in between."""
        latencies: list[float] = []
        while sum(latencies) < seconds or not latencies:
            self._forget()
            began = perf_counter()
            prepared = reports.prepare_due_digests(self.database, MONDAY)
            latencies.append(perf_counter() - began)
            if prepared != TEAMS:
                raise AssertionError(f"{prepared} digests, not {TEAMS}")
        return Sample(sum(latencies), sorted(latencies))

    def _forget(self) -> None:
        with self.database.writing() as tx:
            tx.connection.exec_driver_sql("DELETE FROM run")
            tx.connection.exec_driver_sql("DELETE FROM outbox")


def run(options: Options, *, few: int = EVENTS_FEW, many: int = EVENTS_MANY) -> Iterator[Result]:
    """The cost of all digests, of which the number of events must be no part."""
    worlds = {
        name: _found(options, f"digests-{events}", events)
        for name, events in ((FEW, few), (MANY, many))
    }
    arms = {name: partial(_World.run, world) for name, world in worlds.items()}
    samples = measure.alternate(arms, options)
    for world in worlds.values():
        world.database.close()
    pairs = zip(samples[MANY], samples[FEW], strict=True)
    yield Result(
        name=f"{TEAMS} teams' digests, {many:,} / {few:,} events",
        figures=[a.quantile(0.5) / b.quantile(0.5) for a, b in pairs],
        demanded=1.2,
        bound=Bound.AT_MOST,
    )


def _found(options: Options, name: str, events: int) -> _World:
    """A company whose sums by day are the same, however many events made them."""
    measure.say(f"making {name}")
    url = f"sqlite:///{options.folder / f'{name}.db'}"
    opening.migrate(url)
    database = opening.connect(url)
    directory.open_workspace(database, WORKSPACE, MONDAY - timedelta(days=400))
    with database.writing() as tx:
        _people(tx.connection)
        _sums(tx.connection)
        _moved(tx.connection)
    _used(database, events // EVENTS_AN_ENTRY)
    return _World(database, url)


def _people(connection: sa.Connection) -> None:
    long_ago = as_text(MONDAY - timedelta(days=400))
    team = f"'t' || printf('%03d', i % {TEAMS})"
    _say(
        connection,
        f"{_NUMBERS} INSERT INTO team (workspace_id, team_id, name, created_at, channel_id)"  # noqa: S608 - no one else's text
        f" SELECT :w, {team}, {team}, :at, 'C' || i FROM n",
        most=TEAMS,
        at=long_ago,
    )
    _say(
        connection,
        f"{_NUMBERS} INSERT INTO member"  # noqa: S608 - no one else's text
        " (workspace_id, user_id, name, standing, is_slack_admin, team_id)"
        f" SELECT :w, 'U' || i, '', 'active', 0, {team} FROM n",
        most=MEMBERS,
    )


def _sums(connection: sa.Connection) -> None:
    """Each member used something on each day."""
    for day in range(DAYS):
        _say(
            connection,
            f"{_NUMBERS} INSERT INTO rollup"  # noqa: S608 - no one else's text
            " (workspace_id, team_id, day, user_id, model, project, tokens, calls)"
            f" SELECT :w, 't' || printf('%03d', i % {TEAMS}), :day, 'U' || i,"
            " 'model' || (i % 5), 'project' || (i % 7), 1000 + i % 97, 10 FROM n",
            most=MEMBERS,
            day=(SINCE + timedelta(days=day)).isoformat(),
        )


def _moved(connection: sa.Connection) -> None:
    _entries(connection, GRANTS, kind="grant", source="treasury", offset=1 << 40)


def _used(database: Database, entries: int) -> None:
    """In pieces, so that no commit is endless."""
    piece = 100_000
    for start in range(0, entries, piece):
        with database.writing() as tx:
            _entries(
                tx.connection, min(piece, entries - start), kind="usage", source="", offset=start
            )


def _entries(
    connection: sa.Connection, entries: int, *, kind: str, source: str, offset: int
) -> None:
    """Entries of one posting each, evenly over the days."""
    entry_id = _ID.format(ms=_MS, offset=":offset")
    since = int(datetime(SINCE.year, SINCE.month, SINCE.day, tzinfo=UTC).timestamp() * 1_000)
    span = DAYS * 86_400_000
    shared: dict[str, object] = {"most": entries, "since": since, "span": span, "offset": offset}
    _say(
        connection,
        f"{_NUMBERS} INSERT INTO entry (workspace_id, entry_id, kind, actor, note,"  # noqa: S608 - no one else's text
        " idempotency_key, fingerprint, recorded_at, is_self_approved)"
        f" SELECT :w, {entry_id}, :kind, 'U0', '', :kind || (i + :offset), '', :at, 0 FROM n",
        kind=kind,
        at=as_text(MONDAY),
        **shared,
    )
    member = f"'member:U' || (i % {MEMBERS})"
    ends = f":source, {member}" if source else f"{member}, 'consumed'"
    _say(
        connection,
        f"{_NUMBERS} INSERT INTO posting"  # noqa: S608 - no one else's text
        " (workspace_id, entry_id, position, source, destination, tokens)"
        f" SELECT :w, {entry_id}, 0, {ends}, 100 + i % 900 FROM n",
        **shared,
        **({"source": source} if source else {}),
    )


def _say(connection: sa.Connection, sql: str, **values: object) -> None:
    connection.execute(sa.text(sql), {"w": WORKSPACE, **values})
