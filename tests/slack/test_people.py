"""Who is meant: people the bot has yet to meet, and those who take no part."""

from collections.abc import Iterator

import pytest

from bot.playground.people import ANA, BEN, LEO, Person
from bot.services import settings
from tests.databases import Databases
from tests.slack.town import TEAM, Town, people, town_on

BOT = Person(id="U1BOT", name="robo", real_name="Robo", is_bot=True)
GUEST = Person(id="U1GUEST", name="gus", real_name="Gus Guest", is_restricted=True)
SINGLE = Person(id="U1SINGLE", name="sia", real_name="Sia Single", is_ultra_restricted=True)
FOREIGN = Person(id="U1FOREIGN", name="flo", real_name="Flo Far", team_id="T0OTHER")
STRANGER = Person(id="U1STRANGE", name="stig", real_name="Stig Strange", is_stranger=True)
GONE = Person(id="U1GONE", name="gil", real_name="Gil Gone", deleted=True)
OUTSIDERS = (BOT, GUEST, SINGLE, FOREIGN, STRANGER, GONE)
REFUSALS = {
    BOT.id: "@Robo is an app",
    GUEST.id: "@Gus Guest is a guest here",
    SINGLE.id: "@Sia Single is a guest here",
    FOREIGN.id: "@Flo Far is from another organisation",
    STRANGER.id: "@Stig Strange is from another organisation",
    GONE.id: "@Gil Gone is deactivated in Slack",
}


@pytest.fixture(scope="module")
def harbour(databases: Databases) -> Iterator[Town]:
    """A town with every kind of outsider in it."""
    with (
        databases.migrated("sqlite") as url,
        town_on(url, cast=(ANA, BEN, LEO, *OUTSIDERS)) as made,
    ):
        made.fund(ANA)
        yield made


@pytest.mark.parametrize("command", ["grant {} 5", "transfer {} 5"])
@pytest.mark.parametrize("who", OUTSIDERS, ids=lambda who: who.id)
def test_whoever_takes_no_part_receives_nothing_and_the_sender_learns_why(
    harbour: Town, who: Person, command: str
) -> None:
    actor = LEO if command.startswith("grant") else ANA

    shown = harbour.slack.command(actor, command.format(f"<@{who.id}>"), escape=False).shown

    assert shown.startswith(REFUSALS[who.id])
    assert harbour.available(who) == 0


@pytest.mark.parametrize("who", [GUEST, SINGLE, FOREIGN, STRANGER], ids=lambda who: who.id)
def test_outsiders_send_and_ask_for_nothing_either(harbour: Town, who: Person) -> None:
    for command in ("transfer @ben 5", "request 5"):
        shown = harbour.say(who, command)

        assert shown.startswith(("You are a guest here", "You are from another organisation"))


def test_guests_take_part_once_an_admin_allows_it(town: Town) -> None:
    town.meets(GUEST)
    settings.put(
        town.bot.database,
        TEAM,
        name="outsiders_take_part",
        value="yes",
        actor="command line",
        now=town.clock(),
    )

    shown = town.say(LEO, "grant @gus 5")

    assert "5 tokens granted to @Gus Guest" in shown
    assert town.available(GUEST) == 5


def test_somebody_new_is_looked_up_in_the_background_and_a_retry_works(town: Town) -> None:
    (eve,) = people("eve")
    town.slack.add_person(eve, tell=False)
    looked_up = len(town.slack.calls("users.info"))

    first = town.say(LEO, "grant @eve 5")
    town.knows(eve)
    second = town.say(LEO, "grant @eve 5")

    assert first == "@Eve is new to me, and I'm asking Slack. Try again in a few seconds."
    assert "5 tokens granted to @Eve" in second
    assert len(town.slack.calls("users.info")) == looked_up + 1


def test_the_person_who_types_is_looked_up_too(town: Town) -> None:
    (eve,) = people("eve")
    town.slack.add_person(eve, tell=False)

    first = town.say(eve, "request 5")
    town.knows(eve)
    second = town.say(eve, "request 5")

    assert first.startswith("You are new to me")
    assert "5 tokens asked for" in second


def test_a_balance_is_answered_without_a_call_to_slack(town: Town) -> None:
    (eve,) = people("eve")
    town.slack.add_person(eve, tell=False)
    town.slack.faults.always("drop")

    shown = town.say(eve, "balance")

    assert "You have no tokens right now" in shown


def test_somebody_whom_slack_does_not_know_is_refused_with_how_to_choose_a_person(
    town: Town,
) -> None:
    first = town.slack.command(LEO, "grant <@U0NOBODY> 5", escape=False).shown
    town.soon(lambda: town.slack.calls("users.info"))
    town.soon(lambda: town.rows("SELECT 1 FROM member WHERE user_id = 'U0NOBODY'"))

    def refused() -> bool:
        again = town.slack.command(LEO, "grant <@U0NOBODY> 5", escape=False).shown
        return "unknown to Slack. Type @ and choose the person from Slack's list." in again

    assert "is new to me" in first
    town.soon(refused)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("@nobody", "@nobody is nobody I can find"),
        ("ben", "ben is nobody I can find"),
        ("#general", "#general is nobody I can find"),
        ("<!subteam^S123|@engineers>", "@engineers is nobody I can find"),
        ("<!here>", "here is nobody I can find"),
        ("<!channel>", "channel is nobody I can find"),
        ("<!everyone>", "everyone is nobody I can find"),
        ("https://example.com", "https://example.com is nobody I can find"),
        ("<@U02BEN", "<@U02BEN"),
        ("*", "* is nobody I can find"),
    ],
)
@pytest.mark.parametrize("command", ["grant {} 5", "transfer {} 5", "balance {}", "history {}"])
def test_what_is_no_mention_of_a_person_is_refused_with_how_to_choose_one(
    harbour: Town, command: str, typed: str, shown: str
) -> None:
    is_markup = typed.startswith("<!")

    answer = harbour.slack.command(LEO, command.format(typed), escape=not is_markup).shown

    assert shown in answer
    assert "Type @ and choose the person from Slack's list." in answer
    assert not harbour.rows("SELECT 1 FROM entry WHERE actor = :leo", leo=BEN.id)


def test_a_transfer_to_oneself_is_refused(harbour: Town) -> None:
    assert harbour.say(ANA, "transfer @ana 5").startswith("That's you.")


def test_the_same_person_named_twice_gets_the_grant_once(town: Town) -> None:
    shown = town.say(LEO, "grant @ana @ana 5")

    assert "5 tokens granted to @Ana Silva" in shown
    assert town.available(ANA) == 5


def test_a_mention_by_id_alone_is_understood(town: Town) -> None:
    shown = town.slack.command(LEO, "grant <@U01ANA> 5", escape=False).shown

    assert "5 tokens granted to @Ana Silva" in shown
