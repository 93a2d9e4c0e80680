"""Digests over the wire: set up by command, seen in channels and messages, lost and mended."""

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bot.playground.blocks.surfaces import problems
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.places import Message
from tests.slack.test_teams import answer
from tests.slack.town import TEAM, Town

#: In the town it is Monday, 2 March 2026, 09:30; this is in the week before.
LAST_WEEK = datetime(2026, 2, 24, 12, 0, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


@pytest.fixture
def busy(sqlite_town: Town) -> Town:
    """A town in which Ana and Ben used tokens last week."""
    town = sqlite_town
    for who, tokens, model in ((ANA, 700_000, "opus"), (BEN, 300_000, "<!channel> *mini*")):
        town.handle.use(TEAM, who.id, tokens, model, "ranking", at=LAST_WEEK)
    return town


def general(town: Town) -> list[Message]:
    town.settle()
    return [one for one in town.slack.channel("general") if one.author_id == "U00TOKENBOT"]


def in_general(town: Town) -> list[str]:
    return [town.read(one, ANA) for one in general(town)]


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in message.blocks]


def here(town: Town) -> str:
    return town.slack.command(MIA, "digest here", channel_id=channel_id(town)).shown


def channel_id(town: Town, name: str = "general") -> str:
    channel = town.slack.workspace.channel_named(name)
    assert channel is not None
    return channel.id


def test_digest_here_chooses_the_channel_and_says_so_in_it(busy: Town) -> None:
    shown = here(busy)

    assert "of Everyone goes to #general, Mondays at 09:00 (UTC)" in shown
    assert "comes here from now on: Mondays at 09:00" in in_general(busy)[0]


def test_a_digest_comes_on_monday_with_a_table_and_charts(busy: Town) -> None:
    here(busy)
    busy.handle.tick(NEXT_MONDAY)

    _, digest = general(busy)
    assert kinds(digest).count("table") == 1
    assert "data_visualization" in kinds(digest)
    assert problems("message", digest.blocks) == []
    assert "No use in Everyone (no team) this time, after 1M tokens the week before" in digest.text
    assert "Next:" in digest.text


def test_digest_now_sends_it_once_for_a_command_that_comes_twice(busy: Town) -> None:
    here(busy)

    done = busy.slack.command(MIA, "digest now", channel_id=channel_id(busy))
    busy.slack.resend(done.request)

    _, digest, *more = in_general(busy)
    assert more == []
    assert "1M tokens" in digest
    assert "@Ana" not in digest  # nobody is named unless the team shows its people


def test_a_preview_is_seen_by_the_one_who_asks_alone_and_sends_once(busy: Town) -> None:
    here(busy)
    busy.say(MIA, "digest preview")

    preview = busy.dm(MIA, containing="A preview that you alone see")
    assert len(in_general(busy)) == 1
    busy.slack.click(MIA, preview, "Send it now")
    busy.slack.click(MIA, preview, "Send it now")

    assert len(in_general(busy)) == 2


def test_the_leaderboard_shows_who_did_not_stay_out(busy: Town) -> None:
    here(busy)
    busy.say(MIA, "digest leaderboard on")
    assert "no digest from now on" in busy.say(BEN, "digest hide me")
    busy.say(MIA, "digest now")

    digest = in_general(busy)[-1]
    assert "Most tokens, of those who are shown: @Ana" in digest
    assert "@Ben" not in digest


def test_ones_own_digest_comes_by_message_once_asked_for(busy: Town) -> None:
    assert "to you alone" in busy.say(ANA, "digest me on")
    busy.handle.tick(NEXT_MONDAY)

    own = busy.dm(ANA, containing="Your week")
    assert "0 tokens used last week, 700k the week before" in own.text
    busy.say(ANA, "digest me off")
    busy.handle.tick(NEXT_MONDAY.replace(day=16))
    assert len([one for one in busy.dms(ANA) if "Your week" in one]) == 1


