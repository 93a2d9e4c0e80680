"""Grants, transfers, and what is taken back: typed, filled in and pressed in Chromium."""

import re

import pytest
from playwright.sync_api import expect

from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.company import newcomer
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


@acts("/tokens grant", "button undo")
def test_a_grant_is_typed_and_undone(leo: Desk) -> None:
    leo.say("/tokens grant @ana 123k for the pilot")

    press(leo.message("123k (123,000) tokens granted to @Ana Silva"), "Undo")

    expect(leo.message("Undone:")).to_contain_text("123k (123,000) tokens taken back from @Ana")


@acts("/tokens help", "button open_grant", "form grant")
def test_a_grant_is_made_in_a_form(leo: Desk) -> None:
    leo.say("/tokens help")
    press(leo.message("What you can do with /tokens"), "Grant…")
    form = leo.form("Grant tokens")
    form.get_by_role("group", name="Who gets them?").get_by_label("Ben Okafor").check()
    form.get_by_label("How many for each?").fill("nothing")
    press(form, "Grant")
    expect(form.get_by_role("alert")).to_contain_text("nothing")

    form.get_by_label("How many for each?").fill("77k")
    form.get_by_label("What for?").fill("<b>the</b> *pilot*")
    press(form, "Grant")

    done = leo.form("Done")
    expect(done).to_contain_text("77k (77,000) tokens granted to @Ben Okafor")
    expect(done).to_contain_text("<b>the</b> *pilot*")
    press(done, "Close")
    leo.closed()


@acts("/tokens transfer", "form transfer")
def test_a_transfer_is_made_in_a_form(ana: Desk) -> None:
    ana.say("/tokens transfer")
    form = ana.form("Transfer tokens")
    form.get_by_label("Who gets them?").select_option("Ben Okafor")
    form.get_by_label("How many?").fill("11k")
    press(form, "Send")

    expect(ana.form("Done")).to_contain_text("11k (11,000) tokens sent to @Ben Okafor")


@acts("/tokens", "button open_transfer")
def test_a_transfer_is_offered_by_the_command_alone(ana: Desk) -> None:
    ana.say("/tokens")

    press(ana.message("What you can do with /tokens"), "Transfer…")

    form = ana.form("Transfer tokens")
    expect(form.get_by_label("Who gets them?")).to_be_visible()
    press(form, "Cancel")
    ana.closed()


@acts("/tokens balance")
def test_a_balance_is_asked_for(ana: Desk) -> None:
    ana.say("/tokens balance")

    expect(ana.message("available")).to_contain_text("tokens available")


@acts("/tokens reverse", "button reverse_anyway")
def test_a_grant_that_is_spent_is_reversed_all_the_same(leo: Desk, slack: SimulatedSlack) -> None:
    receipt = receipt_of(slack, "yan")
    leo.say(f"/tokens reverse {receipt} wrong amount")
    question = leo.message("Reverse anyway")

    press(question, "Reverse anyway")
    leo.confirm("Reverse anyway")

    expect(leo.message("taken back from @Yan")).to_contain_text("−300k")


@acts("/tokens reverse", "button keep")
def test_or_it_is_kept(leo: Desk, slack: SimulatedSlack) -> None:
    receipt = receipt_of(slack, "yan")
    leo.say(f"/tokens reverse {receipt} wrong amount")

    press(leo.message("Reverse anyway"), "Keep it")

    expect(leo.message("Kept.")).to_contain_text("Nothing was moved")


def receipt_of(slack: SimulatedSlack, name: str) -> str:
    """Of a grant to somebody new, who has given it away since."""
    someone = newcomer(slack, name)
    granted = slack.command(LEO, f"grant @{someone.name} 300k").shown
    slack.command(someone, "transfer @ben 300k")
    found = re.search(r"Receipt ([0-9a-f]{8})", granted)
    assert found
    return found[1]


@acts("/tokens history", "button history_older", "button history_newest")
def test_the_history_is_paged(ana: Desk, slack: SimulatedSlack) -> None:
    for nth in range(1, 13):
        slack.command(ANA, f"transfer @ben {nth}")
    ana.say("/tokens history")
    press(ana.message("−12 sent to @Ben Okafor"), "Older")
    expect(ana.answer).to_contain_text("−1 sent to @Ben Okafor")

    press(ana.answer, "Newest")

    expect(ana.answer).to_contain_text("−12 sent to @Ben Okafor")
