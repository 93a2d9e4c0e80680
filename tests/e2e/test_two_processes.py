"""Two `serve` processes on one PostgreSQL, and two approvers who click in the same instant."""

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from slack_sdk import WebClient

from bot import bootstrap
from bot.domain.directory import Person, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.topups import Urgency
from bot.playground.outcomes import Outcome
from bot.playground.people import LEO, MIA
from bot.playground.people import Person as Colleague
from bot.playground.places import Message
from bot.playground.server import SimulatedSlack
from bot.services import books, directory, topups
from bot.slack.delivery import Delivery
from bot.storage import opening
from bot.storage.database import Database
from tests.databases import Databases
from tests.e2e import processes

TEAM = WorkspaceId("T0PLAYGROUND")
REQUESTS = 200
#: Each asks for as many as may be open at once.
EACH = 3
ASKERS = tuple(
    Colleague(id=f"U9ASKER{n:03}", name=f"asker{n}", real_name=f"Asker {n}")
    for n in range(-(-REQUESTS // EACH))
)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    with databases.migrated("postgresql") as url:
        opened = opening.connect(url)
        yield opened
        opened.close()


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    with SimulatedSlack(
        clock=bootstrap.system_clock, people=(LEO, MIA, *ASKERS), answer_seconds=10.0
    ) as made:
        yield made


def url_of(database: Database) -> str:
    with database.reading() as tx:
        return tx.connection.engine.url.render_as_string(hide_password=False)


def deliver(database: Database, slack: SimulatedSlack) -> None:
    """All that is owed, without Slack's second between two messages."""
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    sender = Delivery(database, client, bootstrap.system_clock, spacing=timedelta(0))
    while sender.deliver_due():
        pass
    sender.close()


def ask_all(database: Database, slack: SimulatedSlack) -> None:
    """Everybody's requests, each in the hands of both approvers."""
    now = bootstrap.system_clock()
    directory.open_workspace(database, TEAM, now)
    people = [Person(user_id=UserId(one.id), name=one.real_name) for one in (MIA, *ASKERS)]
    admins = [
        Person(user_id=UserId(one.id), name=one.real_name, is_admin=True) for one in (LEO, MIA)
    ]
    directory.learn(database, TEAM, [*people, *admins], now)
    directory.mark_list_read(database, TEAM, now)
    for number in range(REQUESTS):
        topups.ask(
            database,
            TEAM,
            requester=UserId(ASKERS[number // EACH].id),
            tokens=1_000 + number,
            note=f"number {number}",
            urgency=Urgency.WHENEVER,
            key=IdempotencyKey(f"test:{number}"),
            now=bootstrap.system_clock(),
        )
    deliver(database, slack)


def click_at_once(
    slack: SimulatedSlack, copies: Sequence[tuple[Message, Message]], urls: Sequence[str]
) -> list[list[Outcome]]:
    """Both approvers go through their copies, each at their own process, in step."""
    barrier = threading.Barrier(2)
    outcomes: list[list[Outcome]] = [[], []]

    def go(side: int) -> None:
        who = (LEO, MIA)[side]
        for number, pair in enumerate(copies):
            button = f"Approve {1_000 + number:,}"
            barrier.wait(30)
            outcomes[side].append(slack.click(who, pair[side], button, bot_url=urls[side]))

    threads = [threading.Thread(target=go, args=(side,), daemon=True) for side in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_two_hundred_double_decisions_on_two_processes_are_two_hundred_entries(
    database: Database, slack: SimulatedSlack, tmp_path: Path
) -> None:
    ask_all(database, slack)
    copies = list(zip(in_order(slack, LEO), in_order(slack, MIA), strict=True))
    environment = processes.of(slack, DATABASE_URL=url_of(database))
    with (
        processes.started(tmp_path, "serve", **environment) as one,
        processes.started(tmp_path, "serve", **environment) as other,
    ):
        outcomes = click_at_once(slack, copies, [one.url, other.url])
        one.terminate()
        other.terminate()
    deliver(database, slack)

    assert [len(side) for side in outcomes] == [REQUESTS, REQUESTS]
    assert all(outcome.status == 200 for side in outcomes for outcome in side)
    assert counted(database, "SELECT count(*) FROM topup WHERE state = 'approved'") == REQUESTS
    assert counted(database, "SELECT count(*) FROM entry WHERE kind = 'grant'") == REQUESTS
    assert counted(database, "SELECT sum(tokens) FROM posting") == sum(
        1_000 + number for number in range(REQUESTS)
    )
    assert counted(database, "SELECT count(DISTINCT decided_by) FROM topup") == 2
    assert books.check(database) == []
    for pair in copies:
        for message in pair:
            shown = slack.as_text(message)
            assert "Approved" in shown
            assert "[Approve" not in shown
    for asker in ASKERS:
        told = [slack.as_text(message) for message in slack.dm(asker)]
        assert (
            len(told)
            == len(set(told))
            == counted(database, "SELECT count(*) FROM topup WHERE requester = :who", who=asker.id)
        )


def in_order(slack: SimulatedSlack, who: Colleague) -> list[Message]:
    """An approver's copies by the number that each has in its reason."""
    found = slack.dm(who)
    return sorted(found, key=lambda one: int(slack.as_text(one).partition("number ")[2].split()[0]))


def counted(database: Database, sql: str, **values: object) -> int:
    with database.reading() as tx:
        return int(tx.connection.execute(sa.text(sql), values).scalar_one())
