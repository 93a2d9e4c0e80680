"""The panel, the controls and the tour in Chromium, with the real bot, as a person uses them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from bot.playground.people import ANA, BEN, LEO
from bot.playground.server import SimulatedSlack
from tests.e2e.acts import acts
from tests.e2e.house import playground
from tests.playground.test_browser import send
from tests.playground.test_page import HOSTILE
from tests.playground.test_page_axe import obstacles
from tests.playground.test_simulate import control

pytestmark = pytest.mark.browser

#: What takes the bot a while: a week, or all anew.
LONG_MS = 60_000
#: How wide the tour's ring is, and whether the box's own edge has its colour.
RINGS = """box => {
  const style = getComputedStyle(box);
  return [style.outlineWidth, style.outlineColor === style.borderTopColor];
}"""


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[SimulatedSlack]:
    with playground(tmp_path) as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that was never here before."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, slack: SimulatedSlack) -> Iterator[Page]:
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(slack.url)
    yield page
    page.close()
    assert [one for one in wrong if "status of 409" not in one] == []


def panel(page: Page) -> Locator:
    """The panel, opened."""
    page.get_by_role("button", name="Underneath", exact=True).click()
    return page.get_by_role("complementary", name="Underneath")


def simulate(page: Page) -> None:
    button = page.get_by_role("button", name="Simulate", exact=True)
    if button.get_attribute("aria-expanded") == "false":
        button.click()


def tour(page: Page) -> Locator:
    return page.get_by_role("region", name="Tour")


def at_step(page: Page, words: str) -> None:
    expect(tour(page).get_by_role("heading")).to_have_text(words, timeout=10_000)


# The panel.


def test_an_act_and_what_came_of_it_appear_by_themselves(page: Page) -> None:
    lines = panel(page).get_by_role("listitem")

    send(page, "/tokens transfer @ben 5k for the tea")

    newest = lines.filter(has_text="Ana Silva: /tokens transfer @ben 5k for the tea").first
    expect(newest).to_contain_text("The bot answered 200 in")
    expect(newest).to_contain_text("Entry, transfer: 5,000 tokens, Ana Silva → Ben Okafor")
    expect(newest).to_contain_text("by Ana Silva")
    expect(newest).to_contain_text("Notice for Ben Okafor: tokens received✓ sent".replace("✓ ", ""))
    expect(newest).to_contain_text("chat.postMessage → Ben Okafor")
    expect(lines.first).to_contain_text("for the tea")


def test_a_line_is_read_whole_and_copied_by_keyboard_alone(page: Page) -> None:
    panel(page)
    line = page.get_by_role("button", name="Entry, grant: 2,000,000 tokens")
    line.focus()

    page.keyboard.press("Enter")

    dialog = page.get_by_role("dialog", name="Entry, grant: 2,000,000 tokens")
    body = dialog.get_by_role("region", name="All of it, as JSON")
    expect(body).to_be_focused()
    assert json.loads(body.inner_text())["postings"][0]["to"] == "Ana Silva"
    dialog.get_by_role("button", name="Copy").press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Copied.")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["kind"] == "grant"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(line).to_be_focused()


def test_the_panel_shows_one_kind_alone_and_stays_open_elsewhere(page: Page) -> None:
    shown = panel(page)
    shown.get_by_label("Show").select_option("entries of the ledger")

    expect(shown.get_by_role("button", name="Entry, grant").first).to_be_visible()
    expect(shown.get_by_role("button", name="chat.postMessage").first).to_be_hidden()
    page.get_by_role("link", name="ml-platform").first.click()
    expect(page.get_by_role("complementary", name="Underneath")).to_be_visible()
    page.get_by_role("button", name="Close Underneath").click()
    expect(page.get_by_role("button", name="Underneath", exact=True)).to_be_focused()
    expect(page.get_by_role("complementary", name="Underneath")).to_be_hidden()


def test_markup_that_somebody_typed_is_text_in_the_panel(page: Page, slack: SimulatedSlack) -> None:
    shown = panel(page)
    slack.command(ANA, HOSTILE)

    line = shown.get_by_role("button", name="<script>alert(1)</script>").first
    line.click()

    body = page.get_by_role("region", name="All of it, as JSON")
    expect(body).to_contain_text("&lt;script&gt;alert(1)&lt;/script&gt;")
    assert page.locator("#underneath script, #underneath img, #whole img").count() == 0


def test_the_panel_is_a_drawer_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 780})
    shown = panel(page)

    box = shown.bounding_box()

    assert box is not None
    assert (box["x"], box["width"]) == (0, 390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    expect(shown).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_and_its_dialogs_have_no_serious_obstacle(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its words
    simulate(page)
    page.get_by_label("Make Slack fail").select_option("Server error (500)")
    expect(page.get_by_role("button", name="Back to normal")).to_be_visible()
    with_controls = obstacles(page)
    shown = panel(page)
    expect(shown.get_by_role("button", name="Entry, grant").first).to_be_visible()
    with_panel = obstacles(page)
    shown.get_by_role("button", name="Entry, grant").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert (with_controls, with_panel, obstacles(page)) == ([], [], [])


# The controls.


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        pytest.param(
            "Too many requests (429)",
            "Slack answers every call with 429, too many requests.",
            marks=acts("fail 429", "fail off", "times always"),
        ),
        pytest.param(
            "Server error (500)",
            "Slack answers every call with 500, server error.",
            marks=acts("fail 500", "fail off"),
        ),
        pytest.param(
            "Silence",
            "Slack leaves every call without an answer.",
            marks=acts("fail silence", "fail off"),
        ),
        pytest.param(
            "Refuse charts",
            "Slack refuses messages with charts.",
            marks=acts("fail charts", "fail off"),
        ),
    ],
)
def test_what_fails_is_said_until_back_to_normal(page: Page, choice: str, words: str) -> None:
    simulate(page)
    page.get_by_label("Make Slack fail").select_option(choice)
    expect(page.get_by_text(words)).to_be_visible()
    page.reload()
    expect(page.get_by_text(words)).to_be_visible()

    page.get_by_role("button", name="Back to normal").click()

    expect(page.get_by_text(words)).to_be_hidden()
    simulate(page)
    expect(page.get_by_label("Make Slack fail")).to_have_value("off")


@acts("times next")
def test_the_next_call_alone_fails_and_the_notice_comes_all_the_same(
    page: Page, slack: SimulatedSlack
) -> None:
    simulate(page)
    page.get_by_label("How often").select_option("the next call only")
    page.get_by_label("Make Slack fail").select_option("Too many requests (429)")
    words = page.get_by_text("Slack answers the next call with 429")
    expect(words).to_be_visible()
    shown = panel(page)

    send(page, "/tokens transfer @ben 7k")

    expect(words).to_be_hidden()
    expect(shown.get_by_text("429, too many requests").first).to_be_visible()
    slack.wait_until(lambda: "7,000" in slack.as_text(slack.dm(BEN)[-1], BEN), 15)


@acts("control usage")
def test_a_day_of_usage_says_who_used_what(page: Page, slack: SimulatedSlack) -> None:
    simulate(page)

    page.get_by_role("button", name="Generate a day of AI usage").click()

    said = page.get_by_role("status").filter(has_text="it counts as the last 24 hours")
    expect(said).to_contain_text("Ana used")
    expect(said).to_contain_text("calls, Leo used")
    used = said.inner_text().removeprefix("Ana used ").split(" ")[0]
    assert slack.command(ANA, "usage").shown.startswith(f"{used} (")
    shown = panel(page)
    expect(shown.get_by_role("button", name="Ana Silva used AI")).to_be_visible()
    expect(shown.get_by_role("button", name="Entry, usage").first).to_be_visible()


@acts("control reset")
def test_a_reset_is_confirmed_first_and_the_page_finds_itself_back(
    page: Page, slack: SimulatedSlack
) -> None:
    send(page, "/tokens transfer @ben 9k for the tea")
    log = page.get_by_role("log")
    expect(log).to_contain_text("the tea")
    simulate(page)
    page.get_by_role("button", name="Reset…").click()
    dialog = page.get_by_role("dialog", name="Begin anew?")
    expect(dialog.get_by_role("button", name="Keep everything")).to_be_focused()
    dialog.get_by_role("button", name="Keep everything").click()
    expect(log).to_contain_text("the tea")

    page.get_by_role("button", name="Reset…").click()
    dialog.get_by_role("button", name="Delete and begin anew").click()

    expect(page.get_by_text("Starting over…")).to_be_visible()
    expect(page.get_by_text("All is as on the first day.")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Starting over…")).to_be_hidden()
    expect(log).not_to_contain_text("the tea")
    send(page, "/tokens balance")
    expect(log.get_by_role("article").last).to_contain_text("1.75M (1,750,000)")
    assert slack.command(ANA, "balance").is_good


def test_the_keyboard_goes_on_where_a_form_of_home_ended(page: Page) -> None:
    page.get_by_role("link", name="tokenbot Home").click()
    expect(page.locator("#left-content")).to_be_focused()
    page.get_by_role("button", name="Transfer tokens to a colleague").click()
    form = page.get_by_role("dialog", name="Transfer tokens")
    form.get_by_label("Who gets them?").select_option(label="Ben Okafor")
    form.get_by_label("How many?").fill("7k")

    form.get_by_role("button", name="Send").click()

    done = page.get_by_role("dialog", name="Done")
    expect(done.get_by_role("heading", name="Done")).to_be_focused()
    page.keyboard.press("Enter")
    expect(done).to_contain_text("7,000 tokens sent to @Ben Okafor")
    page.keyboard.press("Escape")
    expect(done).to_have_count(0)
    expect(page.locator("#left-content")).to_be_focused()


def test_the_panel_and_the_controls_take_turns(page: Page) -> None:
    shown = panel(page)
    expect(page.get_by_label("Make Slack fail")).to_be_hidden()

    simulate(page)

    expect(page.get_by_label("Make Slack fail")).to_be_visible()
    expect(shown).to_be_hidden()


def has_arrived(slack: SimulatedSlack, least: datetime) -> bool:
    journey = slack.travel.journey
    return slack.workspace.clock() >= least and not (journey and journey.is_under_way)


@acts("move hours", "move day", "move monday", "move to")
def test_time_is_moved_by_each_button(page: Page, slack: SimulatedSlack) -> None:
    simulate(page)
    time = page.get_by_role("region", name="Time")
    began = slack.workspace.clock()
    for nth, label in enumerate(("+3 hours", "+1 day", "Next Monday 09:00")):
        time.get_by_role("button", name=label).click()
        least = began + timedelta(hours=3 + 23 * nth)
        slack.wait_until(partial(has_arrived, slack, least), LONG_MS / 1_000)
    expect(time).to_contain_text("Monday")
    there = slack.workspace.clock() + timedelta(days=2)

    page.get_by_label("Move to…").fill(f"{there:%Y-%m-%dT%H:%M}")
    time.get_by_role("button", name="Move", exact=True).click()

    expect(time).to_contain_text("Wednesday", timeout=LONG_MS)


@acts("move to", "control halt")
def test_a_long_way_is_broken_off(page: Page, slack: SimulatedSlack) -> None:
    simulate(page)
    there = slack.workspace.clock() + timedelta(days=300)
    page.get_by_label("Move to…").fill(f"{there:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Move", exact=True).click()

    page.get_by_role("button", name="Stop on the way").click()

    slack.wait_until(partial(has_arrived, slack, slack.workspace.clock()), LONG_MS / 1_000)
    assert slack.workspace.clock() < there


# The tour.


@acts(
    "/tokens grant",
    "/tokens transfer",
    "/tokens request",
    "button topup_approve",
    "control usage",
    "/tokens digest",
    "move week",
)
def test_the_tour_as_a_person_acts_it(page: Page, slack: SimulatedSlack) -> None:
    at_step(page, "Step 1 of 6: Give tokens")
    tour(page).get_by_role("link", name="Be Leo Novak").click()
    around = page.locator(".composer")
    expect(around).to_have_class("composer pointed-at")
    send(page, "/tokens grant @ana 1M for the pilot")

    at_step(page, "Step 2 of 6: Share them")
    tour(page).get_by_role("button", name="Fill it in for me").click()
    box = page.get_by_role("textbox", name="Message")
    expect(box).to_have_value("/tokens transfer @ben 250k for the demo")
    box.press("Enter")

    at_step(page, "Step 3 of 6: Ask for more")
    tour(page).get_by_role("button", name="Fill it in for me").click()
    expect(box).to_have_value("/tokens request 300k for the load test")
    expect(box).to_be_focused()
    # One ring, of one colour.
    assert around.evaluate(RINGS) == ["3px", True]
    box.press("Enter")

    at_step(page, "Step 4 of 6: Decide")
    expect(tour(page).get_by_role("link", name="See Mia and Ben side by side")).to_be_visible()
    tour(page).get_by_role("link", name="Be Mia Chen").click()
    approve = page.get_by_role("button", name="Approve 300k")
    expect(approve).to_have_class("bk-button primary pointed-at")
    approve.click()

    at_step(page, "Step 5 of 6: Use them")
    simulate(page)
    # The step is done with the first call that comes in; the click, once all have.
    with page.expect_response("**/ui/simulate/usage", timeout=LONG_MS):
        page.get_by_role("button", name="Generate a day of AI usage").click()

    at_step(page, "Step 6 of 6: Read about it")
    tour(page).get_by_role("button", name="Fill it in for me").click()
    expect(box).to_have_value("/tokens digest here")
    box.press("Enter")
    expect(tour(page).get_by_text("It comes on Monday at nine").first).to_be_visible()
    simulate(page)
    page.get_by_role("button", name="+1 week").click()

    expect(tour(page).get_by_role("heading")).to_have_text("That was the tour", timeout=LONG_MS)
    expect(tour(page).get_by_role("listitem").filter(has_text="(done)")).to_have_count(6)
    assert any("tokens used" in slack.as_text(one) for one in slack.channel("general"))
    tour(page).get_by_role("button", name="Close").click()
    expect(tour(page)).to_be_hidden()
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_be_enabled()
    expect(tour(page)).to_be_hidden()


def test_the_tour_is_skipped_remembered_and_begun_again(page: Page) -> None:
    tour(page).get_by_role("button", name="Skip this step").click()
    at_step(page, "Step 2 of 6: Share them")
    expect(tour(page).get_by_role("heading")).to_be_focused()

    page.reload()
    at_step(page, "Step 2 of 6: Share them")
    tour(page).get_by_role("button", name="End the tour").click()
    expect(page.get_by_role("button", name="Tour", exact=True)).to_be_focused()
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_be_enabled()
    expect(tour(page)).to_be_hidden()
    page.get_by_role("button", name="Tour", exact=True).click()

    at_step(page, "Step 1 of 6: Give tokens")


def test_a_step_that_was_done_early_is_not_asked_for_again(
    page: Page, slack: SimulatedSlack
) -> None:
    at_step(page, "Step 1 of 6: Give tokens")
    slack.command(ANA, "transfer @ben 5k")
    slack.command(LEO, "grant @ana 5k")

    at_step(page, "Step 3 of 6: Ask for more")


def test_the_tour_does_it_for_me(page: Page, slack: SimulatedSlack) -> None:
    for _ in range(4):
        tour(page).get_by_role("button", name="Skip this step").click()
    at_step(page, "Step 5 of 6: Use them")

    tour(page).get_by_role("button", name="Do it for me").click()

    at_step(page, "Step 6 of 6: Read about it")
    assert slack.command(ANA, "usage").is_good


def test_the_tour_begins_again_after_all_began_anew(page: Page, slack: SimulatedSlack) -> None:
    at_step(page, "Step 1 of 6: Give tokens")
    slack.command(LEO, "grant @ana 5k")
    at_step(page, "Step 2 of 6: Share them")

    assert control(slack, "reset")[0] == 200
    send(page, "/tokens balance")
    expect(page.get_by_role("log")).to_contain_text("1.75M (1,750,000)")

    at_step(page, "Step 1 of 6: Give tokens")


def test_what_is_in_the_store_may_be_nonsense(context: BrowserContext, page: Page) -> None:
    page.evaluate("localStorage.setItem('tokenbot-tour', '{{{')")

    page.reload()

    at_step(page, "Step 1 of 6: Give tokens")
