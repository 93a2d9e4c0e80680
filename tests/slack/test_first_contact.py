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
        ("what is left?", "balance"),
        ("what used most last week", "usage"),
        ("set weekly allowance @ana 500k", "allowance"),
        ("set up", "setup"),
        ("show me my usage", "usage"),
        ("my limits", "why"),
        ("what ? <script>left</script> left", "balance"),
        ("spend", "usage"),
    ],
)
def test_another_word_for_a_command_is_hinted_at_and_not_obeyed(
    lobby: Town, typed: str, meant: str
) -> None:
    before = lobby.entries()

    shown = lobby.say(LEO, typed)

    assert f"Did you mean /tokens {meant}?" in shown
    assert lobby.entries() == before


@pytest.mark.parametrize(
    ("typed", "recipient", "amount", "reason"),
    [
        ("give @ben 250k for the demo", BEN, "250k", "the demo"),
        ("send 10k to @ben", BEN, "10,000", ""),
        ("give @ben @mia 10k", None, "10k", ""),
        ("share everything with ben", None, "", ""),
        ("give @ben 1k <b>&*_`x`", BEN, "1k", "<b>&*_`x`"),
        ("give @ben 1k " + "x" * 3_000, BEN, "1k", "x" * 500),
    ],
)
def test_the_form_behind_the_hint_has_what_was_typed(
    lobby: Town, typed: str, recipient: Person | None, amount: str, reason: str
) -> None:
    lobby.say(ANA, typed)
    lobby.slack.click(ANA, "ephemeral", "Transfer…")

    view = lobby.slack.modal(ANA)
    lobby.slack.close_modal(ANA)

    assert view is not None
    filled = {block["block_id"]: block["element"] for block in view.body["blocks"][-3:]}
    assert filled["recipients"].get("initial_user") == (recipient.id if recipient else None)
    assert filled["amount"].get("initial_value", "") == amount
    assert filled["reason"].get("initial_value", "") == reason


@pytest.mark.parametrize(
    ("typed", "amount"), [("ask 500k for tests", "500k"), ("need more", ""), ("more <b>", "")]
)
def test_the_form_to_ask_has_the_amount_that_was_typed(
    lobby: Town, typed: str, amount: str
) -> None:
    lobby.say(ANA, typed)
    lobby.slack.click(ANA, "ephemeral", "Request more…")

    view = lobby.slack.modal(ANA)
    lobby.slack.close_modal(ANA)

    assert view is not None
    asked = next(block for block in view.body["blocks"] if block.get("block_id") == "amount")
    assert asked["element"].get("initial_value", "") == amount


def test_a_question_about_use_leads_to_the_largest_calls(town: Town) -> None:
    town.fund(ANA, "1M")
    town.handle.use("T0PLAYGROUND", ANA.id, 40_000, "opus")

    town.say(ANA, "what used most?")
    town.slack.click(ANA, "ephemeral", "What used most")

    town.settle()
    assert "the largest calls" in town.read(town.slack.ephemerals(ANA)[-1], ANA)


def test_a_manager_who_types_approve_is_one_press_from_the_list(town: Town) -> None:
    town.say(BEN, "request 500k for the evaluation run")

    town.say(MIA, "approve")
    town.slack.click(MIA, "ephemeral", "All requests…")

    assert "1 request waits for you" in town.slack.as_text(town.slack.modal(MIA))
    town.slack.close_modal(MIA)


def test_somebody_who_decides_nothing_hears_so_where_they_press_for_the_list(lobby: Town) -> None:
    lobby.say(ANA, "approve")
    lobby.slack.click(ANA, "ephemeral", "All requests…")
    lobby.settle()

    assert lobby.slack.modal(ANA) is None
    assert "You can't decide a request here" in lobby.read(lobby.slack.ephemerals(ANA)[-1], ANA)


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
