"""Allowances: set in a form, looked through, paused, changed, ended."""

import pytest
from playwright.sync_api import expect

from bot.playground.people import LEO, Person
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.company import newcomer
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


@pytest.fixture
def zoe(slack: SimulatedSlack) -> Person:
    return newcomer(slack, "zoe")


@acts("/tokens allowance", "button open_allowance", "form allowance")
def test_one_is_set_for_a_person_in_a_form(leo: Desk, zoe: Person) -> None:
    leo.say("/tokens allowance list")
    press(leo.message("allowance"), "New allowance…")
    form = leo.form("New allowance")
    form.get_by_label("For a person").select_option(zoe.real_name)
    form.get_by_label("How many each time?").fill("lots")
    press(form, "Next")
    expect(form.get_by_role("alert").first).to_contain_text("lots")

    form.get_by_label("How many each time?").fill("210k")
    form.get_by_label("Every month").check()
    form.get_by_label("All of it: nothing expires").check()
    form.get_by_label("What for?").fill("the <script>pilot</script>")
    press(form, "Next")

    done = leo.form("Done")
    expect(done).to_contain_text(f"210k (210,000) tokens every month for @{zoe.real_name}")


@acts("button allowance_start")
def test_one_of_a_team_is_shown_before_it_starts(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "team create starters")
    leo.say("/tokens allowance starters 5k weekly")

    press(leo.message("Nothing is set yet"), "Start it")

    expect(leo.message("5,000 tokens every week for each member")).to_be_visible()


@acts("button allowance_cancel")
def test_or_not_set_after_all(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "team create coven @ana")
    leo.say("/tokens allowance coven 5k weekly")

    press(leo.message("Nothing is set yet"), "Cancel")

    expect(leo.message("Nothing was changed")).to_be_visible()


@acts("button allowance_pause", "button allowance_resume", "button allowances_first")
def test_one_is_paused_and_resumed(leo: Desk, slack: SimulatedSlack, zoe: Person) -> None:
    slack.command(LEO, f"allowance @{zoe.name} 220k weekly")
    leo.say(f"/tokens allowance @{zoe.name}")

    press(leo.message("220k"), "Pause")
    press(leo.message("Paused: 220k every week"), "Resume")
    press(leo.message("Resumed: 220k every week"), "All allowances")

    expect(leo.message("Allowances that you can change")).to_be_visible()


@acts("button allowances_page", "button allowances_first")
def test_many_are_paged(leo: Desk, slack: SimulatedSlack) -> None:
    for _ in range(10):
        slack.command(LEO, f"allowance @{newcomer(slack, 'pag').name} 5k weekly")
    leo.say("/tokens allowance list")
    press(leo.message("Allowances that you can change"), "More")
    expect(leo.answer.get_by_role("button").filter(has_text="First")).to_be_visible()

    press(leo.answer, "First")

    expect(leo.answer.get_by_role("button").filter(has_text="More")).to_be_visible()


@acts("button allowance_change", "form allowance_change", "button allowance_change_to")
def test_one_is_changed_from_the_next_period_on(
    leo: Desk, slack: SimulatedSlack, zoe: Person
) -> None:
    slack.command(LEO, f"allowance @{zoe.name} 230k weekly")
    leo.say(f"/tokens allowance @{zoe.name}")
    press(leo.message("230k"), "Change…")
    form = leo.form("Change the allowance")
    form.get_by_label("How many each time?").fill("240k")
    press(form, "Next")

    preview = leo.page.get_by_role("dialog")
    expect(preview).to_contain_text("240k")
    preview.get_by_role("button").filter(has_text="Change from").click()

    expect(preview).to_contain_text("Changed: 240k (240,000) tokens every week")
    leo.look()


@acts("button allowance_end")
def test_one_is_ended(leo: Desk, slack: SimulatedSlack, zoe: Person) -> None:
    slack.command(LEO, f"allowance @{zoe.name} 250k weekly")
    leo.say(f"/tokens allowance @{zoe.name}")

    press(leo.message("250k"), "End…")
    leo.confirm("End it")

    expect(leo.message("Ended: 250k every week")).to_be_visible()
