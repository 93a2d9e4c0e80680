"""Towns to tell stories in: one for each test and database, and one whose database is no matter."""

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.slack.town import Town, town_on


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    """Slack and the bot, on SQLite and on PostgreSQL."""
    with town_on(database_url) as made:
        yield made


@pytest.fixture(scope="module")
def lobby(databases: Databases) -> Iterator[Town]:
    """A town for all tests of a module, where none of them depends on what another did."""
    with databases.migrated("sqlite") as url, town_on(url) as made:
        yield made


@pytest.fixture
def sqlite_town(databases: Databases) -> Iterator[Town]:
    """For what only SQLite does, or where the database is no matter."""
    with databases.migrated("sqlite") as url, town_on(url) as made:
        yield made
