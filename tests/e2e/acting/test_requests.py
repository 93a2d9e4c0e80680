"""Requests for more tokens, decided one at a time."""

import pytest
from playwright.sync_api import Locator, expect

from bot.playground.people import ANA, LEO, Person
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.company import newcomer
from tests.e2e.acting.desk import Desk, button, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


def asked(slack: SimulatedSlack, mia: Desk, words: str) -> Locator:
    """Ana asks so; the message that Mia has of it."""
    assert slack.command(ANA, f"request {words}").is_good
    mia.go("messages")
    return mia.message(words.partition(" for ")[2])


@pytest.fixture(autouse=True)
def nothing_open(slack: SimulatedSlack) -> None:
    """Of Ana's: three at once are the most."""
    while "Withdraw" in slack.command(ANA, "withdraw").shown:
        slack.click(ANA, "ephemeral", "Withdraw")


@acts("/tokens request", "form request", "button topup_approve")
def test_one_asks_in_a_form_and_the_other_approves(ana: Desk, mia: Desk) -> None:
    ana.say("/tokens request")
    form = ana.form("Request tokens")
    press(form, "Ask")
    expect(form.get_by_role("alert").first).to_be_visible()
    form.get_by_label("How many?").fill("21k")
    form.get_by_label("What for?").fill("the <i>first</i> run")
    form.get_by_label("Today").check()
    press(form, "Ask")
    expect(ana.form("Done")).to_contain_text("21k (21,000) tokens asked for")

    mia.go("messages")
    copy = mia.message("the <i>first</i> run")
    press(copy, "Approve 21k")

    expect(copy).to_contain_text("Approved 21k (21,000) by @Mia Chen")


@acts("button topup_approve_other", "form approve_other", "button undo_decision")
def test_another_amount_is_approved_and_the_decision_undone(
    mia: Desk, slack: SimulatedSlack
) -> None:
    copy = asked(slack, mia, "22k for the second run")
    press(copy, "Approve another amount…")
    form = mia.form("Approve another amount")
    form.get_by_label("How many to grant?").fill("12k")
    form.get_by_label("A note for them").fill("for now")
    press(form, "Approve")
    mia.closed()
    expect(copy).to_contain_text("12k (12,000) by @Mia Chen")

    press(copy, "Undo")

    expect(button(copy, "Approve 22k")).to_be_visible()


@acts("button topup_deny", "form deny")
def test_a_request_is_denied_with_a_reason(mia: Desk, slack: SimulatedSlack) -> None:
    copy = asked(slack, mia, "23k for the third run")
    press(copy, "Deny…")
    form = mia.form("Deny the request")
    press(form, "Deny")
    expect(form.get_by_role("alert").first).to_be_visible()

    form.get_by_label("Why?").fill("*next* <month>")
    press(form, "Deny")

    mia.closed()
    expect(copy).to_contain_text("*next* <month>")


@acts("/tokens withdraw", "button topup_withdraw")
def test_a_request_is_withdrawn(ana: Desk, slack: SimulatedSlack) -> None:
    for words in ("24k for the fourth run", "25k for the fifth run"):
        slack.command(ANA, f"request {words}")
    ana.say("/tokens withdraw")

    question = ana.message("the fifth run")
    press(question, "Withdraw")
    ana.confirm("Withdraw")

    expect(ana.message("Withdrawn")).to_be_visible()


@acts("button open_request")
def test_a_request_is_offered_by_help(ana: Desk) -> None:
    ana.say("/tokens help")

    press(ana.message("What you can do with /tokens"), "Request more…")

    press(ana.form("Request tokens"), "Cancel")
    ana.closed()


@pytest.fixture
def short(slack: SimulatedSlack) -> Person:
    """Somebody of a team of Mia's whose pool has 30k, who asks for 50k."""
    slack.command(LEO, "team create short")
    slack.command(LEO, "team manager short @mia")
    slack.command(LEO, "team fill short 30k")
    one = newcomer(slack, "sam")
    slack.command(LEO, f"team add short @{one.name}")
    assert slack.command(one, f"request 50k for the work of {one.real_name}").is_good
    return one


@acts("button topup_approve_fits")
def test_where_the_pool_is_short_what_fits_is_approved(mia: Desk, short: Person) -> None:
    mia.go("messages")
    press(mia.message(f"the work of {short.real_name}"), "Approve 50k")

    press(mia.message("The pool of short has"), "Approve 30k")

    expect(mia.message("Approved 30k (30,000) by @Mia Chen")).to_be_visible()


@acts("button topup_pass")
def test_or_it_is_passed_to_the_admins(mia: Desk, leo: Desk, short: Person) -> None:
    mia.go("messages")
    press(mia.message(f"the work of {short.real_name}"), "Approve 50k")

    press(mia.message("The pool of short has"), "Pass to the admins")

    leo.go("messages")
    expect(leo.message(f"the work of {short.real_name}")).to_be_visible()
