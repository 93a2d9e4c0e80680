"""When the database can't: 503 with a reference, and what was sent may be sent again."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from tests.api.serving import Served, event, serving
from tests.databases import Databases


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else writes to the file all the while."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def test_a_busy_database_is_503_and_the_same_request_succeeds_later(databases: Databases) -> None:
    with databases.migrated("sqlite") as url, serving(url) as served:
        with locked(url):
            busy = served.client.post("/v1/usage", json=event())
        later = served.client.post("/v1/usage", json=event())

    assert busy.status_code == 503
    assert busy.headers["retry-after"] == "1"
    assert busy.json()["type"] == "urn:tokenbot:problem:busy"
    assert len(busy.json()["reference"]) == 8
    assert later.json()["accepted"] == 1


def test_a_broken_schema_is_500_with_a_reference_and_tells_nothing_of_it(served: Served) -> None:
    with served.handle.bot.database.writing() as tx:
        tx.connection.exec_driver_sql("ALTER TABLE rollup RENAME TO elsewhere")

    said = served.client.get("/v1/usage")

    assert said.status_code == 500
    assert said.json()["type"] == "urn:tokenbot:problem:broken"
    assert len(said.json()["reference"]) == 8
    assert "rollup" not in said.text
