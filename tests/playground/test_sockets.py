from collections.abc import Iterator

import pytest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from tests.playground import little_bot
from tests.playground.little_bot import Json


@pytest.fixture
def heard(slack: SimulatedSlack, client: WebClient) -> Iterator[list[Json]]:
    """The little bot, connected by Socket Mode."""
    seen: list[Json] = []
    app = little_bot.build(client, slack.signing_secret, seen)
    handler = SocketModeHandler(app, slack.app_token, ping_interval=1)
    handler.connect()  # type: ignore[no-untyped-call]
    slack.wait_until(slack.sockets.is_connected)
    yield seen
    # The client only looks up from its socket every three seconds, unless that closes.
    handler.client.auto_reconnect_enabled = False
    slack.sockets.close()
    slack.wait_until(lambda: not handler.client.is_connected())
    handler.close()  # type: ignore[no-untyped-call]


def test_a_command_goes_by_socket_and_back(slack: SimulatedSlack, heard: list[Json]) -> None:
    done = slack.command(ANA, "echo by socket")

    assert (done.status, done.shown) == (200, "echo by socket")
    assert heard[0]["command"] == "/tokens"


def test_modals_and_events_go_by_socket(slack: SimulatedSlack, heard: list[Json]) -> None:
    slack.command(ANA, "ask")

    done = slack.submit(ANA, {"Amount": "wrong"})
    slack.open_home(ANA)

    assert done.errors == {"amount": "Not an amount"}
    assert slack.as_text(slack.home(ANA)) == "Hello @Ana Silva"
    assert heard[-1]["type"] == "event_callback"


@pytest.mark.usefixtures("heard")
def test_an_unanswered_envelope_is_a_timeout(slack: SimulatedSlack) -> None:
    slack.stage.delivery.answer_seconds = 0.3

    done = slack.command(ANA, "boom")

    assert done.status is None
    assert done.shown == '/tokens failed with the error "operation_timeout"'


@pytest.mark.usefixtures("heard")
def test_a_client_that_is_asked_to_reconnect_does(slack: SimulatedSlack) -> None:
    slack.sockets.disconnect()

    slack.wait_until(lambda: (slack.sockets.opened, slack.sockets.connected) == (2, 1))
    assert slack.command(ANA, "echo again").shown == "echo again"


def test_the_bots_token_opens_no_socket(client: WebClient, slack: SimulatedSlack) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        client.apps_connections_open(app_token=slack.bot_token)
