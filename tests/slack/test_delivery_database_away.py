"""The database goes away for five minutes while messages are being sent."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
import sqlalchemy as sa

from bot.domain.directory import UserId
from bot.playground.server import SimulatedSlack
from bot.storage import opening
from bot.storage.database import DatabaseFault
from tests.company import Company
from tests.databases import Databases
from tests.slack.postbox import Postbox, person
from tests.slack.test_database_faults import DROPPED, end_all_connections

MEMBERS = tuple(UserId(f"U{number:02}") for number in range(30))


@pytest.fixture
def postbox(databases: Databases) -> Iterator[Postbox]:
    with databases.migrated("postgresql") as url:
        database = opening.connect(url)
        company = Company(database)
        company.admin("leo")
        for member in MEMBERS:
            company.member(member.removeprefix("U"))
        cast = [person(user) for user in ("ULEO", *MEMBERS)]
        with SimulatedSlack(clock=lambda: company.now, people=cast, team_id="T1") as slack:
            made = Postbox(company, slack)
            yield made
            made.close()
        database.close()


class Outage:
    """The database ends all connections, and takes none until it is back."""

    def __init__(self, postbox: Postbox, databases: Databases) -> None:
        self._databases = databases
        self.has_begun = False
        with postbox.company.database.reading() as tx:
            self._name = str(tx.connection.execute(sa.text("SELECT current_database()")).scalar())

    def begin(self) -> None:
        self.has_begun = True
        self._databases.postgres.run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        end_all_connections(self._databases, self._name)

    def end(self) -> None:
        self._databases.postgres.run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")


@DROPPED
def test_after_the_database_was_away_all_comes_once(postbox: Postbox, databases: Databases) -> None:
    """It goes just as Slack has taken the tenth message: what was sent is noted once it is back."""
    company = postbox.company
    for number in range(3):
        company.grant(UserId("ULEO"), *MEMBERS, tokens=5, note=f"n{number}")
    outage = Outage(postbox, databases)

    def look() -> None:
        if not outage.has_begun and taken(postbox) >= 10:
            outage.begin()

    postbox.slack.workspace.listeners.append(look)
    for _ in range(60):
        with suppress(DatabaseFault):  # as the loop does, which tries again after a second
            postbox.deliver()
        company.later(seconds=5)
    assert outage.has_begun
    sent_before = len(postbox.sent())
    outage.end()
    postbox.deliver(seconds=70)

    assert 10 <= sent_before < 30
    assert postbox.states() == {"sent": 90}
    for member in MEMBERS:
        assert postbox.notes(member) == ["n0", "n1", "n2"]


def taken(postbox: Postbox) -> int:
    """How many messages Slack has."""
    return sum(len(channel.messages) for channel in postbox.slack.workspace.channels.values())