@pytest.mark.parametrize("code", ["invalid_blocks", "invalid_attachments"])
def test_a_chart_that_slack_refuses_is_left_out_for_bars_of_text(busy: Town, code: str) -> None:
    here(busy)
    busy.settle()
    busy.slack.faults.fail_next(1, f"error:{code}", "chat.postMessage")
    busy.say(MIA, "digest now")

    digest = general(busy)[-1]
    assert "data_visualization" not in kinds(digest)
    assert "table" in kinds(digest)
    assert "█" in json.dumps(digest.blocks, ensure_ascii=False)
    assert busy.rows("SELECT * FROM outbox WHERE state = 'dead'") == []


def test_a_table_that_slack_refuses_too_is_said_in_lines(busy: Town) -> None:
    here(busy)
    busy.settle()
    busy.slack.faults.fail_next(2, "error:invalid_blocks", "chat.postMessage")
    busy.say(MIA, "digest now")

    digest = general(busy)[-1]
    assert set(kinds(digest)) == {"section", "context", "rich_text"}
    assert "Used: 1,000,000" in json.dumps(digest.blocks)


def lose(town: Town, how: str) -> None:
    channel = town.slack.workspace.channels[channel_id(town)]
    with town.slack.workspace.changing():
        if how == "archived":
            channel.is_archived = True
        elif how == "without me":
            channel.members.discard(town.slack.workspace.bot.id)
        elif how == "private":
            channel.members.discard(town.slack.workspace.bot.id)
            channel.kind = "private"
        else:
            del town.slack.workspace.channels[channel.id]


@pytest.mark.parametrize(
    ("how", "words", "mend"),
    [
        ("archived", "is archived", "Unarchive it and"),
        ("without me", "doesn't have me in it", "Type /invite @tokenbot there and"),
        ("private", "was deleted, or is private without me in it", "type /invite @tokenbot there"),
        ("deleted", "was deleted, or is private without me in it", "or choose another: the digest"),
    ],
)
def test_a_lost_channel_is_told_with_a_button_that_sends_the_digest_elsewhere(
    busy: Town, how: str, words: str, mend: str
) -> None:
    here(busy)
    busy.settle()
    lose(busy, how)
    busy.handle.tick(NEXT_MONDAY)

    told = busy.dm(MIA, containing="could not be delivered")
    assert words in busy.read(told, MIA).replace("`", "")
    assert mend in busy.read(told, MIA).replace("`", "")
    dead = busy.rows("SELECT kind FROM outbox WHERE state = 'dead'")
    assert [row["kind"] for row in dead] == ["digest"]

    opened = busy.slack.click(MIA, told, "Choose a channel…")
    assert opened.status == 200
    busy.slack.submit(MIA, {"Which channel?": channel_id(busy, "ml-platform")})
    busy.settle()
    (sent,) = busy.slack.channel("ml-platform")
    assert "No use in Everyone (no team) this time" in sent.text
    busy.handle.tick(NEXT_MONDAY)
    assert len(busy.slack.channel("ml-platform")) == 1


def test_choosing_a_channel_without_the_bot_is_told_at_once(busy: Town) -> None:
    lose(busy, "without me")

    here(busy)

    told = busy.dm(MIA, containing="can't come there")
    assert "doesn't have me in it" in busy.read(told, MIA)


def test_a_direct_message_is_no_place_for_a_digest(busy: Town) -> None:
    dm = busy.slack.workspace.dm_between(MIA.id, LEO.id)

    done = busy.slack.command(MIA, "digest here", channel_id=dm.id)

    assert "A digest goes to a channel" in done.shown


def test_a_digest_is_turned_off_and_set_to_another_hour(busy: Town) -> None:
    here(busy)

    assert "Fridays at 16:00" in busy.say(MIA, "digest friday 16")
    assert "until a channel is chosen" in busy.say(MIA, "digest off")
    assert "has no channel yet" in busy.say(MIA, "digest now")
    busy.handle.tick(NEXT_MONDAY.replace(day=14))
    assert len(in_general(busy)) == 1


@pytest.mark.parametrize(
    "typed",
    ["digest someday 9", "digest monday", "digest monday 24", "digest monday ٩", "digest x"],
)
def test_a_time_that_is_none_is_refused_with_an_example(lobby: Town, typed: str) -> None:
    assert "/tokens digest monday 9" in lobby.say(MIA, typed)


