"""Usage of a company over HTTP while the bot, and whoever sends, are killed again and again.

Four clients send what a seeded generator makes (`metering.calls`), a tenth of their batches twice.
Whatever is cut off is sent once more, and in the end each call counts once, with its last figures.
`make soak` does it with ten million calls.
"""

import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import connection
from pathlib import Path
from time import monotonic

import pytest

from bot.bootstrap import system_clock
from bot.domain.directory import Person
from bot.services import books, directory
from bot.storage import opening
from tests.api import otlp_door
from tests.company import Company
from tests.databases import DIALECTS
from tests.e2e import processes
from tests.e2e.metering import calls
from tests.e2e.metering.calls import Place, Story, Sums
from tests.e2e.metering.clients import Client

SEED = 5
EVENTS = {
    "sqlite": int(os.environ.get("METERING_EVENTS", "300000")),
    "postgresql": int(os.environ.get("METERING_EVENTS_POSTGRESQL", "100000")),
}
CLIENTS = 4
FUNDS = 10**13
#: About so many times somebody is killed, and more often where more is sent than this apart.
KILLS = 16
APART_MAX = 30
#: From a batch's answer to a kill: any moment of the next ones.
JITTER_SECONDS = 0.4
#: Without a word from any client for so long, something hangs.
SILENCE_SECONDS = 90.0

