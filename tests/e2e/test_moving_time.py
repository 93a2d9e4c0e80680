"""The real bot in a workspace whose time is moved: nothing is lost, nothing comes twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import bootstrap
from bot.bootstrap import Handle, system_clock
from bot.config import Settings
from bot.playground.clock import PlaygroundClock
from bot.playground.people import ANA, BEN, LEO
from bot.playground.server import SimulatedSlack


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    clock = PlaygroundClock(system_clock)
    with SimulatedSlack(clock=clock, signing_clock=clock) as running:
        yield running


@pytest.fixture
def handle(slack: SimulatedSlack, tmp_path: Path) -> Iterator[Handle]:
    """The bot, as `tokenbot playground` starts it."""
    settings = Settings(
        slack_bot_token=SecretStr(slack.bot_token),
        slack_signing_secret=SecretStr(slack.signing_secret),
        slack_app_token=None,
        slack_api_url=slack.api_url,
        database_url=f"sqlite:///{tmp_path / 'moved.db'}",
        host="127.0.0.1",
        port=0,
    )
    with bootstrap.running(settings, clock=slack.workspace.clock) as running:
        slack.bot_url, slack.travel.bot = running.url, running
        slack.wait_until(lambda: "granted" in slack.command(LEO, "grant @ana 1M").shown, 15)
        yield running
        slack.travel.stop()


def test_a_week_passes_and_the_books_add_up(slack: SimulatedSlack, handle: Handle) -> None:
    before = handle.clock()

    journey = slack.move_time(weeks=1)

    assert (journey.taken, journey.findings) == (56, ())
    assert (handle.clock() - before).days == 7
    assert "available" in slack.command(ANA, "balance").shown


def test_what_is_owed_while_time_moves_comes_once(slack: SimulatedSlack, handle: Handle) -> None:
    slack.travel.start(handle.clock() + timedelta(weeks=4))

    said = [slack.command(ANA, f"transfer @ben {nth}k") for nth in range(1, 6)]
    slack.wait_until(lambda: slack.travel.journey and not slack.travel.journey.is_under_way, 60)
    slack.move_time(hours=1)

    assert all("sent" in one.shown for one in said), [one.shown for one in said]
    told = [slack.as_text(message, BEN).partition(" ")[0] for message in slack.dm(BEN)]
    assert told == ["1,000", "2,000", "3,000", "4,000", "5,000"]


def test_nothing_is_sent_while_the_bot_rests(slack: SimulatedSlack, handle: Handle) -> None:
    with handle.at_rest():
        slack.command(ANA, "transfer @ben 250k")
        with pytest.raises(AssertionError, match="nothing came of it"):
            slack.wait_until(lambda: slack.dm(BEN), 0.5)

    slack.wait_until(lambda: slack.dm(BEN))

    assert len(slack.dm(BEN)) == 1
