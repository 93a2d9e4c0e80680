"""A quarter passes on the playground's page by clicking, and the books add up each week."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from bot import bootstrap
from bot.bootstrap import Handle, system_clock
from bot.config import Settings
from bot.playground.clock import PlaygroundClock
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

WORKSPACE = "T0PLAYGROUND"
#: A Monday; the clocks of Europe go forward on 29 March.
BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
WEEKS = 13


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    started = system_clock()
    clock = PlaygroundClock(lambda: BEGIN + (system_clock() - started))
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
        database_url=f"sqlite:///{tmp_path / 'quarter.db'}",
        host="127.0.0.1",
        port=0,
    )
    with bootstrap.running(settings, clock=slack.workspace.clock) as running:
        slack.bot_url, slack.travel.bot = running.url, running
        slack.wait_until(lambda: "is there" in slack.command(LEO, "team create search").shown, 15)
        yield running
        slack.travel.stop()


@pytest.fixture
def page(browser: Browser, slack: SimulatedSlack, handle: Handle) -> Iterator[Page]:
    page = browser.new_page()
    page.goto(slack.url)
    yield page
    page.close()


def set_up(slack: SimulatedSlack) -> None:
    """A team of two with 1M a week each, a package of Ben's, a pool, a digest in #general."""
    slack.command(LEO, "team add search @ana @ben")
    slack.command(LEO, "team manager search @mia")
    slack.command(LEO, "team zone search Europe/Berlin")
    slack.command(LEO, "allowance search 1M weekly")
    slack.click(LEO, "ephemeral", "Start it")
    slack.command(LEO, "allowance @ben 1.2M over 12 months cliff 1 month")
    slack.command(LEO, "team fill search 5M for the quarter")
    general = slack.workspace.channel_named("general")
    assert general is not None
    slack.command(LEO, "digest here search", channel_id=general.id)


def a_week_passes(page: Page, slack: SimulatedSlack) -> None:
    before = slack.travel.journey

    def arrived() -> bool:
        journey = slack.travel.journey
        return journey is not None and journey is not before and not journey.is_under_way

    page.get_by_role("button", name="+1 week").click()
    slack.wait_until(arrived, 60)
    expect(page.get_by_text("The books add up.", exact=True)).to_be_visible()


def test_a_quarter_passes_by_clicking(page: Page, slack: SimulatedSlack, handle: Handle) -> None:
    set_up(slack)

    for week in range(WEEKS):
        at = handle.clock()
        handle.use(WORKSPACE, ANA.id, 820_000 + 10_000 * week, "claude-opus", "ranking", at=at)
        handle.use(WORKSPACE, BEN.id, 200_000, "claude-sonnet", "", at=at + timedelta(seconds=1))
        if week == 1:
            slack.command(BEN, "request 300k for the evaluation")
        a_week_passes(page, slack)

    told = [slack.as_text(one, MIA) for one in slack.channel("general")]
    digests = [one for one in told if "tokens used" in one and "search, " in one]
    to_ana = [slack.as_text(one, ANA) for one in slack.dm(ANA)]
    to_ben = [slack.as_text(one, BEN) for one in slack.dm(BEN)]
    to_mia = [slack.as_text(one, MIA) for one in slack.dm(MIA)]
    assert len(digests) == WEEKS
    assert any("tokens left" in one for one in to_ana), to_ana
    assert any("expired" in one for one in to_ben), to_ben  # his request, which nobody decided
    # Mia's reminder and Leo's escalation say what became of it; her first copy points to the other.
    to_leo = [slack.as_text(one, LEO) for one in slack.dm(LEO)]
    assert sum("asked again below" in one for one in to_mia) == 1, to_mia
    assert sum("Expired before anybody decided" in one for one in (*to_mia, *to_leo)) == 2
    history = slack.command(ANA, "history").shown
    assert "allowance of" in history
    assert "expired" in history
    assert handle.check() == []