def test_only_approvers_set_a_digest_up(lobby: Town) -> None:
    for typed in ("here", "off", "now", "preview", "monday 9", "leaderboard on"):
        assert "for its managers and for admins" in lobby.say(ANA, f"digest {typed}")


def test_what_is_set_is_shown_with_its_buttons(busy: Town) -> None:
    here(busy)

    busy.say(MIA, "digest")
    done = busy.slack.click(MIA, "ephemeral", "Turn off")
    busy.settle()
    busy.say(ANA, "digest")
    busy.slack.click(ANA, "ephemeral", "Send me mine weekly")

    assert done.status == 200
    (row,) = busy.rows("SELECT channel_id FROM team WHERE team_id = 'everyone'")
    assert row["channel_id"] is None
    (row,) = busy.rows("SELECT user_id FROM preference WHERE wants_digest")
    assert row["user_id"] == ANA.id


def test_who_has_several_teams_names_one(busy: Town) -> None:
    with busy.bot.database.writing() as tx:
        tx.connection.execute(
            sa.text(
                "INSERT INTO team (workspace_id, team_id, name, created_at) VALUES"
                " (:w, 'search', 'Search & <!here>', '2026-01-01T00:00:00.000000+00:00')"
            ),
            {"w": TEAM},
        )
    general_id = channel_id(busy)

    unclear = busy.slack.command(LEO, "digest here", channel_id=general_id).shown
    unknown = busy.slack.command(LEO, "digest here Serach", channel_id=general_id).shown
    named = busy.slack.command(LEO, "digest here search & <!here>", channel_id=general_id).shown

    assert "Which team?" in unclear
    assert "No team of yours is called" in unknown
    assert "#general" in named
    assert "Search" in busy.say(LEO, "digest off")  # the one of this channel


def test_staying_out_is_taken_back_and_a_switch_is_on_or_off(lobby: Town) -> None:
    lobby.say(BEN, "digest hide me")

    assert "you may be named again" in lobby.say(BEN, "digest show me")
    assert "I can't read" in lobby.say(BEN, "digest me maybe")
    (row,) = lobby.rows("SELECT is_unlisted FROM preference WHERE user_id = :u", u=BEN.id)
    assert not row["is_unlisted"]


def test_a_digest_here_that_comes_twice_is_told_in_the_channel_once(busy: Town) -> None:
    done = busy.slack.command(MIA, "digest here", channel_id=channel_id(busy))
    busy.slack.resend(done.request)

    assert len(in_general(busy)) == 1


def test_the_preview_button_shows_the_digest_to_whoever_pressed_it(busy: Town) -> None:
    busy.say(MIA, "digest")
    busy.slack.click(MIA, "ephemeral", "Preview")

    preview = busy.dm(MIA, containing="A preview that you alone see")
    assert "Choose a channel…" in busy.read(preview, MIA)


def test_slack_being_down_only_delays_a_digest(busy: Town) -> None:
    here(busy)
    busy.settle()
    busy.slack.faults.fail_next(1, "error:internal_error", "chat.postMessage")
    busy.say(MIA, "digest now")

    digest = general(busy)[-1]
    assert "data_visualization" in kinds(digest)


def test_a_pool_that_ran_dry_is_filled_from_the_digest_by_an_admin_alone(busy: Town) -> None:
    for typed in ("team create search @ana", "team manager search @mia", "team fill search 100k"):
        busy.say(LEO, typed)
    busy.say(MIA, "grant @ana 100k for the pilot")
    busy.slack.command(LEO, "digest here search", channel_id=channel_id(busy))
    busy.handle.tick(NEXT_MONDAY)
    digest = general(busy)[-1]
    assert "The pool of search is empty" in digest.text

    busy.slack.click(ANA, digest, "Fill the pool…")
    busy.slack.click(LEO, digest, "Fill the pool…")
    busy.slack.submit(LEO, {"How many come into it?": "250k"})

    busy.soon(lambda: "Filling a pool is for admins" in answer(busy, ANA))
    (row,) = busy.rows("SELECT balance FROM account WHERE kind = 'pool'")
    assert row["balance"] == 250_000
