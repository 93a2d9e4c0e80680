"""Two hundred people at the same instant: Slack, the bot and the database are processes apart."""

from pathlib import Path

import pytest

from benchmarks import http_client
from benchmarks.http_client import Errand
from bot import bootstrap
from bot.playground.people import ANA, BEN, LEO
from bot.playground.server import SimulatedSlack
from bot.services import books
from bot.storage import opening
from tests.databases import DIALECTS, Databases
from tests.e2e import processes

CROWD = 200


@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_hundred_commands_at_once_all_succeed(
    databases: Databases, dialect: str, tmp_path: Path
) -> None:
    with (
        databases.migrated(dialect) as url,
        SimulatedSlack(clock=bootstrap.system_clock, answer_seconds=10.0) as slack,
        processes.started(tmp_path, "serve", **processes.of(slack, DATABASE_URL=url)) as bot,
    ):
        slack.bot_url = bot.url
        slack.wait_until(lambda: "granted" in slack.command(LEO, "grant @ana @ben 1M").shown, 15)
        outcome = http_client.send(
            Errand(
                url=bot.url,
                secret=slack.signing_secret,
                team_id=slack.team_id,
                user_ids=[ANA.id, BEN.id],
                command="/tokens",
                texts=[
                    ("transfer <@{other}> 1000", "tokens sent to"),
                    ("balance", "available to you"),
                ],
                connections=CROWD,
                seconds=0,
                name="crowd",
            )
        )
        shown = [slack.command(who, "balance").shown for who in (ANA, BEN)]
        database = opening.connect(url)
        wrong = books.check(database)
        database.close()

    assert (len(outcome.sample.latencies), outcome.failures) == (CROWD, [])
    assert "900k (900,000)" in shown[0]
    assert "1.1M (1,100,000)" in shown[1]
    assert wrong == []
