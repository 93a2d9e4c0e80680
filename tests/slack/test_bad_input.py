"""What people type: amounts that are none, reasons of every kind, and what is missing."""

from collections.abc import Mapping

import pytest

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.slack.town import Town

ACCEPTED: Mapping[str, str] = {
    "1M": "1M (1,000,000)",
    "1m": "1M (1,000,000)",
    "250k": "250k (250,000)",
    "250K": "250k (250,000)",
    "1.5m": "1.5M (1,500,000)",
    "2b": "2B (2,000,000,000)",
    "2,000,000": "2M (2,000,000)",
    "2_000_000": "2M (2,000,000)",
    "7": "7 tokens",
    "1": "1 token ",
    "1000000000000000": "1,000,000B (1,000,000,000,000,000)",
    "0.5k": "500 tokens",
}
REFUSED: Mapping[str, str] = {
    "0": "0 is no amount. The least is 1 token. Write it like 250k, 1.5M or 2,000,000.",
    "0k": "0k is no amount",
    "-5": "-5 is below zero. Amounts are always positive. Did you mean 5?",
    "−5k": "−5k is below zero. Amounts are always positive. Did you mean 5k?",
    "1.5": "1.5 has a fraction of a token. Tokens are whole. Did you mean 1.5k or 1.5M?",
    "1.0005k": "1.0005k has a fraction of a token. Tokens are whole. Did you mean 1,000?",
    "1000000000000001": "is more than can move at once. The most is 1,000,000,000,000,000.",
    "1,5M": "1,5M could be two numbers. Decimals take a point. Did you mean 1.5M?",
    "1.000.000": "1.000.000 could be two numbers. Thousands take commas. Did you mean 1,000,000?",
    "1e6": "1e6 is short for a long number. Please write it out. Did you mean 1,000,000?",
    "١٢٣": "has digits that I can't read. Use 0 to 9. Did you mean 123?",
    "1 000 000": "1 000 000 has a space in it. Amounts are one word. Did you mean 1,000,000?",
    "1 M": "1 M has a space in it. Amounts are one word. Did you mean 1M?",
    "1 million": "1 million has a space in it. Amounts are one word. Did you mean 1M?",
    "12x": "12x isn't an amount. Write it like 250k, 1.5M or 2,000,000.",
    "1M\u00a0000": "has a space in it",
    "9" * 400: "isn't an amount",
}


@pytest.mark.parametrize("typed", ACCEPTED)
def test_an_amount_is_understood_and_said_back_short_and_exact(lobby: Town, typed: str) -> None:
    shown = lobby.say(BEN, f"request {typed} for the demo")
    lobby.say(BEN, "withdraw")

    assert shown.startswith(ACCEPTED[typed])


@pytest.mark.parametrize("typed", REFUSED)
@pytest.mark.parametrize("command", ["grant @ana {}", "transfer @mia {}", "request {}"])
def test_an_amount_that_could_be_misread_is_refused_with_its_nearest_reading(
    lobby: Town, command: str, typed: str
) -> None:
    shown = lobby.say(LEO, command.format(typed) + " for the demo")

    assert REFUSED[typed] in shown
    assert lobby.entries() == []
    assert lobby.slack.modal(LEO) is None


def test_an_amount_that_is_no_number_is_refused_under_its_field(lobby: Town) -> None:
    lobby.say(LEO, "grant @ana")

    sent = lobby.slack.submit(LEO, {"How many for each?": "1,5M"})
    lobby.slack.close_modal(LEO)

    assert sent.errors == {
        "amount": "1,5M could be two numbers. Decimals take a point. Did you mean 1.5M?"
    }


def test_more_than_one_has_is_refused_with_what_there_is(lobby: Town) -> None:
    shown = lobby.say(BEN, "transfer @ana 250k")

    assert shown.startswith("You have 0 tokens available, and this takes 250k (250,000).")
    assert "/tokens request" in shown


