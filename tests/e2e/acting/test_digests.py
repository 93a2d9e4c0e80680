"""Digests: where they go, looked at before, sent, turned off."""

import pytest
from playwright.sync_api import expect

from bot.playground.people import LEO
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


@acts("/tokens digest", "button digest_channel", "form digest_channel", "button digest_off")
def test_a_channel_is_chosen_in_a_form_and_turned_off(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "digest off")
    leo.say("/tokens digest")
    press(leo.message("No weekly digest of Everyone"), "Choose a channel…")
    form = leo.form("Weekly digest")
    form.get_by_label("Which channel?").select_option("#ml-platform")
    press(form, "Choose")
    expect(leo.page.get_by_role("dialog")).to_contain_text("#ml-platform")
    press(leo.page.get_by_role("dialog"), "Close")
    leo.say("/tokens digest")

    press(leo.message("The weekly digest of Everyone goes to #ml-platform"), "Turn off")

    expect(leo.message("No weekly digest of Everyone")).to_be_visible()


@acts("button digest_preview", "button digest_send")
def test_it_is_looked_at_and_sent(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "digest here")
    leo.say("/tokens digest")
    press(leo.message("The weekly digest of Everyone goes to #general"), "Preview")
    leo.go("messages")

    press(leo.message("A preview that you alone see"), "Send it now")

    leo.go("general")
    expect(leo.message("week in Everyone")).to_be_visible()


@acts("/tokens digest", "button digest_own")
def test_ones_own_is_wanted(ana: Desk) -> None:
    ana.say("/tokens digest")

    press(ana.message("no digest of your own"), "Send me mine weekly")

    expect(ana.message("Your own week comes every week")).to_be_visible()