pytestmark = [
    pytest.mark.metering,
    pytest.mark.timeout(900 + max(EVENTS.values()) // 200),
]


@dataclass
class Server:
    """`tokenbot serve`, on one port whichever process it is."""

    folder: Path
    database_url: str
    url: str = ""
    _running: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Server":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def kill(self) -> None:
        """SIGKILL, and another in its place."""
        self._running.close()
        self._start()

    def _start(self) -> None:
        settings = {
            "SLACK_BOT_TOKEN": "xoxb-1",
            "SLACK_SIGNING_SECRET": "secret",
            "SLACK_API_URL": otlp_door.NOBODY,
            "DATABASE_URL": self.database_url,
            "PORT": self.url.rpartition(":")[2] or "0",
        }
        starting = processes.started(self.folder, "serve", "--no-jobs", **settings)
        self.process = self._running.enter_context(starting)
        self.url = self.process.url


class Upheaval:
    """Clients that send all they have, on a server and from processes that don't live long."""

    def __init__(
        self, server: Server, clients: list[Client], seed: int, *, kills: int = KILLS
    ) -> None:
        self.server, self.clients = server, clients
        self.dice = random.Random(seed)  # noqa: S311 (a story)
        self.kills = {"server": 0, "client": 0}
        batches = sum(len(one.left) for one in clients)
        self._apart = max(1, min(batches // kills, APART_MAX)) if kills else batches + 1
        self._pause = threading.Event()  # never set: its wait is the time until a kill

    def go_through(self) -> None:
        until_next = self._next()
        while busy := [one for one in self.clients if not one.is_done]:
            assert connection.wait([one.said for one in busy], SILENCE_SECONDS), "nobody speaks"
            assert self.server.process.popen.poll() is None, self.server.process.said
            until_next -= sum(one.heard() for one in busy)
            if until_next <= 0:
                self._pause.wait(self.dice.random() * JITTER_SECONDS)
                self._kill()
                until_next = self._next()

    def _kill(self) -> None:
        if self.kills["server"] <= self.kills["client"]:
            self.server.kill()
            self.kills["server"] += 1
        elif busy := [one for one in self.clients if not one.is_done]:
            self.dice.choice(busy).kill()
            self.kills["client"] += 1

    def _next(self) -> int:
        """After how many batches the next of them comes."""
        return self.dice.randint(1, 2 * self._apart - 1)


@pytest.fixture(params=[dialect for dialect in DIALECTS if EVENTS[dialect]])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def metered_company(database_url: str) -> Iterator[Company]:
    """Its members by name and e-mail, in teams of different zones, with funds to use up."""
    database = opening.connect(database_url)
    company = Company(database)
    for zone, names in calls.TEAMS.items():
        users = [company.member(name, available=FUNDS) for name in names]
        people = [
            Person(user_id=user, name=name, email=f"{name}@example.com")
            for user, name in zip(users, names, strict=True)
        ]
        directory.learn(database, company.workspace_id, people, company.now)
        company.team(zone.rpartition("/")[2], *users, zone=zone)
    yield company
    database.close()


def test_each_call_counts_once_whoever_is_killed(
    metered_company: Company, database_url: str, dialect: str, tmp_path: Path
) -> None:
    begun = monotonic()
    story = Story(SEED, EVENTS[dialect], system_clock())
    key = otlp_door.key(metered_company, None, name="gateway").removeprefix("Bearer ")
    hands = calls.dealt(story, CLIENTS)
    with Server(tmp_path, database_url) as server:
        with sending(server, key, story, *hands) as clients:
            upheaval = Upheaval(server, clients, SEED)
            upheaval.go_through()
        with sending(server, key, story, hands[0]) as (again,):
            Upheaval(server, [again], SEED, kills=0).go_through()
    expected = calls.sums(story)

    assert [one for one in again.answered if one.accepted] == []
    assert [one.outdated for one in again.answered] == [
        story.outdated(one.number) for one in again.answered
    ]
    assert kept(metered_company) == expected
    assert rolled_up(metered_company) == expected
    assert charged(metered_company) == by_account(expected)
    assert balances(metered_company) == {
        account: FUNDS - tokens
        for account, tokens in by_account(expected).items()
        if account != calls.UNKNOWN.account
    }
    assert [str(wrong) for wrong in books.check(metered_company.database)] == []
    assert min(upheaval.kills.values()) >= KILLS // 4
    print(  # noqa: T201 (shown by -s)
        f"{dialect}: {story.calls:,} calls in {monotonic() - begun:.0f} s, {upheaval.kills}",
        file=sys.stderr,
    )


@contextmanager
def sending(server: Server, key: str, story: Story, *hands: list[int]) -> Iterator[list[Client]]:
    clients: list[Client] = []
    try:
        clients += [Client(server.url, key, story, hand) for hand in hands]
        yield clients
    finally:
        for one in clients:
            one.stop()
    for one in clients:
        wrong = [b for b in one.answered if b.accepted + b.duplicates + b.outdated != b.sent]
        assert wrong == []


_FIGURES = """
    SUM(tokens) AS tokens, SUM(input_uncached) AS uncached, SUM(cache_read) AS cached,
    SUM(cache_write) AS written, SUM(output) AS output, SUM(cost_nano) AS cost
"""


def kept(company: Company) -> dict[Place, Sums]:
    """What the events come to."""
    return _sums(
        company,
        f"SELECT account_id, day, model, project, COUNT(*) AS calls, {_FIGURES} FROM usage_event"  # noqa: S608 (our own words)
        " WHERE workspace_id = :workspace_id GROUP BY account_id, day, model, project",
    )


def rolled_up(company: Company) -> dict[Place, Sums]:
    """What the sums by day come to."""
    return _sums(
        company,
        "SELECT CASE user_id WHEN '' THEN team_id ELSE 'member:' || user_id END AS account_id,"  # noqa: S608 (our own words)
        f" day, model, project, SUM(calls) AS calls, {_FIGURES} FROM rollup"
        " WHERE workspace_id = :workspace_id"
        " GROUP BY 1, day, model, project",
    )


def _sums(company: Company, sql: str) -> dict[Place, Sums]:
    found: dict[Place, Sums] = {}
    for row in company.rows(sql):
        account, day, model, project, *figures = row.values()
        place = (str(account), str(day), str(model), str(project))
        found[place] = tuple(int(str(figure)) for figure in figures)
    return found


def by_account(sums: dict[Place, Sums]) -> dict[str, int]:
    """Tokens used by each."""
    found: Counter[str] = Counter()
    for (account, *_), (_, tokens, *_) in sums.items():
        found[account] += tokens
    return dict(found)


def charged(company: Company) -> dict[str, int]:
    """Tokens that went from each account to the sink of what is used."""
    rows = company.rows(
        "SELECT source, SUM(tokens) AS tokens FROM posting WHERE workspace_id = :workspace_id"
        " AND destination = 'consumed' GROUP BY source"
    )
    return {str(row["source"]): int(str(row["tokens"])) for row in rows}


def balances(company: Company) -> dict[str, int]:
    """Of the members' accounts."""
    rows = company.rows(
        "SELECT account_id, balance FROM account WHERE workspace_id = :workspace_id"
        " AND account_id LIKE 'member:%'"
    )
    return {str(row["account_id"]): int(str(row["balance"])) for row in rows}
