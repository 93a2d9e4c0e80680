import pytest

from bot.playground.outcomes import CONNECTING
from bot.playground.people import ANA, BEN, MIA
from bot.playground.server import SimulatedSlack
from tests.playground.conftest import StoryClock
from tests.playground.little_bot import Json

pytestmark = pytest.mark.usefixtures("seen")


def test_a_commands_answer_is_seen_by_its_author_alone(slack: SimulatedSlack) -> None:
    done = slack.command(ANA, "echo hello")

    assert (done.status, done.shown) == (200, "echo hello")
    assert [one.text for one in slack.ephemerals(ANA)] == ["echo hello"]
    assert slack.ephemerals(BEN) == []
    assert slack.channel("general") == []


def test_mentions_are_resolved_and_markup_escaped(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "grant @ben @Mia Chen @nobody <!channel> & #general for x@ben.com")

    assert seen[-1]["text"] == (
        "grant <@U02BEN|ben> <@U03MIA|mia> @nobody &lt;!channel&gt; &amp; "
        f"<#{slack.general.id}|general> for x@ben.com"
    )


def test_a_public_answer_stands_in_the_channel(slack: SimulatedSlack) -> None:
    slack.command(ANA, "public")

    assert [one.text for one in slack.channel("general")] == ["To all"]


def test_an_app_that_fails_is_a_dispatch_failure(slack: SimulatedSlack) -> None:
    done = slack.command(ANA, "boom")

    assert done.status == 500
    assert done.shown == '/tokens failed with the error "dispatch_failed"'


def test_an_app_that_is_gone_is_a_dispatch_failure(slack: SimulatedSlack) -> None:
    done = slack.command(ANA, "echo", bot_url="http://127.0.0.1:9")

    assert done.status is None
    assert done.shown == '/tokens failed with the error "dispatch_failed"'


def test_an_answer_with_illegal_blocks_is_not_shown(slack: SimulatedSlack) -> None:
    done = slack.command(ANA, "toolong")

    assert done.shown == '/tokens failed with the error "invalid_blocks"'


def test_a_response_url_replaces_the_ephemeral(slack: SimulatedSlack) -> None:
    # Bolt holds the answer back until the listener ends, so "Counted" came first, as a message.
    slack.command(ANA, "later")

    assert [one.text for one in slack.ephemerals(ANA)] == ["Counted", "Counting…"]


def test_a_click_in_a_dm_changes_that_message(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "buttons")

    done = slack.click(ANA, "dm", "Approve")

    assert done.is_good
    assert slack.as_text(slack.dm(ANA)[0]) == "Approved by @Ana Silva"
    action = seen[-1]["actions"][0]
    assert (action["action_id"], action["value"], action["style"]) == ("approve", "r1", "primary")
    assert seen[-1]["container"]["is_ephemeral"] is False


def test_a_click_in_an_ephemeral_changes_that(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "buttons")

    slack.click(ANA, "ephemeral", "approve")

    assert slack.as_text(slack.ephemerals(ANA)[0]) == "Approved by @Ana Silva"
    assert seen[-1]["container"]["is_ephemeral"] is True


def test_a_missing_button_names_those_that_are_there(slack: SimulatedSlack) -> None:
    slack.command(ANA, "buttons")

    with pytest.raises(LookupError, match=r"'Approve', 'Deny'"):
        slack.click(ANA, "dm", "Withdraw")


def test_a_modal_is_filled_in_and_closed(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "ask")

    done = slack.submit(ANA, {"Amount": "500k", "urgency": "High"})

    assert done.is_good
    assert slack.modal(ANA) is None
    values = seen[-1]["view"]["state"]["values"]
    assert values["amount"]["typed"] == {"type": "plain_text_input", "value": "500k"}
    assert values["urgency"]["chosen"]["selected_option"]["value"] == "high"


