from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from slack_sdk.webhook import WebhookClient

from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from tests.playground.conftest import StoryClock
from tests.playground.little_bot import section


@pytest.fixture
def url(slack: SimulatedSlack) -> str:
    ticket = slack.stage.response_url(ANA.id, slack.general.id)
    return slack.stage.address(ticket)


def test_five_uses_and_no_sixth(slack: SimulatedSlack, url: str) -> None:
    client = WebhookClient(url)

    answers = [client.send(text=str(nth)) for nth in range(6)]

    assert [one.status_code for one in answers] == [200] * 5 + [404]
    assert (answers[0].body, answers[-1].body) == ("ok", "used_url")
    assert len(slack.ephemerals(ANA)) == 5


def test_half_an_hour_and_no_longer(slack: SimulatedSlack, clock: StoryClock, url: str) -> None:
    clock.forward(minutes=30)
    in_time = WebhookClient(url).send(text="x")
    clock.forward(seconds=1)
    late = WebhookClient(url).send(text="x")

    assert (in_time.status_code, late.status_code, late.body) == (200, 404, "expired_url")


def test_the_original_is_replaced_and_deleted(slack: SimulatedSlack, url: str) -> None:
    client = WebhookClient(url)

    client.send(text="first")
    client.send(text="second", replace_original=True)
    texts = [one.text for one in slack.ephemerals(ANA)]
    client.send(delete_original=True)

    assert texts == ["second"]
    assert slack.ephemerals(ANA) == []


def test_an_answer_can_be_for_all(slack: SimulatedSlack, url: str) -> None:
    WebhookClient(url).send(text="to all", response_type="in_channel")

    assert [one.text for one in slack.channel("general")] == ["to all"]


def test_illegal_blocks_are_refused(slack: SimulatedSlack, url: str) -> None:
    answer = WebhookClient(url).send(text="x", blocks=[section("")])

    assert (answer.status_code, answer.body) == (400, "invalid_blocks")
    assert slack.ephemerals(ANA) == []


def test_faults_reach_response_urls(slack: SimulatedSlack, url: str) -> None:
    slack.faults.fail_next(1, "500", "response_url")

    assert WebhookClient(url).send(text="x").status_code == 500


@pytest.mark.parametrize("body", [b"[]", b"null", b"{"])
def test_what_is_no_message_at_all_is_refused(slack: SimulatedSlack, url: str, body: bytes) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(url, body, method="POST"), timeout=5)  # noqa: S310 (our own loopback)

    assert refused.value.code == 400
    refused.value.close()
    assert slack.ephemerals(ANA) == []
