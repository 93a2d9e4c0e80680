"""Usage: looked at by days, by model, down to the call; and the message with its charts."""

import pytest
from playwright.sync_api import expect

from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.company import tell
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts
from tests.metered import used

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def calls(slack: SimulatedSlack) -> None:
    """Ana has used some."""
    tell(slack, used(ANA.id, 12_000, slack.workspace.clock()))


@acts(
    "/tokens usage",
    "button usage_week",
    "button usage_thirty_days",
    "button usage_month",
)
def test_other_days_are_a_press_away(ana: Desk) -> None:
    ana.say("/tokens usage")
    press(ana.message("used in the last 7 days"), "30 days")
    press(ana.message("used in the last 30 days"), "This month")
    press(ana.message("used this month"), "7 days")

    expect(ana.message("used in the last 7 days")).to_contain_text("gpt-4o")


@acts("button usage_most", "button usage_call")
def test_what_used_most_is_read_down_to_the_call(ana: Desk) -> None:
    ana.say("/tokens usage")
    press(ana.message("used in the last 7 days"), "What used most")

    press(ana.message("Rate of all these"), "Details")

    expect(ana.message("call-")).to_contain_text("12k (12,000)")


@acts("button usage_chart")
def test_the_charts_come_as_a_message(ana: Desk) -> None:
    ana.go("home")
    press(ana.home, "Show chart")
    press(ana.form("Done"), "Close")

    ana.go("messages")

    expect(ana.message("gpt-4o").get_by_role("group").first).to_be_visible()
