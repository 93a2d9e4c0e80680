"""What somebody sees who has just met the bot: Home, help, and one line with the first tokens."""

import pytest

from bot.domain.directory import Role, UserId
from bot.playground.people import ANA, BEN, LEO, MIA, Person
from bot.services import approvers
from bot.slack.listeners.commands import MEANT, SUBCOMMANDS
from tests.slack.town import TEAM, Town, people


def test_home_shows_a_newcomer_what_they_can_do(sqlite_town: Town) -> None:
    town = sqlite_town
    opened = town.slack.open_home(BEN)

    shown = town.home(BEN, containing="No tokens right now")
    assert opened.status == 200
    assert "[Request more…] [Transfer…]" in shown
    assert "[Grant…]" not in shown
    assert "/tokens help" in shown


def test_home_shows_balance_open_requests_and_the_last_entries(town: Town) -> None:
    town.fund(BEN)
    town.say(BEN, "request 500k for the evaluation run")

    town.slack.open_home(BEN)

    shown = town.home(BEN, containing="1M tokens available")
    assert "[Request more…] [Transfer…]" in shown
    assert "the evaluation run" in shown
    assert "Waits for @Mia Chen" in shown
    assert "granted by @Leo Novak" in shown


def test_the_messages_tab_publishes_no_home(lobby: Town) -> None:
    opened = lobby.slack.open_home(LEO, tab="messages")

    assert opened.status == 200
    lobby.settle()
    assert lobby.slack.home(LEO) is None


def test_somebody_unknown_who_opens_home_is_looked_up_and_then_gets_it(town: Town) -> None:
    (eve,) = people("eve")
    town.slack.add_person(eve, tell=False)

    town.slack.open_home(eve)

    town.home(eve, containing="No tokens right now")
    town.knows(eve)


def test_the_first_tokens_come_with_a_line_on_how_to_see_them_and_later_ones_without(
    town: Town,
) -> None:
    town.fund(ANA)
    town.fund(ANA)

    first, second = town.dms(ANA)

    assert "Your first tokens: see them with /tokens balance" in first
    assert "first tokens" not in second


def test_help_shows_each_what_they_can_do_and_no_more(lobby: Town) -> None:
    fay = finance(lobby, "fay")

    shown = {who.name: lobby.say(who, "help") for who in (ANA, MIA, LEO, fay)}

    assert "grant" not in shown["ana"]
    assert "As an approver, for your team" in shown["mia"]
    assert "As an approver, for everyone" in shown["leo"]
    assert "In finance, for everyone" in shown["fay"]
    assert "grant" not in shown["fay"]
    assert lobby.say(ANA, "") == shown["ana"]
    for words in shown.values():
        assert "/tokens transfer @ana 250k for the demo" in words


def test_an_unknown_word_gets_the_nearest_command(lobby: Town) -> None:
    assert "Did you mean /tokens balance?" in lobby.say(ANA, "balence")
    assert "Did you mean /tokens transfer?" in lobby.say(ANA, "trasnfer @ben 5")
    assert "/tokens help shows what you can do" in lobby.say(ANA, "abracadabra")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("give @ben 250k", "transfer"),
        ("Send @ben 250k", "transfer"),
        ("ask for more", "request"),
        ("how much do I have", "balance"),
        ("most", "usage"),
        ("approve", "requests"),
        ("weekly 1M", "allowance"),
        ("blance", "balance"),
    ],
)
def test_another_word_for_a_command_is_hinted_at_and_not_obeyed(
    lobby: Town, typed: str, meant: str
) -> None:
    before = lobby.entries()

    shown = lobby.say(LEO, typed)

    assert f"Did you mean /tokens {meant}?" in shown
    assert lobby.entries() == before


def test_every_other_word_leads_to_a_command_and_is_none_itself() -> None:
    for word, command in MEANT.items():
        assert command in SUBCOMMANDS, word
        assert word not in SUBCOMMANDS


def test_a_command_in_capitals_is_understood(lobby: Town) -> None:
    assert "You have no tokens right now" in lobby.say(BEN, "BALANCE")


def finance(town: Town, name: str) -> Person:
    """A colleague who reads all and decides nothing."""
    (person,) = people(name)
    town.meets(person)
    approvers.add(
        town.bot.database,
        TEAM,
        user_id=UserId(person.id),
        role=Role.FINANCE,
        actor="command line",
        now=town.clock(),
    )
    return person
