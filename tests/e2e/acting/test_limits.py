"""Limits, lifts, advances and stand-ins."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bot.playground.people import LEO
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


@acts("/tokens why", "button see_why")
def test_ones_limits_are_typed_for_and_pressed_for(ana: Desk) -> None:
    ana.say("/tokens why")
    expect(ana.message("Available")).to_be_visible()
    ana.go("home")

    press(ana.home, "My limits")

    expect(ana.page.get_by_role("dialog")).to_contain_text("Available")
    ana.look()


@acts("/tokens why", "button lift", "button lift_end")
def test_an_approver_lifts_someones_limits_for_a_while(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "lift @ben off")
    leo.say("/tokens why @ben")
    press(leo.message("@Ben Okafor"), "Lift for 4 hours")
    leo.confirm("Lift for 4 hours")

    press(leo.message("are lifted until"), "End the lift")

    expect(leo.message("The lift for @Ben Okafor")).to_be_visible()


@acts("/tokens lift")
def test_a_lift_is_typed(mia: Desk) -> None:
    mia.say("/tokens lift @ana 8h")

    expect(mia.message("are lifted until")).to_be_visible()


@acts("/tokens advance", "button open_advance", "button take_advance")
def test_an_advance_is_looked_at_and_taken(ana: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "policy everyone advance 40k")
    slack.command(LEO, "allowance @ana 100k weekly")
    ana.say("/tokens advance")
    expect(ana.message("You can take 40k (40,000)")).to_be_visible()
    ana.go("home")
    press(ana.home, "Take an advance…")

    offer = ana.page.get_by_role("dialog")
    expect(offer).to_contain_text("You can take 40k (40,000)")
    ana.look()
    press(offer, "Take it")

    expect(offer).to_contain_text("in advance")


@acts("/tokens away", "form away", "button open_away", "button end_away")
def test_a_stand_in_is_named_in_a_form_changed_and_ended(mia: Desk, slack: SimulatedSlack) -> None:
    mia.say("/tokens away")
    form = mia.form("Name a stand-in")
    form.get_by_label("Who stands in for you?").select_option("Ben Okafor")
    press(form, "Name")
    expect(form.get_by_role("alert").first).to_be_visible()
    form.get_by_label("Last day away").fill("2099-01-01")
    press(form, "Name")
    expect(form.get_by_role("alert").first).to_be_visible()
    last = slack.workspace.clock().date() + timedelta(days=7)
    form.get_by_label("Last day away").fill(last.isoformat())
    press(form, "Name")
    expect(mia.page.get_by_role("dialog")).to_contain_text("@Ben Okafor stands in for you")
    press(mia.page.get_by_role("dialog"), "Close")
    mia.say("/tokens away")
    press(mia.message("@Ben Okafor stands in for you"), "Change…")
    press(mia.form("Name a stand-in"), "Cancel")
    mia.closed()

    press(mia.message("@Ben Okafor stands in for you"), "End")

    expect(mia.message("reach you")).to_be_visible()
