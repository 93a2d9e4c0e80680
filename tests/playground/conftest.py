from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser
from slack_sdk import WebClient

from bot.playground.server import SimulatedSlack
from tests import chromium
from tests.playground import little_bot
from tests.playground.little_bot import Json


class StoryClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as running:
        yield running


@pytest.fixture
def clock() -> StoryClock:
    return StoryClock()


@pytest.fixture
def slack(clock: StoryClock) -> Iterator[SimulatedSlack]:
    with SimulatedSlack(clock=clock, app_token="xapp-playground") as running:
        yield running


@pytest.fixture
def client(slack: SimulatedSlack) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])


@pytest.fixture
def seen(slack: SimulatedSlack) -> Iterator[list[Json]]:
    """The little bot serves this Slack; the list is what reached it."""
    with little_bot.serving(slack) as bodies:
        yield bodies