def test_an_empty_required_field_is_not_sent(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.command(ANA, "ask")
    before = len(seen)

    done = slack.submit(ANA)

    assert done.errors == {"amount": "Please complete this required field."}
    assert len(seen) == before
    assert slack.modal(ANA) is not None


def test_a_text_longer_than_its_field_is_not_sent(slack: SimulatedSlack) -> None:
    slack.command(ANA, "ask")

    done = slack.submit(ANA, {"Amount": "12345678901"})

    assert done.status is None
    assert "at most 10" in done.errors["amount"]


def test_the_apps_error_stands_under_its_field(slack: SimulatedSlack) -> None:
    slack.command(ANA, "ask")

    done = slack.submit(ANA, {"Amount": "wrong"})

    assert done.errors == {"amount": "Not an amount"}
    assert "Amount: wrong\n! Not an amount" in slack.as_text(slack.modal(ANA))


@pytest.mark.parametrize("amount", ["text", "nofield"])
def test_a_bad_answer_to_a_submission_is_trouble(slack: SimulatedSlack, amount: str) -> None:
    slack.command(ANA, "ask")

    done = slack.submit(ANA, {"Amount": amount})

    assert done.shown == CONNECTING
    assert not done.is_good
    assert slack.modal(ANA) is not None


def test_views_are_updated_pushed_and_cleared(slack: SimulatedSlack) -> None:
    slack.command(ANA, "ask")
    titles = []

    for amount in ("again", "more", "more"):
        slack.submit(ANA, {"Amount": amount})
        top = slack.modal(ANA)
        titles.append(top.title if top else None)
    fourth = slack.submit(ANA, {"Amount": "more"})
    slack.submit(ANA, {"Amount": "clear"})

    assert titles == ["Again", "More", "More"]
    assert fourth.shown == CONNECTING
    assert slack.modal(ANA) is None


def test_a_click_in_a_modal_keeps_what_was_typed(slack: SimulatedSlack) -> None:
    slack.command(ANA, "ask")
    slack.submit(ANA, {"Amount": "wrong"})

    slack.click(ANA, "modal", "Explain")

    text = slack.as_text(slack.modal(ANA))
    assert text.startswith("Explained\nAmount: wrong")


def test_closing_a_modal_is_told_when_asked(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.shortcut(ANA, "ask_anywhere")

    done = slack.close_modal(ANA)

    assert done.status == 200
    assert seen[-1]["type"] == "view_closed"
    assert "trigger_id" not in seen[-1]
    assert slack.modal(ANA) is None


def test_home_is_published_when_opened(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.open_home(MIA)

    assert slack.as_text(slack.home(MIA)) == "Hello @Mia Chen"

    slack.open_home(MIA)

    assert seen[-1]["event"]["view"]["type"] == "home"


def test_an_event_can_come_again(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.send_event({"type": "user_change", "user": {"id": ANA.id}}, event_id="Ev1")

    slack.redeliver("Ev1", retry=2)

    assert [body["event_id"] for body in seen[-2:]] == ["Ev1", "Ev1"]


def test_a_change_of_a_person_is_told(slack: SimulatedSlack, seen: list[Json]) -> None:
    slack.change_person(BEN, deleted=True)

    user = seen[-1]["event"]["user"]
    assert (user["id"], user["deleted"]) == (BEN.id, True)
    assert "is_admin" not in user


def test_the_same_request_can_be_sent_again(slack: SimulatedSlack, seen: list[Json]) -> None:
    done = slack.command(ANA, "echo twice")

    again = slack.resend(done.request)

    assert (again.status, again.body) == (200, "echo twice")
    assert seen[-1] == seen[-2]


def test_raw_bytes_are_refused_without_a_good_signature(slack: SimulatedSlack) -> None:
    stale = slack.raw(b"command=/tokens", seconds=1)
    unsigned = slack.raw(b"command=/tokens", signed=False)

    assert (stale.status, unsigned.status) == (401, 401)


def test_waiting_in_vain_tells_what_there_is(slack: SimulatedSlack) -> None:
    slack.command(ANA, "echo hello")

    with pytest.raises(AssertionError, match="echo hello"):
        slack.wait_until(lambda: slack.dm(BEN), timeout=0.05)


def test_message_times_go_by_the_story(slack: SimulatedSlack, clock: StoryClock) -> None:
    first = slack.say(ANA, "one")
    clock.forward(hours=1)
    second = slack.say(ANA, "two")

    assert float(second.ts) - float(first.ts) == pytest.approx(3600)
