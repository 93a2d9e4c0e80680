import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.faults import Faults
from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack

METHOD = "chat.postMessage"


def post(client: WebClient) -> None:
    client.chat_postMessage(channel=ANA.id, text="x")


def test_a_rate_limit_says_how_long(slack: SimulatedSlack, client: WebClient) -> None:
    slack.faults.fail_next(1, "429", METHOD, retry_after_seconds=7)

    with pytest.raises(SlackApiError) as caught:
        post(client)
    post(client)

    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["retry-after"] == "7"
    assert [one.outcome for one in slack.calls(METHOD)] == ["429", "ok"]
    assert len(slack.dm(ANA)) == 1


@pytest.mark.parametrize("performed", [True, False])
@pytest.mark.parametrize(("kind", "error"), [("timeout", TimeoutError), ("drop", ConnectionError)])
def test_a_call_without_answer_may_have_taken_effect(
    slack: SimulatedSlack,
    kind: str,
    error: type[Exception],
    performed: bool,  # noqa: FBT001 (a parametrized test)
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=1, retry_handlers=[])
    slack.faults.fail_next(1, kind, performed=performed)

    with pytest.raises(error):
        post(client)

    assert len(slack.dm(ANA)) == performed
    call = slack.calls(METHOD)[0]
    assert (call.outcome, call.performed) == (kind, performed)


def test_slack_can_be_down_until_it_is_not(slack: SimulatedSlack, client: WebClient) -> None:
    slack.faults.always("500")
    for _ in range(3):
        with pytest.raises(SlackApiError):
            post(client)

    slack.faults.clear()
    post(client)

    assert len(slack.dm(ANA)) == 1


def test_an_error_of_choice(slack: SimulatedSlack, client: WebClient) -> None:
    slack.faults.fail_next(1, "error:channel_not_found", METHOD)

    client.auth_test()
    with pytest.raises(SlackApiError, match="channel_not_found"):
        post(client)


def test_the_same_seed_gives_the_same_luck() -> None:
    def luck() -> list[str | None]:
        faults = Faults()
        faults.random(0.5, 42, ["429", "500"])
        taken = [faults.take(METHOD) for _ in range(50)]
        return [one.kind if one else None for one in taken]

    assert luck() == luck()
    assert {None, "429", "500"} == set(luck())


def test_what_is_no_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault is called 'rain'"):
        Faults().fail_next(1, "rain")
