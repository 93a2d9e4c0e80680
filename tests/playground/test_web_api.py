from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.people import ANA, BEN, LEO, Person
from bot.playground.server import SimulatedSlack
from tests.playground.conftest import StoryClock
from tests.playground.little_bot import Json, asking, plain, section

HOME: Json = {"type": "home", "blocks": [section("Hello")]}


def refusal(call: Callable[[], object]) -> str:
    """Slack's error code for that call."""
    with pytest.raises(SlackApiError) as caught:
        call()
    return str(caught.value.response["error"])


def test_the_bot_learns_who_it_is(client: WebClient, slack: SimulatedSlack) -> None:
    answer = client.auth_test()

    assert (answer["team_id"], answer["user_id"]) == (slack.team_id, slack.workspace.bot.id)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


def test_wrong_and_missing_tokens_are_refused(slack: SimulatedSlack) -> None:
    wrong = WebClient(token="xoxb-other", base_url=slack.api_url)
    none = WebClient(base_url=slack.api_url)

    assert refusal(wrong.auth_test) == "invalid_auth"
    assert refusal(none.auth_test) == "not_authed"


def test_unknown_methods_and_missing_scopes_are_refused(clock: StoryClock) -> None:
    with SimulatedSlack(clock=clock, scopes=("commands",)) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)

        assert refusal(lambda: client.api_call("nonsense.list")) == "unknown_method"
        with pytest.raises(SlackApiError) as caught:
            client.chat_postMessage(channel=ANA.id, text="x")

    answer = caught.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")
    assert answer["provided"] == "commands"


def test_people_are_listed_in_pages(client: WebClient) -> None:
    first = client.users_list(limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    rest = client.users_list(limit=1000, cursor=cursor)

    assert [one["id"] for one in first["members"]] == ["U01ANA", "U02BEN"]
    assert rest["response_metadata"]["next_cursor"] == ""
    assert len(first["members"]) + len(rest["members"]) == 5
    assert refusal(lambda: client.users_list(cursor="nonsense")) == "invalid_cursor"
    assert refusal(lambda: client.users_list(limit=1001)) == "invalid_limit"


def test_people_are_found(client: WebClient, slack: SimulatedSlack) -> None:
    slack.add_person(
        Person(id="U9", name="zed", real_name="Zed", email="z@x.y", team_id="T9", is_stranger=True),
        tell=False,
    )

    assert client.users_info(user=LEO.id)["user"]["is_admin"] is True
    assert client.users_lookupByEmail(email="BEN@example.com")["user"]["id"] == BEN.id
    stranger = client.users_info(user="U9")["user"]
    assert (stranger["team_id"], stranger["is_stranger"]) == ("T9", True)
    assert "email" not in stranger["profile"]
    assert refusal(lambda: client.users_info(user="U0")) == "user_not_found"
    assert refusal(lambda: client.users_lookupByEmail(email="no@x.y")) == "users_not_found"


def test_a_dm_is_opened_with_one_living_person(client: WebClient, slack: SimulatedSlack) -> None:
    slack.change_person(BEN, deleted=True, tell=False)

    opened = client.conversations_open(users=[ANA.id])["channel"]["id"]

    assert client.conversations_open(users=ANA.id)["channel"]["id"] == opened
    assert refusal(lambda: client.conversations_open(users=BEN.id)) == "user_disabled"
    assert refusal(lambda: client.conversations_open(users="U0")) == "user_not_found"
    assert refusal(lambda: client.conversations_open(users=[ANA.id, LEO.id])) == (
        "invalid_user_combination"
    )


def test_channels_are_listed_and_described(client: WebClient, slack: SimulatedSlack) -> None:
    with slack.workspace.changing():
        slack.workspace.add_channel("secret", is_private=True).members.discard("U00TOKENBOT")

    names = [one["name"] for one in client.conversations_list()["channels"]]

    assert names == ["general", "ml-platform"]
    channel = client.conversations_info(channel=slack.general.id)["channel"]
    assert (channel["name"], channel["is_member"]) == ("general", True)
    assert ANA.id in client.conversations_members(channel=slack.general.id)["members"]
    assert refusal(lambda: client.conversations_info(channel="C0")) == "channel_not_found"
    assert client.usergroups_list()["usergroups"] == []


def test_a_message_to_a_person_goes_to_their_dm(client: WebClient, slack: SimulatedSlack) -> None:
    sent = client.chat_postMessage(channel=ANA.id, text="Hello", blocks=[section("*Hello*")])

    assert sent["channel"] == slack.workspace.dm_with(ANA.id).id
    assert slack.as_text(slack.dm(ANA)[0]) == "Hello"
    assert slack.calls("chat.postMessage")[0]["text"] == "Hello"


def test_messages_that_slack_does_not_take(client: WebClient, slack: SimulatedSlack) -> None:
    def post(**content: Any) -> str:
        message = {"channel": ANA.id, **content}
        return refusal(lambda: client.api_call("chat.postMessage", json=message))

    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}

    assert post(text="   ") == "no_text"
    assert post(text="x", blocks=[section("x" * 3001)]) == "invalid_blocks"
    assert post(text="x", blocks=[section("x" * 3000)] * 5) == "msg_blocks_too_long"
    assert post(text="x", blocks=[table, table]) == "invalid_attachments"
    assert refusal(lambda: client.chat_postMessage(channel="C0", text="x")) == "channel_not_found"
    slack.general.members.discard("U00TOKENBOT")
    wrong = refusal(lambda: client.chat_postMessage(channel=slack.general.id, text="x"))
    assert wrong == "not_in_channel"


