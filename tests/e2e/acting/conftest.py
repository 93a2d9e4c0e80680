from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from bot.playground.people import ANA, BEN, LEO, MIA, Person
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.desk import Desk, LookedAt
from tests.e2e.house import playground

#: A machine with much else to do is no failure.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedSlack]:
    """One playground for the tests of a module: each tells a story of its own in it."""
    with playground(tmp_path_factory.mktemp("playground")) as running:
        yield running


@pytest.fixture(scope="session")
def looked_at() -> LookedAt:
    return LookedAt()


@pytest.fixture
def context(browser: Browser, slack: SimulatedSlack) -> Iterator[BrowserContext]:
    with slack.workspace.changing():  # what one person alone saw is gone, as it is in Slack
        for channel_id in slack.workspace.channels:
            slack.workspace.ephemerals.forget(channel_id)
    context = browser.new_context(base_url=slack.url, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context
    context.close()


def _sitting(person: Person, context: BrowserContext, looked_at: LookedAt) -> Iterator[Desk]:
    desk = Desk(context.new_page(), person, looked_at)
    desk.open("general")
    yield desk
    desk.leave()


@pytest.fixture
def ana(context: BrowserContext, looked_at: LookedAt) -> Iterator[Desk]:
    yield from _sitting(ANA, context, looked_at)


@pytest.fixture
def ben(context: BrowserContext, looked_at: LookedAt) -> Iterator[Desk]:
    yield from _sitting(BEN, context, looked_at)


@pytest.fixture
def mia(context: BrowserContext, looked_at: LookedAt) -> Iterator[Desk]:
    yield from _sitting(MIA, context, looked_at)


@pytest.fixture
def leo(context: BrowserContext, looked_at: LookedAt) -> Iterator[Desk]:
    yield from _sitting(LEO, context, looked_at)
