"""Two workers deliver from one PostgreSQL, and one is killed in the middle of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot import bootstrap
from bot.domain.directory import Person, UserId, WorkspaceId
from bot.domain.ledger import EntryId
from bot.domain.notices import TokensReceived
from bot.playground.people import Person as Colleague
from bot.playground.server import SimulatedSlack
from bot.services import directory
from bot.storage import opening, outbox
from bot.storage.database import Database
from tests.databases import Databases
from tests.e2e import processes
from tests.waiting import until

TEAM = WorkspaceId("T0PLAYGROUND")
EACH = 3
MEMBERS = tuple(
    Colleague(id=f"U9MEMBER{n:03}", name=f"member{n}", real_name=f"Member {n}") for n in range(40)
)
OWED = len(MEMBERS) * EACH
#: What one process sends at once, and so what it may have sent without noting it.
IN_HAND = 8


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.migrated("postgresql") as made:
        yield made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = opening.connect(url)
    yield opened
    opened.close()


def know_all(database: Database) -> None:
    """The workspace and its members, so that nobody has to ask Slack for them."""
    now = bootstrap.system_clock()
    directory.open_workspace(database, TEAM, now)
    people = [Person(user_id=UserId(one.id), name=one.real_name) for one in MEMBERS]
    directory.learn(database, TEAM, people, now)
    directory.mark_list_read(database, TEAM, now)


def owe_all(database: Database) -> None:
    """Everybody's notices, numbered."""
    now = bootstrap.system_clock()
    with database.writing() as tx:
        for number in range(EACH):
            for one in MEMBERS:
                notice = TokensReceived(
                    recipient=UserId(one.id),
                    giver=UserId("U01LEO"),
                    tokens=1_000 + number,
                    note="",
                    entry_id=EntryId("0193a000-0000-7000-8000-000000000000"),
                    is_transfer=False,
                    is_first=False,
                )
                outbox.add(tx, TEAM, notice, now)


@pytest.mark.timeout(300)  # more than its waits may take together
def test_what_a_killed_worker_had_in_hand_is_sent_by_the_other_and_nothing_else_twice(
    database: Database, url: str, tmp_path: Path
) -> None:
    know_all(database)
    with SimulatedSlack(clock=bootstrap.system_clock, people=MEMBERS) as slack:
        environment = processes.of(slack, DATABASE_URL=url)
        with (
            processes.started(tmp_path, "worker", **environment) as one,
            processes.started(tmp_path, "worker", **environment) as other,
        ):
            # Both are up before anything is owed: one alone would send it all on a slow machine,
            # and how long an interpreter takes to start is not what is waited for below.
            until(lambda: len(slack.calls("auth.test")) >= 2, seconds=60)
            owe_all(database)
            until(lambda: len(slack.calls("chat.postMessage")) >= OWED // 4, seconds=30)
            one.kill()
            in_hand = leased(database)
            end_leases(database, taken_before=now_of(database))
            until(lambda: counted(database, "state = 'waiting'") == 0, seconds=60)
            other.terminate()
        received = {member.id: [slack.as_text(m) for m in slack.dm(member)] for member in MEMBERS}

    assert counted(database, "state = 'sent'") == OWED
    assert len(in_hand) <= 2 * IN_HAND
    for member in MEMBERS:
        numbers = [text.partition("tokens")[0].strip() for text in received[member.id]]
        assert list(dict.fromkeys(numbers)) == [f"{1_000 + number:,}" for number in range(EACH)]
        copies = [count for count in Counter(numbers).values() if count > 1]
        assert copies in ([], [2])
        assert not copies or member.id in in_hand
    assert sum(map(len, received.values())) <= OWED + IN_HAND


def leased(database: Database) -> set[str]:
    """To whom something was being sent when the process died."""
    with database.reading() as tx:
        found = tx.connection.execute(
            sa.text("SELECT queue FROM outbox WHERE state = 'waiting' AND leased_until > now()")
        )
        return set(found.scalars())


def end_leases(database: Database, *, taken_before: datetime) -> None:
    """As if a minute had passed for what the killed one had; the other takes less than 2 s each.

    By then all that is still leased since before the kill was the killed one's: also what it took
    a moment before, which is younger than its other leases.
    """
    until(lambda: now_of(database) - taken_before > timedelta(seconds=2), seconds=30)
    with database.writing() as tx:
        tx.connection.execute(
            sa.text(
                "UPDATE outbox SET leased_until = now() WHERE state = 'waiting'"
                " AND leased_until <= :taken_before + interval '60 seconds'"
            ),
            {"taken_before": taken_before},
        )


def now_of(database: Database) -> datetime:
    """The time by the database's clock, which is this machine's."""
    with database.reading() as tx:
        now: datetime = tx.connection.execute(sa.text("SELECT now()")).scalar_one()
        return now


def counted(database: Database, condition: str) -> int:
    with database.reading() as tx:
        sql = f"SELECT count(*) FROM outbox WHERE kind = 'tokens_received' AND {condition}"  # noqa: S608 - words of our own
        return int(tx.connection.execute(sa.text(sql)).scalar_one())
