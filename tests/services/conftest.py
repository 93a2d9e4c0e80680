"""What tests of services share."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from bot.storage import opening
from bot.storage.database import Database
from tests.databases import Databases

_DATABASES = 10


@pytest.fixture
def several(databases: Databases, dialect: str) -> Iterator[list[Database]]:
    """Small databases, for machines that run on them by turns."""
    with ExitStack() as stack:
        urls = [stack.enter_context(databases.migrated(dialect)) for _ in range(_DATABASES)]
        yield [stack.enter_context(closing(opening.connect(url))) for url in urls]
