"""`/healthz` and `/readyz`: what a platform asks before it sends people's requests."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from bot import bootstrap
from bot.bootstrap import Handle
from bot.config import Settings
from bot.storage import opening
from bot.storage.database import DatabaseFault
from tests.databases import Databases
from tests.waiting import until

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: A port of the discard protocol's, where nothing listens.
NOBODY = "http://127.0.0.1:9/api/"


def settings(database_url: str) -> Settings:
    return Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("secret"),
        slack_app_token=None,
        slack_api_url=NOBODY,
        database_url=database_url,
        port=0,
    )


@pytest.fixture
def alone(database_url: str) -> Iterator[Handle]:
    """A bot whose Slack can't be reached."""
    with bootstrap.running(settings(database_url), clock=lambda: NOON) as handle:
        yield handle


@pytest.fixture
def client(alone: Handle) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=alone.url) as made:
        yield made


def test_the_bot_starts_and_is_ready_while_slack_is_out_of_reach(client: httpx.Client) -> None:
    alive, ready = client.get("/healthz"), client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "database": "ok", "slack": "not reached yet"}


def test_an_old_schema_is_not_ready_and_says_what_to_run(
    alone: Handle, client: httpx.Client
) -> None:
    with alone.bot.database.writing() as tx:
        tx.connection.exec_driver_sql("DELETE FROM alembic_version")

    ready = client.get("/readyz")

    assert ready.status_code == 503
    assert ready.json()["status"] == "not ready"
    assert "tokenbot migrate" in ready.json()["database"]


def test_the_door_for_slack_takes_posts_alone(client: httpx.Client) -> None:
    assert client.get("/slack/events").status_code == 405
    assert client.post("/slack/events").status_code == 415


def test_nothing_is_told_of_the_server(client: httpx.Client) -> None:
    answers = [client.get(path) for path in ("/healthz", "/nothing", "/slack/install")]

    assert [answer.status_code for answer in answers] == [200, 404, 404]
    assert all("server" not in answer.headers for answer in answers)


def test_an_old_schema_on_postgresql_stops_the_start_and_says_what_to_run(
    databases: Databases,
) -> None:
    with (
        databases.empty("postgresql") as url,
        pytest.raises(DatabaseFault, match="run: tokenbot migrate"),
        bootstrap.running(settings(url)),
    ):
        pytest.fail("it started")


def test_a_new_sqlite_file_is_migrated_on_start(databases: Databases) -> None:
    with databases.empty("sqlite") as url, bootstrap.running(settings(url)):
        assert opening.is_current(url)


def test_stopping_lets_go_of_the_port(databases: Databases) -> None:
    with databases.migrated("sqlite") as url:
        with bootstrap.running(settings(url)) as handle:
            address = handle.url
            until(lambda: httpx.get(f"{address}/healthz").is_success)

        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}/healthz")
