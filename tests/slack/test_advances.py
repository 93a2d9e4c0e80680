"""Advances over the wire: offered, taken once, repaid, and refused with what to do instead."""

import pytest

from bot import schedule
from bot.playground.people import ANA, BEN, LEO
from tests.slack.test_teams import answer
from tests.slack.town import Town


@pytest.fixture
def search(sqlite_town: Town) -> Town:
    """Ana gets 100k every week, and all may have 40k of such in advance."""
    town = sqlite_town
    town.say(LEO, "policy everyone advance 40k")
    said = town.say(LEO, "allowance @ana 100k weekly")
    assert "100k" in said
    town.settle()
    return town


def advances(town: Town) -> list[tuple[object, ...]]:
    rows = town.rows("SELECT account_id, tokens, repaid FROM advance ORDER BY entry_id")
    return [tuple(row.values()) for row in rows]


TAKEN = [(f"member:{ANA.id}", 40_000, 0)]


def test_an_advance_is_offered_with_what_it_costs_and_taken_by_a_button(search: Town) -> None:
    shown = search.say(ANA, "advance")
    before = advances(search)
    clicked = search.slack.click(ANA, "ephemeral", "Take it")
    search.slack.resend(clicked.request)

    assert "You can take 40k (40,000) tokens now, without asking." in shown
    assert "that of Mon 9 Mar 2026 brings 60k (60,000) instead of 100k (100,000)." in shown
    assert (before, advances(search)) == ([], TAKEN)
    search.soon(lambda: "Taken already" in answer(search, ANA))
    assert search.available(ANA) == 140_000


def test_taken_once_it_is_shown_and_not_offered_again(search: Town) -> None:
    search.say(ANA, "advance")
    search.slack.click(ANA, "ephemeral", "Take it")
    search.soon(lambda: "in advance of your next allowance" in answer(search, ANA))

    shown = search.say(ANA, "advance")
    balance = search.say(ANA, "balance")
    history = search.say(ANA, "history")

    assert "40k (40,000) tokens in advance of your next allowance." in shown
    assert "That of Mon 9 Mar 2026 repays it, and brings 60k (60,000)." in shown
    assert "Taken already: there is one advance in a period" in shown
    assert "Take it" not in shown
    assert "Take an advance…" not in balance
    assert "+40k (40,000) in advance of the next allowance" in history
    assert advances(search) == TAKEN


def test_the_next_allowance_says_what_it_repaid(search: Town) -> None:
    search.say(ANA, "advance")
    search.slack.click(ANA, "ephemeral", "Take it")
    search.soon(lambda: advances(search) == TAKEN)
    search.clock.forward(days=7)
    schedule.tick(search.bot.database, search.clock())

    history = search.say(ANA, "history")

    assert (
        "allowance of Mon 9 Mar 2026: 100k came, 100k expired, 40k repaid your advance" in history
    )
    assert advances(search) == [(f"member:{ANA.id}", 40_000, 40_000)]
    assert search.available(ANA) == 100_000
    assert list(search.wrong_in_the_books()) == []


def test_where_it_is_on_offer_balance_and_home_lead_to_it(search: Town) -> None:
    balance = search.say(ANA, "balance")
    search.slack.click(ANA, "ephemeral", "Take an advance…")
    search.soon(lambda: "You can take 40k" in answer(search, ANA))
    search.slack.open_home(ANA)
    home = search.home(ANA, containing="Take an advance…")

    search.slack.click(ANA, "home", "Take an advance…")

    assert "Take an advance…" in balance
    assert "100k tokens available" in home
    assert "You can take 40k (40,000) tokens" in search.slack.as_text(search.slack.modal(ANA))
    search.slack.click(ANA, "modal", "Take it")
    search.soon(lambda: advances(search) == TAKEN)
    assert "Take an advance…" not in search.home(ANA, containing="140k tokens available")


def test_a_button_of_last_week_shows_this_weeks_offer(search: Town) -> None:
    search.say(ANA, "advance")
    offer = search.slack.ephemerals(ANA)[-1]
    search.clock.forward(days=7)

    search.slack.click(ANA, offer, "Take it")

    search.soon(lambda: "that of Mon 16 Mar 2026" in answer(search, ANA))
    assert advances(search) == []


def test_whoever_has_no_allowance_is_told_what_to_do_instead(search: Town) -> None:
    shown = search.say(BEN, "advance")

    assert "An advance is repaid from an allowance, and none comes to you that could." in shown
    assert "/tokens request asks your approvers for more." in shown
    assert "Take an advance…" not in search.say(BEN, "balance")


def test_a_policy_without_advances_says_so_and_a_click_too(search: Town) -> None:
    search.say(ANA, "advance")
    search.say(LEO, "policy everyone advance none")

    shown = search.say(ANA, "advance")
    offer = search.slack.ephemerals(ANA)[0]
    search.slack.click(ANA, offer, "Take it")

    assert "Your team's policy has no advances." in shown
    search.soon(lambda: "Your team's policy has no advances." in answer(search, ANA))
    assert advances(search) == []
