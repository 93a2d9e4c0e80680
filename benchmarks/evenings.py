"""A company of 10,000 on the evening before everybody's allowance comes, as often as wanted."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Protocol

from benchmarks import measure, postgres, raw, serving
from bot import bootstrap
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import EVERYONE, Person, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period, span
from bot.playground.server import SimulatedSlack
from bot.services import allowances, directory, dues, memberships
from bot.storage import opening

MEMBERS = 10_000
CREDIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Times:
    """By the real clock, since a process that serves has no other: this Monday has just begun."""

    #: The Saturday before.
    founded: datetime
    midnight: datetime
    now: datetime

    @classmethod
    def of(cls, now: datetime) -> "Times":
        monday = span(now.date(), Period.WEEK).start
        midnight = datetime.combine(monday, time(), UTC)
        return cls(midnight - timedelta(days=1, hours=15), midnight + timedelta(seconds=1), now)


class Evening(Protocol):
    """A database in which everybody has what is left of a first credit, which expires."""

    name: str
    times: Times

    def copy(self) -> str:
        """The URL of a new copy."""


class SqliteEvening:
    """See `Evening`."""

    name = "SQLite"

    def __init__(self, slack: SimulatedSlack, folder: Path) -> None:
        self._folder, self._numbers = folder, count(1)
        self.times = Times.of(bootstrap.system_clock())
        self._url = f"sqlite:///{folder / 'evening.db'}"
        _found(self._url, slack, self.times)
        connection = raw.connect(self._url)
        connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def copy(self) -> str:
        file = self._folder / f"night{next(self._numbers)}.db"
        shutil.copy(self._folder / "evening.db", file)
        os.sync()  # else the first commit that is measured writes the copy out
        return f"sqlite:///{file}"


class PostgresEvening:
    """See `Evening`."""

    name = "PostgreSQL"

    def __init__(self, slack: SimulatedSlack, server: postgres.Server) -> None:
        self._server, self._numbers = server, count(1)
        self.times = Times.of(bootstrap.system_clock())
        with server.eager_statistics():
            _found(server.create("evening"), slack, self.times)
        connection = raw.connect(server.uri("evening"))
        connection.run("VACUUM ANALYZE")  # as a minute later, when autovacuum has come by
        connection.close()

    def copy(self) -> str:
        return self._server.create(f"night{next(self._numbers)}", template="evening")


@contextmanager
def evenings(slack: SimulatedSlack, folder: Path) -> Iterator[list[Evening]]:
    """One on each database."""
    measure.say(f"making a company of {MEMBERS:,}, twice")
    with postgres.server() as server:
        yield [SqliteEvening(slack, folder), PostgresEvening(slack, server)]


def _found(url: str, slack: SimulatedSlack, times: Times) -> None:
    workspace = WorkspaceId(slack.team_id)
    opening.migrate(url)
    database = opening.connect(url)
    directory.open_workspace(database, workspace, times.founded)
    boss, *typing = serving.people()
    known = [Person(user_id=UserId(one.id), name=one.name) for one in typing]
    quiet = [Person(user_id=UserId(f"U{n:06}"), name="") for n in range(MEMBERS - len(known) - 1)]
    admin = Person(user_id=UserId(boss.id), name=boss.name, is_admin=True)
    everybody = [admin, *known, *quiet]
    directory.learn(database, workspace, everybody, times.founded)
    allowances.start(
        database,
        workspace,
        actor=admin.user_id,
        wish=AllowanceWish(
            subject=Subject(SubjectKind.TEAM, EVERYONE), tokens=CREDIT, period=Period.WEEK
        ),
        key=IdempotencyKey("rule"),
        now=times.founded,
    )
    memberships.catch_up(database, times.founded)
    dues.settle_all(database, times.founded)
    # Facts of today, so that whoever serves has nobody to look up in the simulated Slack.
    directory.learn(database, workspace, everybody, times.now)
    directory.mark_list_read(database, workspace, times.now)
    database.close()
    connection = raw.connect(url)
    connection.run("DELETE FROM outbox")
    connection.close()
