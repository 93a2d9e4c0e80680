"""Buttons under receipts and histories: Undo, Reverse anyway, Keep it, Older and Newest."""

import re

from bot.playground.people import ANA, BEN, LEO, MIA
from tests.slack.town import Town


def receipt_id(shown: str) -> str:
    """The eight characters that a receipt shows."""
    found = re.search(r"Receipt ([0-9a-f]{8})", shown)
    assert found, shown
    return found[1]


def test_undo_takes_a_transfer_back_and_tells_the_recipient(town: Town) -> None:
    town.fund(ANA)
    town.say(ANA, "transfer @ben 250k")

    town.clock.forward(seconds=55)
    clicked = town.slack.click(ANA, "ephemeral", "Undo")

    assert clicked.is_good
    town.dm(BEN, containing="taken back from you")
    assert town.balances(ANA, BEN) == [1_000_000, 0]
    town.settle()
    assert "Undone" in town.read(town.slack.ephemerals(ANA)[-1], ANA)
    assert town.wrong_in_the_books() == []


def test_after_a_minute_undo_says_who_can_still_help(town: Town) -> None:
    town.fund(ANA)
    town.say(ANA, "transfer @ben 250k")

    town.clock.forward(seconds=61)
    town.slack.click(ANA, "ephemeral", "Undo")
    town.settle()

    assert "Undo works for 60 seconds" in town.read(town.slack.ephemerals(ANA)[-1], ANA)
    assert town.balances(ANA, BEN) == [750_000, 250_000]


def test_undo_leaves_what_the_recipient_has_already_passed_on(town: Town) -> None:
    town.fund(ANA)
    town.say(ANA, "transfer @ben 250k")
    town.say(BEN, "transfer @mia 100k")

    town.slack.click(ANA, "ephemeral", "Undo")
    town.settle()

    assert "doesn't have all of it any more" in town.read(town.slack.ephemerals(ANA)[-1], ANA)
    assert town.balances(ANA, BEN, MIA) == [750_000, 150_000, 100_000]


def test_undo_clicked_twice_moves_tokens_back_once(town: Town) -> None:
    town.fund(ANA)
    town.say(ANA, "transfer @ben 250k")
    receipt = town.slack.ephemerals(ANA)[-1]

    first = town.slack.click(ANA, receipt, "Undo")
    again = town.slack.resend(first.request)
    town.settle()

    assert again.status == 200
    assert town.balances(ANA, BEN) == [1_000_000, 0]
    assert town.entries() == ["grant", "transfer", "reversal"]


def test_an_approver_reverses_by_the_receipts_id_and_says_why(town: Town) -> None:
    granted = town.say(LEO, "grant @ana 1M")

    reversed_ = town.say(MIA, f"reverse {receipt_id(granted)} wrong Ana")

    assert "1M (1,000,000) tokens taken back" in reversed_
    assert "wrong Ana" in town.read(town.dm(ANA, containing="taken back from you"), ANA)
    assert town.available(ANA) == 0
    assert town.wrong_in_the_books() == []


def test_a_reversal_below_zero_asks_first_and_moves_nothing_until_then(town: Town) -> None:
    granted = town.say(LEO, "grant @ana 1M")
    town.say(ANA, "transfer @ben 250k")

    asked = town.say(MIA, f"reverse {receipt_id(granted)} wrong Ana")
    before = town.balances(ANA, BEN)
    town.slack.click(MIA, "ephemeral", "Reverse anyway")
    town.settle()

    assert "@Ana Silva would be at −250k (−250,000)" in asked
    assert before == [750_000, 250_000]
    assert town.balances(ANA, BEN) == [-250_000, 250_000]
    assert "taken back" in town.read(town.slack.ephemerals(MIA)[-1], MIA)
    assert "wrong Ana" in town.dms(ANA)[-1]
    assert town.wrong_in_the_books() == []


def test_keep_it_leaves_the_entry_and_takes_the_question_away(sqlite_town: Town) -> None:
    town = sqlite_town
    granted = town.say(LEO, "grant @ana 1M")
    town.say(ANA, "transfer @ben 250k")
    town.say(MIA, f"reverse {receipt_id(granted)}")

    town.slack.click(MIA, "ephemeral", "Keep it")
    town.settle()

    assert town.read(town.slack.ephemerals(MIA)[-1], MIA) == "Kept. Nothing was moved."
    assert town.entries() == ["grant", "transfer"]


def test_an_entry_is_reversed_once(town: Town) -> None:
    wanted = receipt_id(town.say(LEO, "grant @ana 1M"))
    town.say(MIA, f"reverse {wanted}")

    again = town.say(LEO, f"reverse {wanted}")

    assert "was taken back before" in again
    assert town.entries() == ["grant", "reversal"]


def test_a_history_of_many_entries_turns_page_by_page_and_back(town: Town) -> None:
    for tokens in range(1, 20):
        town.slack.command(LEO, f"grant @ana {tokens}")
    first = town.say(ANA, "history")

    pages = [first]
    for button in ("Older", "Older", "Newest"):
        town.slack.click(ANA, "ephemeral", button)
        town.settle()
        pages.append(town.read(town.slack.ephemerals(ANA)[-1], ANA))

    amounts = [[int(n) for n in re.findall(r"\+(\d+) granted", page)] for page in pages]
    assert amounts == [
        [19, 18, 17, 16, 15, 14, 13, 12],
        [11, 10, 9, 8, 7, 6, 5, 4],
        [3, 2, 1],
        [19, 18, 17, 16, 15, 14, 13, 12],
    ]
    assert len(town.slack.ephemerals(ANA)) == 1


def test_request_more_under_a_balance_opens_the_form(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(BEN, "balance")

    opened = town.slack.click(BEN, "ephemeral", "Request tokens…")
    asked = town.slack.submit(BEN, {"How many?": "250k"})

    assert opened.modal is not None
    assert "250k (250,000) tokens asked for" in asked.shown
    withdrawn = town.slack.click(BEN, "modal", "Withdraw")
    assert withdrawn.is_good
    assert "is withdrawn" in town.slack.as_text(town.slack.modal(BEN))


def test_grant_under_anothers_balance_opens_the_form_with_them_in_it(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(MIA, "balance @ben")

    town.slack.click(MIA, "ephemeral", "Grant…")
    granted = town.slack.submit(MIA, {"How many for each?": "250k"})

    assert "250k (250,000) tokens granted to @Ben Okafor" in granted.shown


def test_undo_works_in_the_form_that_shows_the_receipt(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(LEO, "grant")
    town.slack.submit(LEO, {"Who gets them?": [BEN.id], "How many for each?": "250k"})

    undone = town.slack.click(LEO, "modal", "Undo")

    assert undone.is_good
    assert "Undone" in town.slack.as_text(town.slack.modal(LEO))
    assert town.available(BEN) == 0


def test_withdraw_on_home_closes_the_request_and_refreshes_home(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(BEN, "request 500k")
    town.slack.open_home(BEN)
    town.home(BEN, containing="Your open requests")

    clicked = town.slack.click(BEN, "home", "Withdraw")

    assert clicked.is_good
    town.soon(lambda: "Your open requests" not in town.slack.as_text(town.slack.home(BEN)))
    town.dm(MIA, containing="Withdrawn")