def test_a_refusal_names_the_block_and_the_limit(client: WebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel=ANA.id, text="x", blocks=[section("x" * 3001)])

    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


def test_long_texts_are_cut_when_new_and_refused_later(
    client: WebClient, slack: SimulatedSlack
) -> None:
    sent = client.chat_postMessage(channel=ANA.id, text="x" * 40_001)
    place: dict[str, Any] = {"channel": sent["channel"], "ts": sent["ts"]}

    client.chat_update(**place, text="x" * 4000)

    assert len(sent["message"]["text"]) == 40_000
    assert refusal(lambda: client.chat_update(**place, text="x" * 4001)) == "msg_too_long"


def test_an_update_by_text_takes_the_blocks_away(client: WebClient, slack: SimulatedSlack) -> None:
    sent = client.chat_postMessage(channel=ANA.id, text="old", blocks=[section("old")])
    place: dict[str, Any] = {"channel": sent["channel"], "ts": sent["ts"]}

    client.chat_update(**place, text="new")

    assert slack.as_text(slack.dm(ANA)[0]) == "new"
    client.chat_delete(**place)
    assert slack.dm(ANA) == []
    assert refusal(lambda: client.chat_update(**place, text="x")) == "message_not_found"


def test_only_own_messages_are_changed(client: WebClient, slack: SimulatedSlack) -> None:
    theirs = slack.say(ANA, "mine")
    place: dict[str, Any] = {"channel": slack.general.id, "ts": theirs.ts}

    assert refusal(lambda: client.chat_update(**place, text="x")) == "cant_update_message"
    assert refusal(lambda: client.chat_delete(**place)) == "cant_delete_message"


def test_an_ephemeral_is_for_one_who_is_there(client: WebClient, slack: SimulatedSlack) -> None:
    client.chat_postEphemeral(channel=slack.general.id, user=ANA.id, text="psst")

    assert [one.text for one in slack.ephemerals(ANA)] == ["psst"]
    slack.general.members.discard(BEN.id)
    wrong = refusal(
        lambda: client.chat_postEphemeral(channel=slack.general.id, user=BEN.id, text="psst")
    )
    assert wrong == "user_not_in_channel"


def test_a_home_is_guarded_by_its_hash(client: WebClient, slack: SimulatedSlack) -> None:
    first = client.views_publish(user_id=ANA.id, view=HOME)["view"]
    second = client.views_publish(user_id=ANA.id, view=HOME, hash=first["hash"])["view"]

    assert (first["id"], first["type"]) == (second["id"], "home")
    stale = refusal(lambda: client.views_publish(user_id=ANA.id, view=HOME, hash=first["hash"]))
    assert stale == "hash_conflict"
    assert refusal(lambda: client.views_publish(user_id=ANA.id, view=asking())) == (
        "invalid_arguments"
    )


def test_a_trigger_opens_one_view_within_three_seconds(
    client: WebClient, slack: SimulatedSlack, clock: StoryClock
) -> None:
    used, late, last = (slack.stage.trigger(ANA.id) for _ in range(3))

    client.views_open(trigger_id=used, view=asking())
    clock.forward(seconds=3)
    client.views_open(trigger_id=last, view=asking())
    clock.forward(seconds=0.001)

    assert refusal(lambda: client.views_open(trigger_id=used, view=asking())) == (
        "exchanged_trigger_id"
    )
    assert refusal(lambda: client.views_open(trigger_id=late, view=asking())) == (
        "expired_trigger_id"
    )
    assert refusal(lambda: client.views_open(trigger_id="1.2.3", view=asking())) == (
        "invalid_trigger_id"
    )


def test_three_views_are_the_most(client: WebClient, slack: SimulatedSlack) -> None:
    view = client.views_open(trigger_id=slack.stage.trigger(ANA.id), view=asking())["view"]
    triggers = [slack.stage.trigger(ANA.id, view["id"]) for _ in range(2)]

    pushed = [client.views_push(trigger_id=one, view=asking())["view"] for one in triggers]

    trigger = slack.stage.trigger(ANA.id, view["id"])
    assert refusal(lambda: client.views_push(trigger_id=trigger, view=asking())) == (
        "push_limit_reached"
    )
    assert pushed[1]["root_view_id"] == view["id"]
    assert pushed[1]["previous_view_id"] == pushed[0]["id"]


def test_views_that_slack_does_not_take(client: WebClient, slack: SimulatedSlack) -> None:
    def opened(view: Json) -> str:
        trigger = slack.stage.trigger(ANA.id)
        return refusal(lambda: client.views_open(trigger_id=trigger, view=view))

    named = asking() | {"external_id": "mine"}
    client.views_open(trigger_id=slack.stage.trigger(ANA.id), view=named)
    huge = [section("é" * 3000) | {"block_id": str(nth)} for nth in range(14)]

    assert opened(asking() | {"title": plain("x" * 25)}) == "invalid_arguments"
    assert opened(asking() | {"blocks": huge}) == "view_too_large"
    assert opened(named) == "duplicate_external_id"
    assert refusal(lambda: client.views_update(view_id="V0", view=asking())) == "not_found"


def test_blocks_can_be_tried(client: WebClient) -> None:
    blocks = [section("fine")]

    assert client.api_call("blocks.validate", json={"blocks": blocks})["ok"]
    bad = {"blocks": [{"type": "nonsense"}]}
    assert refusal(lambda: client.api_call("blocks.validate", json=bad)) == "invalid_blocks"


def test_the_clients_own_argument_of_the_team_is_taken(client: WebClient) -> None:
    assert client.api_call("users.info", params={"user": ANA.id, "team_id": "T0PLAYGROUND"})["ok"]
