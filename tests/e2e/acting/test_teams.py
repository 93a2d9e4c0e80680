"""Teams: made, shown, changed, filled, ended."""

import pytest
from playwright.sync_api import Locator, expect

from bot.playground.people import LEO
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.company import newcomer
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


def panel(leo: Desk, slack: SimulatedSlack, name: str, people: str = "") -> Locator:
    """The panel of a new team of that name."""
    slack.command(LEO, f"team create {name} {people}")
    leo.say(f"/tokens team {name}")
    return leo.form("Team")


@acts("/tokens team", "button team_new", "form team_create")
def test_one_is_made_in_a_form(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, "team create another")
    leo.say("/tokens team")
    press(leo.form("Teams"), "New team…")
    form = leo.form("New team")
    form.get_by_label("What is it called?").fill("Everyone")
    form.get_by_role("group", name="Who is in it?").get_by_label("Leo Novak").check()
    form.get_by_role("group", name="Who looks after it?").get_by_label("Mia Chen").check()
    press(form, "Make it")
    expect(form.get_by_role("alert").first).to_contain_text("Everyone")

    form.get_by_label("What is it called?").fill("Data & Insights")
    press(form, "Make it")

    expect(leo.page.get_by_role("dialog")).to_contain_text("Data & Insights is there: 1 person")


@acts("button team_open", "button team_settings", "form team_settings")
def test_one_is_opened_from_the_list_and_its_settings_changed(
    leo: Desk, slack: SimulatedSlack
) -> None:
    slack.command(LEO, "team create paris")
    leo.say("/tokens team")
    leo.form("Teams").get_by_role("button", name="Open the team paris").click()
    shown = leo.form("Team")
    press(shown, "Settings…")
    form = leo.form("Settings of the team")
    form.get_by_label("Time zone").fill("paris")
    form.get_by_label("Weekly digest on").select_option("Tuesday")
    form.get_by_label("It may name five; each can stay out").check()
    press(form, "Save")

    expect(leo.form("Done")).to_contain_text("Europe/Paris")


@acts("button team_people", "form team_people", "button team_move")
def test_people_come_and_go(leo: Desk, slack: SimulatedSlack) -> None:
    stays, leaves, comes = (newcomer(slack, "kim") for _ in range(3))
    shown = panel(leo, slack, "movers", f"@{stays.name} @{leaves.name}")
    slack.command(LEO, "allowance movers 5k weekly")
    slack.click(LEO, "ephemeral", "Start it")
    press(shown, "People…")
    form = leo.form("People of the team")
    form.get_by_role("group", name="Who comes?").get_by_label(comes.real_name).check()
    form.get_by_role("group", name="Who leaves?").get_by_label(leaves.real_name).check()
    press(form, "Go on")
    question = leo.page.get_by_role("dialog")
    expect(question).to_contain_text(f"@{leaves.real_name} would leave movers")
    leo.look()

    press(question, "Do it")

    expect(question).to_contain_text(f"@{comes.real_name} came to movers")


@acts("button team_managers", "form team_managers")
def test_managers_are_named(leo: Desk, slack: SimulatedSlack) -> None:
    press(panel(leo, slack, "managed"), "Managers…")
    form = leo.form("Managers")
    form.get_by_role("group", name="Who looks after managed?").get_by_label("Mia Chen").check()
    press(form, "Save")

    expect(leo.page.get_by_role("dialog")).to_contain_text("@Mia Chen")


@acts("button team_fill", "form team_fill")
def test_its_pool_is_filled(leo: Desk, slack: SimulatedSlack) -> None:
    press(panel(leo, slack, "filled"), "Fill the pool…")
    form = leo.form("Fill the pool")
    form.get_by_label("How many come into it?").fill("1M")
    form.get_by_label("What for?").fill("the quarter")
    press(form, "Fill")

    done = leo.page.get_by_role("dialog")
    expect(done).to_contain_text("1M (1,000,000) tokens put into the pool of filled")


@acts("button team_budget", "form team_budget")
def test_its_pool_gets_a_budget(leo: Desk, slack: SimulatedSlack) -> None:
    press(panel(leo, slack, "budgeted"), "Budget…")
    form = leo.form("Budget of the pool")
    form.get_by_label("How much may leave it?").fill("10M")
    form.get_by_label("Every month").check()
    press(form, "Save")

    expect(leo.page.get_by_role("dialog")).to_contain_text("10M (10,000,000)")


@acts("button team_follow", "button team_unfollow")
def test_one_follows_a_user_group_and_no_more(leo: Desk, slack: SimulatedSlack) -> None:
    slack.add_usergroup("followers", [newcomer(slack, "pat")])
    slack.command(LEO, f"team create followed @{newcomer(slack, 'pat').name}")
    leo.say("/tokens team follow followed @followers")
    press(leo.message("those who aren't in @followers leave"), "Follow the group")
    expect(leo.message("followed follows @followers")).to_be_visible()
    leo.say("/tokens team followed")

    press(leo.form("Team"), "Stop following the group")

    expect(leo.form("Done")).to_contain_text("follows no user group any more")


@acts("button team_keep", "button team_end")
def test_one_is_ended_after_a_question(leo: Desk, slack: SimulatedSlack) -> None:
    slack.command(LEO, f"team create ending @{newcomer(slack, 'lou').name}")
    leo.say("/tokens team end ending")
    press(leo.message("End ending?"), "Cancel")
    expect(leo.message("Nothing was changed")).to_be_visible()
    leo.say("/tokens team end ending")

    press(leo.message("End ending?"), "End the team")
    leo.confirm("End it")

    expect(leo.message("ending has ended")).to_be_visible()


@acts("button team_usage", "button team_allowances")
def test_its_panel_leads_to_its_usage_and_to_all_allowances(
    leo: Desk, slack: SimulatedSlack
) -> None:
    shown = panel(leo, slack, "quiet")
    press(shown, "Usage")
    expect(leo.form("Usage")).to_contain_text("used in quiet in the last 7 days")
    leo.page.keyboard.press("Escape")
    press(leo.form("Team"), "All allowances")

    expect(leo.form("Allowances")).to_be_visible()