def test_more_than_one_has_is_refused_under_the_forms_amount(lobby: Town) -> None:
    lobby.say(BEN, "transfer")

    sent = lobby.slack.submit(BEN, {"Who gets them?": ANA.id, "How many?": "250k"})
    lobby.slack.close_modal(BEN)

    assert "You have 0 tokens available" in sent.errors["amount"]


NOTES: Mapping[str, tuple[str, str]] = {
    "a ping to all": ("<!channel> now", "<!channel> now"),
    "a ping by name": ("@here @channel @everyone", "@here @channel @everyone"),
    "bold": ("*not bold* _nor this_", "*not bold* _nor this_"),
    "code": ("`code` and ```block```", "`code` and ```block```"),
    "a fake link": ("<https://evil.example|your bank>", "your bank"),
    "emoji": ("🚀 the 👩‍👩‍👧 launch", "🚀 the 👩‍👩‍👧 launch"),
    "right to left": ("للعرض التجريبي שלום", "للعرض التجريبي שלום"),
    "an ampersand": ("R&D &amp; more", "R&D &amp; more"),
    "a quote": ("> not a quote of ours", "> not a quote of ours"),
}


@pytest.mark.parametrize("what", NOTES)
def test_a_reason_shows_as_it_was_typed_and_pings_nobody(lobby: Town, what: str) -> None:
    typed, shown = NOTES[what]

    lobby.say(LEO, f"grant @ana 5 for {typed}")
    lobby.settle()
    message = lobby.slack.dm(ANA)[-1]

    assert shown in lobby.read(message, ANA)
    assert "<!" not in message.text
    for block in message.blocks:
        assert "<!channel" not in str(block.get("text", ""))


def test_control_characters_in_a_reason_become_spaces_and_the_rest_stays(town: Town) -> None:
    receipt = town.say(LEO, "grant @ana 5 for the\x00 de\x07mo")

    assert "the de mo" in receipt
    assert "the de mo" in town.read(town.dm(ANA, containing="granted"), ANA)


@pytest.mark.parametrize(
    "text", ["balance \x00", "reverse \x00\x00\x00\x00\x00\x00\x00\x00", "\x00", "grant \x00 5"]
)
def test_a_nul_among_the_words_is_answered_in_words(town: Town, text: str) -> None:
    answer = town.slack.command(LEO, text)

    assert answer.is_good
    assert "broke" not in answer.shown


@pytest.mark.parametrize("length", [501, 5_000])
def test_a_reason_too_long_is_refused_with_its_length(lobby: Town, length: int) -> None:
    shown = lobby.say(LEO, f"grant @ben 5 for {'x' * length}")

    assert shown.startswith(f"That reason has {length:,} characters; 500 fit.")
    assert lobby.available(BEN) == 0


def test_a_reason_of_the_greatest_length_arrives_whole(lobby: Town) -> None:
    lobby.say(LEO, f"grant @mia 5 for {'<&>x*' * 100}")
    lobby.settle()

    assert "<&>x*" * 100 in lobby.read(lobby.slack.dm(MIA)[-1], MIA)


def test_a_reason_needs_no_for(lobby: Town) -> None:
    lobby.say(LEO, "grant @mia 5 forty-two reasons")
    lobby.settle()

    assert "forty-two reasons" in lobby.read(lobby.slack.dm(MIA)[-1], MIA)


def test_too_many_people_at_once_are_refused(lobby: Town) -> None:
    shown = lobby.slack.command(
        LEO, "grant " + " ".join(f"<@U0NOBODY{n}>" for n in range(101)) + " 5", escape=False
    ).shown

    assert "people at once are too many" in shown


@pytest.mark.parametrize("typed", ["abc", "", "12", "zzzzzzzz", "00000000"])
def test_a_receipt_id_that_is_none_is_refused_with_where_to_find_one(
    lobby: Town, typed: str
) -> None:
    shown = lobby.say(MIA, f"reverse {typed}")

    assert "Type all eight characters of a receipt id" in shown
