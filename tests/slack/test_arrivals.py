"""The first five minutes: one admin is welcomed, once, and the message follows what is set up."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from bot.playground.people import ANA, BEN, LEO, MIA, Person
from bot.playground.places import Message
from bot.services import settings
from tests.databases import Databases
from tests.slack.town import TEAM, Town, people, town_on
from tests.threads import at_once

STEPS = "Three steps set tokenbot up"
#: What each welcome says something of, however it stands.
TOLD = (STEPS, "steps done", "All set.")
(PIA,) = people("pia", is_owner=True)


@pytest.fixture
def new_town(database_url: str) -> Iterator[Town]:
    """Where the bot was installed just now, and Leo is the one admin."""
    with town_on(database_url, is_new=True) as made:
        yield made


@pytest.fixture
def quick(databases: Databases) -> Iterator[Town]:
    """The same, where the database is no matter."""
    with databases.migrated("sqlite") as url, town_on(url, is_new=True) as made:
        yield made


def welcomes(town: Town) -> list[Message]:
    """Every message of the bot's to anybody or any channel that tells of the steps."""
    town.settle()
    said = [
        one
        for channel in town.slack.workspace.channels.values()
        for one in channel.messages
        if one.author_id == "U00TOKENBOT"
    ]
    return [one for one in said if any(words in one.text for words in TOLD)]


def welcome(town: Town, who: Person = LEO) -> str:
    """The one message to them, as it reads once nothing is owed."""
    (told,) = [one for one in town.dms(who) if one in map(read_by(town, who), welcomes(town))]
    return told


def read_by(town: Town, who: Person) -> Callable[[Message], str]:
    return lambda message: town.read(message, who)


def test_the_first_admin_who_types_anything_is_told_three_steps_once(new_town: Town) -> None:
    town = new_town
    for words in ("balance", "help", ""):
        town.say(LEO, words)
    town.slack.open_home(LEO)

    told = welcome(town)

    assert STEPS in told
    assert "1. A channel for the weekly digest" in told
    assert "[Choose a channel…] [Skip]" in told
    assert "[Choose approvers…] [Skip]" in told
    assert "[Set an allowance…] [Skip]" in told
    assert len(welcomes(town)) == 1


def test_the_first_admin_who_opens_home_is_told_too(quick: Town) -> None:
    opened = quick.slack.open_home(LEO)
    quick.slack.redeliver(next(reversed(quick.slack.workspace.sent_events)))

    assert opened.status == 200
    assert STEPS in welcome(quick)


def test_nothing_is_said_in_a_channel_and_nothing_to_a_member(new_town: Town) -> None:
    town = new_town
    for who in (ANA, BEN, MIA):
        town.say(who, "help")
        town.slack.open_home(who)
    before = welcomes(town)

    town.say(LEO, "help")

    assert before == []
    assert len(welcomes(town)) == 1
    assert [one.author_id for one in town.slack.channel("general")].count("U00TOKENBOT") == 0


def test_an_admin_whom_slack_has_not_described_yet_is_told_once_it_has(new_town: Town) -> None:
    new_town.slack.add_person(PIA, tell=False)

    new_town.say(PIA, "help")

    assert STEPS in new_town.read(new_town.dm(PIA, containing=STEPS), PIA)
    assert len(welcomes(new_town)) == 1


def test_a_member_whom_slack_has_not_described_yet_is_told_nothing(quick: Town) -> None:
    (eve,) = people("eve")
    quick.slack.add_person(eve, tell=False)

    quick.say(eve, "help")
    quick.slack.open_home(eve)
    quick.knows(eve)

    assert welcomes(quick) == []


def test_two_admins_at_once_are_one_welcome(new_town: Town) -> None:
    town = new_town
    town.meets(PIA)

    done = at_once([partial(town.say, who, "help") for who in (LEO, PIA) * 3])

    assert all(each.error is None for each in done)
    assert len(welcomes(town)) == 1


def test_an_admin_that_slacks_flag_does_not_make_is_none_where_the_setting_says_no(
    quick: Town,
) -> None:
    settings.put(
        quick.bot.database,
        TEAM,
        name="slack_admins_are_approvers",
        value="no",
        actor="command line",
        now=quick.clock(),
    )

    quick.say(LEO, "help")

    assert welcomes(quick) == []


