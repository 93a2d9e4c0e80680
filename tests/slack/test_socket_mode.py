"""Socket Mode: the same story over a WebSocket that the bot opens, without an address."""

from collections.abc import Iterator

import pytest
from httpx import Client

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.databases import Databases
from tests.slack.town import Town, people, town_on


@pytest.fixture(scope="module")
def wired(databases: Databases) -> Iterator[Town]:
    with (
        databases.migrated("sqlite") as url,
        town_on(url, over_socket=True) as made,
    ):
        yield made


def test_the_whole_story_goes_over_the_socket(wired: Town) -> None:
    granted = wired.say(LEO, "grant @ana 1M for the prototype")
    wired.say(ANA, "transfer")
    refused = wired.slack.submit(ANA, {"Who gets them?": BEN.id, "How many?": "1,5M"})
    sent = wired.slack.submit(ANA, {"How many?": "250k"})
    wired.say(BEN, "request 500k")
    wired.dm(MIA, containing="asks for")
    wired.slack.click(MIA, "dm", "Approve another amount…")
    decided = wired.slack.submit(MIA, {"How many to grant?": "300k"})

    assert "granted to @Ana Silva" in granted
    assert list(refused.errors) == ["amount"]
    assert "sent to @Ben Okafor" in sent.shown
    assert decided.is_good
    assert wired.balances(ANA, BEN) == [750_000, 550_000]
    assert "300k (300,000) tokens approved" in wired.dms(BEN)[-1]
    assert wired.wrong_in_the_books() == []


def test_refusals_unknown_words_and_old_buttons_are_answered_over_the_socket_too(
    wired: Town,
) -> None:
    (eve,) = people("eve")
    wired.meets(eve)
    said = [wired.say(eve, text) for text in ("grant @ana 5", "balence", "request 1 M")]
    message = wired.slack.command(eve, "balance").message
    assert message is not None
    for element in message.blocks[-1]["elements"]:
        element["action_id"] = "from_2019"

    clicked = wired.slack.click(eve, message, "from_2019")

    assert "Granting is for approvers." in said[0]
    assert "Did you mean /tokens balance?" in said[1]
    assert "has a space in it" in said[2]
    assert clicked.is_good


def test_home_and_events_come_over_the_socket(wired: Town) -> None:
    (fay,) = people("fay")
    wired.meets(fay)

    wired.slack.open_home(fay)

    wired.home(fay, containing="No tokens right now")


def test_slack_asking_for_a_new_socket_loses_nothing(wired: Town) -> None:
    opened = wired.slack.sockets.opened

    wired.slack.sockets.disconnect()
    wired.slack.wait_until(lambda: wired.slack.sockets.opened > opened)
    wired.slack.wait_until(lambda: wired.slack.sockets.connected == 1)

    assert "You have no tokens right now" in wired.say(MIA, "balance")


def test_there_is_no_address_for_slack_to_call_and_readyz_tells_of_the_socket(
    wired: Town,
) -> None:
    with Client(base_url=wired.handle.url) as client:
        events = client.post("/slack/events", content=b"command=%2Ftokens")
        ready = client.get("/readyz").json()

    assert events.status_code == 404
    assert ready["socket"] == "open"


@pytest.mark.parametrize("over_socket", [False, True])
def test_stray_oauth_settings_in_the_environment_change_nothing(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, *, over_socket: bool
) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_VERIFICATION_TOKEN"):
        monkeypatch.setenv(name, "stray")

    with (
        databases.migrated("sqlite") as url,
        town_on(url, over_socket=over_socket) as town,
    ):
        granted = town.say(LEO, "grant @ana 1M")

        assert "granted to @Ana Silva" in granted
        town.dm(ANA, containing="granted to you")
        assert {call.outcome for call in town.slack.calls()} == {"ok"}
