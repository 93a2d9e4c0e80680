"""Policies and caps of a team: looked at, changed, given up."""

import pytest
from playwright.sync_api import expect

from bot.playground.people import LEO
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


@acts("/tokens policy", "button policy_change", "form policy", "button policy_default")
def test_a_policy_is_changed_in_a_form_and_given_up(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "team create careful")
    leo.say("/tokens policy careful")
    press(leo.message("careful: a call that doesn’t fit is refused"), "Change…")
    form = leo.form("Policy")
    form.get_by_label("Let calls go past the end by a grace, then refuse").check()
    form.get_by_role("textbox", name="Grace").fill("much")
    press(form, "Save")
    expect(form.get_by_role("alert").first).to_contain_text("much")
    form.get_by_role("textbox", name="Grace").fill("10%")
    form.get_by_label("Most for one call").fill("200k")
    press(form, "Save")
    done = leo.page.get_by_role("dialog")
    expect(done).to_contain_text("calls may go 10 %")
    leo.look()

    press(done, "Use Everyone’s")
    leo.confirm("Use it")

    expect(leo.page.get_by_role("dialog")).to_contain_text("goes by the policy of Everyone")


@acts("button policy_open", "button cap_add", "form cap", "button cap_drop")
def test_a_cap_is_added_and_removed(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "team create capped")
    leo.say("/tokens team capped")
    press(leo.form("Team"), "Policy…")
    press(leo.form("Policy"), "Add a cap…")
    form = leo.form("Add a cap")
    form.get_by_label("Models, for each person").check()
    form.get_by_label("Which?").fill("gpt-4*")
    form.get_by_label("At most").fill("1M")
    press(form, "Cap it")
    shown = leo.page.get_by_role("dialog")
    expect(shown).to_contain_text("1M (1,000,000) of gpt-4*")

    press(shown, "Remove")
    leo.confirm("Remove it")

    expect(leo.page.get_by_role("dialog")).to_contain_text("No cap any more")