def test_each_step_done_is_seen_in_the_message_and_the_end_says_what_to_try(
    new_town: Town,
) -> None:
    town = new_town
    town.say(LEO, "help")
    told = town.dm(LEO, containing=STEPS)

    town.slack.click(LEO, told, "Choose a channel…")
    town.slack.submit(LEO, {"channel": "#general"})
    one = welcome_once(town, "1 of 3 steps done")
    town.slack.close_modal(LEO, everything=True)
    town.slack.click(LEO, told, "Choose approvers…")
    town.slack.submit(LEO, {"managers": [MIA.id]})
    two = welcome_once(town, "2 of 3 steps done")
    town.slack.close_modal(LEO, everything=True)
    town.slack.click(LEO, told, "Set an allowance…")
    town.slack.submit(LEO)
    town.slack.click(LEO, "modal", "Start it")
    end = welcome_once(town, "All set.")

    assert "1. Done: a weekly digest goes to #general" in one
    assert "2. Done: @Mia" in two
    assert "each gets 1M tokens every week" in end
    assert "/tokens grant @ana 250k" in end
    assert "comes here from now on" in town.read(town.slack.channel("general")[-1], ANA)


def welcome_once(town: Town, says: str) -> str:
    """The one message, once it says this."""
    town.dm(LEO, containing=says)
    return welcome(town)


def test_the_form_of_an_allowance_stands_ready_for_everyone_from_monday(quick: Town) -> None:
    quick.say(LEO, "setup")
    quick.clock.forward(days=1)  # it is Tuesday

    quick.slack.click(LEO, quick.dm(LEO, containing=STEPS), "Set an allowance…")

    shown = quick.slack.as_text(quick.slack.modal(LEO))
    assert "1,000,000" in shown
    assert "Everyone" in shown
    assert "2026-03-09" in shown


def test_steps_can_be_skipped_and_done_all_the_same(new_town: Town) -> None:
    town = new_town
    town.say(LEO, "help")
    told = town.dm(LEO, containing=STEPS)

    town.slack.click(LEO, told, "Skip", value="digest")
    one = welcome_once(town, "1 skipped")
    for step in ("approvers", "allowance"):
        town.slack.click(LEO, town.slack.dm(LEO)[-1], "Skip", value=step)
    end = welcome_once(town, "All set.")
    again = town.say(LEO, "setup")

    assert "1. Skipped: no weekly digest" in one
    assert "Skipped: Slack's admins and owners approve" in end
    assert "0 of 3 steps done, 3 skipped" in again
    assert "[Choose a channel…]" in again


def test_what_another_admin_does_by_command_is_seen_in_the_message(new_town: Town) -> None:
    town = new_town
    town.meets(PIA)
    town.say(LEO, "help")
    town.dm(LEO, containing=STEPS)

    town.say(PIA, "digest here")
    one = welcome_once(town, "1 of 3 steps done")
    town.say(PIA, "team manager Everyone @mia")
    welcome_once(town, "2 of 3 steps done")
    town.say(PIA, "digest off")
    back = welcome_once(town, "1 of 3 steps done")

    assert "a weekly digest goes to #general" in one
    assert "2. Done: @Mia" in back
    assert town.dms(PIA) == []


def test_what_is_undone_after_the_end_leaves_the_message_as_it_is(quick: Town) -> None:
    quick.say(LEO, "digest here")
    told = quick.dm(LEO, containing="1 of 3")
    for step in ("approvers", "allowance"):
        quick.slack.click(LEO, told, "Skip", value=step)
        quick.settle()
    quick.dm(LEO, containing="All set.")

    quick.say(LEO, "digest off")

    assert "All set." in welcome(quick)
    assert "1. A channel for the weekly digest" in quick.say(LEO, "setup")


def test_setup_is_for_admins_alone(quick: Town) -> None:
    shown = quick.say(ANA, "setup")

    assert "Setting tokenbot up is for admins" in shown
    assert "[Skip]" not in shown


def test_a_step_skipped_under_the_answer_to_setup_is_skipped_there(quick: Town) -> None:
    quick.say(LEO, "help")
    quick.say(LEO, "setup")

    quick.slack.click(LEO, quick.slack.general.id, "Skip", value="approvers")

    assert "2. Skipped" in welcome_once(quick, "1 skipped")


@pytest.mark.parametrize("value", ["", "nothing", "<!channel>", "digest'; --", "x" * 2_000])
def test_a_skip_of_what_is_no_step_changes_nothing(quick: Town, value: str) -> None:
    quick.say(LEO, "help")
    told = quick.dm(LEO, containing=STEPS)
    button = next(
        element
        for block in told.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == "setup_skip"
    )
    button["value"] = value

    quick.slack.click(LEO, told, "Skip")

    quick.settle()
    assert quick.rows("SELECT step FROM skipped_step") == []


def test_a_skip_by_somebody_who_is_no_admin_any_more_changes_nothing(quick: Town) -> None:
    quick.say(LEO, "help")
    told = quick.dm(LEO, containing=STEPS)
    quick.slack.change_person(LEO, is_admin=False, is_owner=False)

    quick.slack.click(LEO, told, "Skip", value="digest")

    quick.settle()
    assert quick.rows("SELECT step FROM skipped_step") == []
    assert "is for admins" in quick.read(quick.slack.ephemerals(LEO)[-1], LEO)
