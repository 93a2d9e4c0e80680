"""Alerts: chosen in a form, and what is done about one; sources that fell silent."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from bot.domain.directory import UserId
from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from tests import clockwork
from tests.company import Company
from tests.e2e.acting.company import handle, tell
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts
from tests.metered import used

pytestmark = pytest.mark.browser


@acts("/tokens alerts", "form alerts")
def test_they_are_chosen_in_a_form(ben: Desk) -> None:
    ben.say("/tokens alerts")
    form = ben.form("Alerts")
    form.get_by_label("Tell me at how many percent left?").fill("25 5")
    form.get_by_label("Quiet hours").fill("evening")
    press(form, "Save")
    expect(form.get_by_role("alert").first).to_contain_text("evening")

    form.get_by_label("Quiet hours").fill("20-8")
    form.get_by_label("Like other days").check()
    press(form, "Save")

    expect(ben.page.get_by_role("dialog")).to_contain_text("25")


@acts("button see_usage", "button mute_alerts")
def test_a_warning_is_looked_into_and_quieted(ana: Desk, slack: SimulatedSlack) -> None:
    slack.command(ANA, "alerts quiet off")
    slack.command(LEO, "grant @ana 100M")
    handle(slack).use(slack.team_id, ANA.id, 95_000_000)
    slack.move_time(minutes=10)
    ana.go("messages")
    warning = ana.message("tokens left")

    press(warning, "See usage")
    expect(ana.message("used in the last")).to_be_visible()
    warning.get_by_role("button").filter(has_text="Quiet until").click()

    expect(ana.message("I don’t tell you")).to_be_visible()


@acts("button give_expiring")
def test_tokens_that_expire_are_given_to_a_colleague(ana: Desk, slack: SimulatedSlack) -> None:
    slack.command(ANA, "alerts quiet off")
    company = Company(handle(slack).bot.database, slack.team_id)
    company.now = slack.workspace.clock()
    clockwork.lot(
        company, UserId(ANA.id), 900_000_000, expires_at=company.now + timedelta(hours=47)
    )
    slack.move_time(minutes=10)
    ana.go("messages")
    press(ana.message("then they expire"), "Give some to a colleague…")

    form = ana.form("Transfer tokens")
    form.get_by_label("Who gets them?").select_option("Ben Okafor")
    form.get_by_label("How many?").fill("5k")
    press(form, "Send")

    expect(ana.form("Done")).to_contain_text("5,000 tokens sent to @Ben Okafor")


@acts("button see_settings")
def test_an_admin_looks_at_a_source_that_fell_silent(leo: Desk, slack: SimulatedSlack) -> None:
    for hours in (24, 27):
        tell(slack, used(ANA.id, 10, slack.workspace.clock(), source="portkey"))
        slack.move_time(hours=hours)
    tell(slack, used(ANA.id, 10, slack.workspace.clock()))
    slack.move_time(hours=1)
    leo.go("messages")

    press(leo.message("fell silent"), "See all sources")

    expect(leo.message("litellm (gateway)")).to_contain_text("portkey")
