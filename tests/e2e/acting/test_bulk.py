"""Requests decided several at once, found by filters and pages."""

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Locator, Route, expect

from bot.playground.people import LEO, Person
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser

PAGE = 40
CROWD = tuple(
    Person(id=f"U3CROWD{nth}", name=f"crowd{nth}", real_name=f"Crowd {nth}") for nth in range(42)
)


@pytest.fixture(autouse=True)
def asking(slack: SimulatedSlack) -> Iterator[Sequence[Person]]:
    """Forty-two people of two teams, each with an open request; Mia decides them all."""
    if CROWD[0].id not in slack.workspace.people:
        for one in CROWD:
            slack.add_person(one)
        slack.command(LEO, "team create one " + " ".join(f"@{one.name}" for one in CROWD[:20]))
        slack.command(LEO, "team create two " + " ".join(f"@{one.name}" for one in CROWD[20:]))
        for team in ("one", "two"):
            slack.command(LEO, f"team manager {team} @mia")
            slack.command(LEO, f"team fill {team} 90M")
    for nth, one in enumerate(CROWD):
        if "request" in slack.command(one, "withdraw").shown:
            slack.command(one, f"request {nth + 1}k for run {nth}")
    yield CROWD
    assert slack.travel.bot
    assert slack.travel.bot.check() == []


def opened(mia: Desk) -> Locator:
    mia.say("/tokens requests")
    form = mia.form("Open requests")
    expect(form).to_contain_text("requests wait for you")
    return form


def menu(form: Locator, name: str) -> Locator:
    return form.get_by_role("combobox", name=name)


@acts(
    "/tokens requests",
    "button requests_whose",
    "button requests_team",
    "button requests_person",
    "button requests_most",
    "button requests_waited",
    "button requests_clear",
)
def test_the_list_is_narrowed_by_each_filter(mia: Desk) -> None:
    form = opened(mia)
    menu(form, "Whose requests").select_option("All I may decide")
    expect(form).to_contain_text("requests are open")

    menu(form, "How many tokens").select_option("Up to 500k")
    expect(form).not_to_contain_text("750k @Ben Okafor")
    menu(form, "Which team").select_option("one (20)")
    expect(form).to_contain_text("20 requests are open")
    menu(form, "How long they wait").select_option("3 days or more")
    expect(form).to_contain_text("No open request fits these filters.")
    press(form, "Clear filters")
    expect(form).to_contain_text("the longest wait first")
    menu(form, "Anyone").select_option("Crowd 7")

    expect(form).to_contain_text("1 request ")


def test_two_filters_chosen_at_once_are_both_kept(mia: Desk) -> None:
    form = opened(mia)
    late: list[Route] = []
    waiting: list[Route] = []

    def answer_late(act: Route) -> None:
        """The second is chosen when the first is done and the page has not heard of it yet."""
        late.append(act)
        waiting.append(act)
        answer = act.fetch()
        menu(form, "Which team").select_option("one (20)")
        waiting.remove(act)
        act.fulfill(response=answer)
        for drawing in waiting:
            drawing.continue_()
        waiting.clear()

    mia.page.route("**/ui/act", lambda act: act.fallback() if late else answer_late(act))
    mia.page.route("**/ui/parts*", lambda one: waiting.append(one) if waiting else one.fallback())

    menu(form, "Whose requests").select_option("All I may decide")

    expect(form).to_contain_text("20 requests are open")
    expect(menu(form, "Whose requests")).to_have_value("all")


@acts("button requests_next", "button requests_back")
def test_the_list_is_paged(mia: Desk) -> None:
    form = opened(mia)

    press(form, "Next page")
    expect(form).not_to_contain_text("the longest wait first")
    press(form, "Page before")

    expect(form).to_contain_text("the longest wait first")


@acts(
    "button requests_tick",
    "button requests_untick",
    "form requests",
    "form bulk_approve",
    "button undo_bulk",
)
def test_several_are_approved_and_undone(mia: Desk) -> None:
    form = opened(mia)
    press(form, f"Select all {PAGE}")
    boxes = form.get_by_role("checkbox")
    expect(boxes.nth(5)).to_be_checked()
    press(form, "Select none")
    expect(boxes.nth(5)).not_to_be_checked()
    form.get_by_label("@Crowd 5 ").check()
    form.get_by_label("@Crowd 6 ").check()
    press(form, "Approve…")

    review = mia.form("Approve requests")
    expect(review).to_contain_text("2 requests, 13k (13,000) tokens in all")
    press(review, "Approve 2")
    done = mia.form("Done")
    expect(done).to_contain_text("2 approved, 13k (13,000) tokens in all")
    press(done, "Undo all 2")

    expect(done).to_contain_text("Undone: 2 requests are open again")


@acts("button requests", "button requests_deny", "form bulk_deny")
def test_several_are_denied_from_home(mia: Desk) -> None:
    mia.go("home")
    press(mia.home, "All requests…")
    form = mia.form("Open requests")
    form.get_by_label("@Crowd 8 ").check()
    form.get_by_label("@Crowd 9 ").check()
    press(form, "Deny selected…")

    reason = mia.form("Deny requests")
    reason.get_by_label("Why?").fill("not *before* <March>")
    press(reason, "Deny 2")

    expect(mia.form("Done")).to_contain_text("2 denied, 19k (19,000) tokens in all")
