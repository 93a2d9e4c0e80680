"""What all tests share: real databases of both kinds, and a company to tell stories about.

`database`, `database_url` and `company` come twice to each test that asks, on SQLite and on
PostgreSQL; nothing is skipped.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from bot.storage import opening
from bot.storage.database import Database
from tests.company import Company
from tests.databases import DIALECTS, Databases

_SLOW_IS_FINE = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
# The same examples on every machine; `HYPOTHESIS_PROFILE=soak` looks for new ones.
settings.register_profile(
    "quick", deadline=None, derandomize=True, suppress_health_check=_SLOW_IS_FINE
)
settings.register_profile(
    "mutants",
    settings.get_profile("quick"),
    phases=(Phase.explicit, Phase.generate),  # that a bug is found is enough
)
settings.register_profile(
    "soak", deadline=None, max_examples=2_000, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    made = Databases()
    yield made
    made.stop()


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(databases: Databases, dialect: str) -> Iterator[str]:
    """A migrated database, for tests that open it themselves or in other processes."""
    with databases.migrated(dialect) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = opening.connect(database_url)
    yield opened
    opened.close()


@pytest.fixture
def company(database: Database) -> Company:
    return Company(database)
