"""Channels and user groups that change under the app's feet."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.errors import SlackRefusal
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack
from bot.playground.workspace import SCOPES
from tests.playground.conftest import StoryClock
from tests.playground.little_bot import Json
from tests.playground.test_page import ask, control


def refusal(client: WebClient, channel_id: str) -> str:
    """What Slack answers to a message there; empty when it takes it."""
    try:
        client.chat_postMessage(channel=channel_id, text="The week in tokens")
    except SlackApiError as error:
        return str(error.response["error"])
    return ""


def test_an_archived_channel_takes_no_message_until_it_is_back(
    slack: SimulatedSlack, client: WebClient
) -> None:
    slack.archive(slack.general.id)
    archived = refusal(client, slack.general.id)
    slack.unarchive(slack.general.id)

    assert archived == "is_archived"
    assert refusal(client, slack.general.id) == ""


def test_a_deleted_channel_is_not_found(slack: SimulatedSlack, client: WebClient) -> None:
    gone = slack.add_channel("gone")
    posted = client.chat_postMessage(channel=gone.id, text="x")

    slack.delete_channel(gone.id)

    assert refusal(client, gone.id) == "channel_not_found"
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_update(channel=gone.id, ts=str(posted["ts"]), text="y")
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.conversations_info(channel=gone.id)


def test_a_public_channel_takes_the_bot_in_first(slack: SimulatedSlack, client: WebClient) -> None:
    slack.remove_bot(slack.general.id)
    outside = refusal(client, slack.general.id)
    slack.invite_bot(slack.general.id)

    assert outside == "not_in_channel"
    assert refusal(client, slack.general.id) == ""


def test_with_the_scope_a_public_channel_takes_messages_from_outside(clock: StoryClock) -> None:
    with SimulatedSlack(clock=clock, scopes=[*SCOPES, "chat:write.public"]) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        secret = slack.add_channel("secret", is_private=True, with_bot=False)
        slack.remove_bot(slack.general.id)

        assert refusal(client, slack.general.id) == ""
        assert refusal(client, secret.id) == "channel_not_found"
        assert refusal(client, "#secret") == "channel_not_found"


def test_a_channel_made_private_stays_the_bots_while_it_is_a_member(
    slack: SimulatedSlack, client: WebClient
) -> None:
    slack.make_private(slack.general.id)
    inside = refusal(client, slack.general.id)
    info = client.conversations_info(channel=slack.general.id)["channel"]
    slack.remove_bot(slack.general.id)

    assert inside == ""
    assert (info["is_private"], info["is_member"]) == (True, True)
    assert refusal(client, slack.general.id) == "channel_not_found"


def test_private_channels_need_their_own_scope(clock: StoryClock) -> None:
    scopes = [one for one in SCOPES if one != "groups:read"]
    with SimulatedSlack(clock=clock, scopes=scopes) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        secret = slack.add_channel("secret", is_private=True)

        with pytest.raises(SlackApiError, match="missing_scope"):
            client.conversations_info(channel=secret.id)
        with pytest.raises(SlackApiError, match="missing_scope"):
            client.conversations_list(types="public_channel,private_channel")
        assert len(client.conversations_list()["channels"]) == 2


@pytest.mark.parametrize(
    ("kind", "name"),
    [("channel", "general"), ("private", "privategroup"), ("im", "directmessage")],
)
def test_a_command_says_where_it_was_typed(
    slack: SimulatedSlack, seen: list[Json], kind: str, name: str
) -> None:
    places = {
        "channel": slack.general,
        "private": slack.add_channel("secret", is_private=True),
        "im": slack.workspace.dm_between(ANA.id, BEN.id),
    }

    slack.command(ANA, "echo", channel_id=places[kind].id)

    assert (seen[-1]["channel_id"], seen[-1]["channel_name"]) == (places[kind].id, name)


def test_nobody_types_in_an_archived_channel(slack: SimulatedSlack) -> None:
    slack.archive(slack.general.id)

    with pytest.raises(LookupError, match="#general is archived"):
        slack.command(ANA, "balance", channel_id=slack.general.id)
    with pytest.raises(LookupError, match="#general is archived"):
        slack.say(ANA, "Hello?", channel_id=slack.general.id)


def test_nobody_types_among_the_messages_of_the_app(slack: SimulatedSlack) -> None:
    here = slack.workspace.dm_with(ANA.id).id

    with pytest.raises(SlackRefusal, match="restricted_action_read_only_channel"):
        slack.command(ANA, "balance", channel_id=here)
    with pytest.raises(SlackRefusal, match="restricted_action_read_only_channel"):
        slack.say(ANA, "<b>Hello?</b>", channel_id=here)
    assert slack.dm(ANA) == []


def test_the_page_lists_the_channels_that_are_left(slack: SimulatedSlack) -> None:
    slack.add_channel("secret", is_private=True, members=[ANA])
    general, platform = list(slack.workspace.channels)[:2]
    _, before = ask(slack, f"/?as={ANA.id}&at={general}")
    slack.archive(general)
    slack.delete_channel(platform)

    _, after = ask(slack, f"/?as={ANA.id}&at={general}")
    _, alone = ask(slack, f"/?as={BEN.id}&at={general}")

    assert '<span class="place-name">general</span>' in before
    assert '<span class="place-name">general</span>' not in after
    assert 'secret<span class="visually-hidden"> (private)</span>' in after
    assert 'aria-label="Messages in tokenbot"' in alone


def usergroups(
    client: WebClient, *, include_users: bool = False, include_disabled: bool = False
) -> list[Json]:
    answer = client.usergroups_list(include_users=include_users, include_disabled=include_disabled)
    found: list[Json] = answer["usergroups"]
    return found


def test_groups_are_listed_with_their_people_when_asked(
    slack: SimulatedSlack, client: WebClient
) -> None:
    group = slack.add_usergroup("platform", [ANA, BEN], name="ML Platform")

    (plain,) = usergroups(client)
    (whole,) = usergroups(client, include_users=True)

    assert (plain["id"], plain["handle"], plain["name"]) == (group.id, "platform", "ML Platform")
    assert "users" not in plain
    assert (whole["users"], whole["user_count"]) == ([ANA.id, BEN.id], 2)
    assert client.usergroups_users_list(usergroup=group.id)["users"] == [ANA.id, BEN.id]


def test_a_disabled_group_is_listed_only_when_asked(
    slack: SimulatedSlack, client: WebClient
) -> None:
    group = slack.add_usergroup("platform", [ANA])

    slack.disable_usergroup(group.id, tell=False)

    assert usergroups(client) == []
    (found,) = usergroups(client, include_disabled=True)
    assert found["date_delete"] > 0
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        client.usergroups_users_list(usergroup=group.id)
    with_disabled = client.usergroups_users_list(usergroup=group.id, include_disabled=True)
    assert with_disabled["users"] == [ANA.id]


def test_a_group_that_never_was_is_refused(client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="no_such_subteam"):
        client.usergroups_users_list(usergroup="S0NOBODY")


def test_groups_need_their_scope(clock: StoryClock) -> None:
    scopes = [one for one in SCOPES if one != "usergroups:read"]
    with SimulatedSlack(clock=clock, scopes=scopes) as slack:
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])

        with pytest.raises(SlackApiError, match="missing_scope") as caught:
            client.usergroups_list()
        with pytest.raises(SlackApiError, match="missing_scope"):
            client.usergroups_users_list(usergroup="S1")

    assert caught.value.response["needed"] == "usergroups:read"


def test_the_app_hears_who_came_and_who_went(
    slack: SimulatedSlack, seen: list[Json], clock: StoryClock
) -> None:
    group = slack.add_usergroup("platform", [ANA, BEN])
    founded = group.updated_at
    clock.forward(days=1)

    told = slack.set_usergroup_users(group.id, [BEN, MIA, LEO])

    assert [one.status for one in told] == [200, 200]
    updated, changed = (body["event"] for body in seen[-2:])
    assert updated["type"] == "subteam_updated"
    assert updated["subteam"]["users"] == [BEN.id, MIA.id, LEO.id]
    assert changed.pop("event_ts")
    assert changed == {
        "type": "subteam_members_changed",
        "subteam_id": group.id,
        "team_id": slack.team_id,
        "date_previous_update": founded,
        "date_update": founded + 86_400,
        "added_users": [MIA.id, LEO.id],
        "added_users_count": "2",
        "removed_users": [ANA.id],
        "removed_users_count": "1",
    }


def test_the_app_hears_of_another_name_and_of_the_end(
    slack: SimulatedSlack, seen: list[Json]
) -> None:
    group = slack.add_usergroup("platform", [ANA])

    slack.change_usergroup(group.id, handle="ml", name="ML")
    slack.disable_usergroup(group.id)

    renamed, disabled = (body["event"]["subteam"] for body in seen[-2:])
    assert (renamed["handle"], renamed["name"], renamed["date_delete"]) == ("ml", "ML", 0)
    assert disabled["date_delete"] > 0


def test_a_mentioned_group_becomes_its_token(slack: SimulatedSlack, seen: list[Json]) -> None:
    group = slack.add_usergroup("ml-platform", [ANA])
    off = slack.add_usergroup("old", [ANA])
    slack.disable_usergroup(off.id, tell=False)

    slack.command(ANA, "team create @ml-platform with @ana, not @old")

    assert seen[-1]["text"] == (
        f"team create <!subteam^{group.id}|@ml-platform> with <@U01ANA|ana>, not @old"
    )


def test_a_group_is_shown_by_its_handle(slack: SimulatedSlack, client: WebClient) -> None:
    group = slack.add_usergroup("ml", [ANA])

    client.chat_postMessage(channel=slack.general.id, text=f"Hello <!subteam^{group.id}>")

    assert slack.as_text(slack.channel("general")[0]) == "Hello @ml"


@pytest.mark.usefixtures("seen")
def test_another_process_arranges_too(slack: SimulatedSlack, client: WebClient) -> None:
    channel = control(slack, "add_channel", name="digest", is_private=True, members=[ANA.id])
    control(slack, "archive", channel_id=channel["id"])
    group = control(slack, "add_usergroup", handle="ml", users=[ANA.id])
    control(slack, "set_usergroup_users", group=group["id"], users=[BEN.id])
    control(slack, "refuse_block", kind="data_visualization")
    unknown = control(slack, "archive", channel_id="C0NONE")

    assert refusal(client, channel["id"]) == "is_archived"
    assert slack.workspace.usergroups[group["id"]].users == [BEN.id]
    assert slack.faults.refuses_block("data_visualization")
    assert "channel_not_found" in unknown["error"]
