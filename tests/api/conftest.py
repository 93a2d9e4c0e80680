"""The running bot that the API's tests speak to."""

from collections.abc import Iterator

import pytest

from tests.api.serving import Served, serving
from tests.databases import Databases


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    with serving(database_url) as made:
        yield made


@pytest.fixture(scope="module")
def door(databases: Databases) -> Iterator[Served]:
    """The same for requests that keep nothing: one bot for all of a module's tests."""
    with databases.migrated("sqlite") as url, serving(url) as made:
        yield made
