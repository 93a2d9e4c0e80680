"""The first steps of an admin, and the workspace's settings."""

import pytest
from playwright.sync_api import expect

from bot.playground.people import LEO
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


@acts("/tokens settings")
def test_the_settings_are_read(leo: Desk) -> None:
    leo.say("/tokens settings")

    expect(leo.message("one token is one token")).to_be_visible()


@acts("/tokens setup", "button setup_skip", "button setup_allowance")
def test_a_step_is_skipped_and_an_allowance_for_everyone_set(
    leo: Desk, slack: SimulatedSlack
) -> None:
    leo.say("/tokens setup")
    leo.answer.get_by_role("button", name="Skip step 1").click()
    expect(leo.message("Skipped: no weekly digest")).to_be_visible()

    press(leo.answer, "Set an allowance…")

    form = leo.form("New allowance")
    expect(form.get_by_label("How many each time?")).to_have_value("1,000,000")
    press(form, "Cancel")
    leo.closed()
    assert slack.command(LEO, "setup").is_good
