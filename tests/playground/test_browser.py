"""The page in Chromium, used by what a person sees: roles, labels and words."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient

from bot.bootstrap import system_clock
from bot.playground.clock import PlaygroundClock
from bot.playground.people import ANA, BEN, MIA
from bot.playground.server import SimulatedSlack
from tests.playground.limits import bars
from tests.playground.little_bot import Json, everything

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("seen")]


@pytest.fixture
def page(browser: Browser, slack: SimulatedSlack) -> Iterator[Page]:
    page = browser.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(slack.url)
    yield page
    page.close()
    assert wrong == []


def send(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")


def test_a_command_is_typed_and_answered(page: Page) -> None:
    send(page, "/tokens echo *hello* <b>there</b>")

    log = page.get_by_role("log", name="Messages in #general")
    expect(log.get_by_text("echo hello <b>there</b>")).to_be_visible()
    expect(log.get_by_text("Only visible to you")).to_be_visible()


def test_a_shortcut_is_used_from_a_messages_menu(page: Page) -> None:
    send(page, "How long is this?")
    article = page.get_by_role("article", name="Ana Silva")
    article.hover()

    article.get_by_label("More message shortcuts").click()
    article.get_by_role("button", name="Estimate tokens").click()

    expect(page.get_by_role("dialog", name="Ask for tokens")).to_be_visible()
    expect(article.get_by_text("Estimate tokens")).not_to_be_visible()


def test_one_click_makes_me_somebody_else(page: Page) -> None:
    page.get_by_role("button", name="Ben Okafor").click()

    expect(page.get_by_role("button", name="Ben Okafor")).to_have_attribute("aria-pressed", "true")
    send(page, "Good morning")
    log = page.get_by_role("log")
    expect(log.get_by_role("article", name="Ben Okafor")).to_contain_text("Good morning")


def test_a_modal_shows_its_error_under_the_field_and_goes(page: Page) -> None:
    send(page, "/tokens ask")
    dialog = page.get_by_role("dialog", name="Ask for tokens")

    dialog.get_by_role("button", name="Ask", exact=True).click()
    expect(dialog.get_by_text("Please complete this required field.")).to_be_visible()
    dialog.get_by_label("Amount").fill("wrong")
    dialog.get_by_label("Urgency").select_option("High")
    dialog.get_by_role("button", name="Ask", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_text("Not an amount")
    dialog.get_by_role("button", name="Explain").click()
    explained = page.get_by_role("dialog", name="Explained")
    expect(explained.get_by_label("Amount")).to_have_value("wrong")
    explained.get_by_label("Amount").fill("500k")
    explained.get_by_role("button", name="Ask", exact=True).click()

    expect(page.get_by_role("dialog")).to_have_count(0)


def test_escape_closes_a_modal(page: Page, slack: SimulatedSlack) -> None:
    send(page, "/tokens ask")
    expect(page.get_by_role("dialog")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert slack.modal(ANA) is None


def test_news_of_others_come_by_themselves(page: Page, slack: SimulatedSlack) -> None:
    slack.say(BEN, "Look at this")
    slack.command(MIA, "buttons")

    expect(page.get_by_role("log").get_by_text("Look at this")).to_be_visible()
    expect(page.get_by_role("button", name="Mia Chen")).to_contain_text("1 unread")


def test_a_button_in_a_dm_decides(page: Page, slack: SimulatedSlack) -> None:
    slack.command(MIA, "buttons")
    page.goto(f"{slack.url}/?as={MIA.id}&at=dm")

    page.get_by_role("button", name="Approve", exact=True).click()

    expect(page.get_by_role("log").get_by_text("Approved by @Mia Chen")).to_be_visible()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_have_count(0)


def test_home_is_drawn_when_it_is_opened(page: Page) -> None:
    page.get_by_role("link", name="tokenbot Home").click()

    expect(page.get_by_role("region", name="Home of tokenbot")).to_contain_text("Hello @Ana Silva")


def test_slack_can_be_made_to_fail(page: Page, slack: SimulatedSlack) -> None:
    page.get_by_label("Make Slack fail").select_option("Server error (500)")
    send(page, "/tokens ask")

    words = '/tokens failed with the error "dispatch_failed"'
    expect(page.get_by_role("log").get_by_text(words)).to_be_visible()
    page.get_by_role("button", name="Back to normal").click()
    expect(page.get_by_text("Slack answers every call")).to_be_hidden()
    send(page, "/tokens ask")
    expect(page.get_by_role("dialog")).to_be_visible()
    slack.close_modal(ANA)


def test_a_form_is_filled_by_mouse_and_keyboard(
    page: Page, slack: SimulatedSlack, seen: list[Json]
) -> None:
    send(page, "/tokens telling")
    dialog = page.get_by_role("dialog", name="Everything")
    dialog.get_by_label("Note").fill("Kept")
    dialog.get_by_label("Name").fill("Platform")
    dialog.get_by_label("Name").press("Enter")
    dialog = page.get_by_role("dialog", name="Updated")
    expect(dialog.get_by_label("Note")).to_have_value("Kept")
    expect(dialog.get_by_label("Name")).to_be_focused()

    people = dialog.get_by_role("group", name="People")
    people.get_by_label("Ben Okafor").check()
    people.get_by_label("Mia Chen").press("Space")
    dialog.get_by_label("Place").select_option("#ml-platform")
    dialog.get_by_label("Start").fill("2026-04-01")
    dialog.get_by_label("Hour").fill("09:30")
    dialog.get_by_role("group", name="Mood").get_by_label("Week").check()
    dialog.get_by_label("More actions").click()
    dialog.get_by_role("button", name="Month").click()
    slack.wait_until(lambda: seen[-1]["actions"][0]["type"] == "overflow")
    dialog.get_by_role("button", name="Save").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    values = seen[-1]["view"]["state"]["values"]
    assert values["people"]["pick_people"]["selected_users"] == [BEN.id, MIA.id]
    assert values["start"]["pick_start"]["selected_date"] == "2026-04-01"
    assert values["hour"]["pick_hour"]["selected_time"] == "09:30"
    assert values["mood"]["pick_mood"]["selected_option"]["value"] == "week"
    assert values["note"]["pick_note"]["value"] == "Kept"


def test_what_is_being_typed_outlives_an_update(page: Page, slack: SimulatedSlack) -> None:
    send(page, "/tokens form")
    dialog = page.get_by_role("dialog", name="Everything")
    dialog.get_by_label("Name").fill("Half a na")
    view = slack.modal(ANA)
    assert view is not None
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])

    client.views_update(view_id=view.id, view=everything(title="News"))

    expect(page.get_by_role("dialog", name="News").get_by_label("Name")).to_have_value("Half a na")


def test_an_open_menu_stays_open_while_something_arrives(
    page: Page, slack: SimulatedSlack, seen: list[Json]
) -> None:
    send(page, "/tokens telling")
    dialog = page.get_by_role("dialog", name="Everything")
    dialog.get_by_label("More actions").click()
    view = slack.modal(ANA)
    assert view is not None
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])

    client.views_update(view_id=view.id, view=everything(title="News", telling=True))
    dialog = page.get_by_role("dialog", name="News")
    dialog.get_by_role("button", name="Month").click()

    slack.wait_until(lambda: "overflow" in str(seen[-1].get("actions")))
    expect(dialog.get_by_role("button", name="Month")).to_have_count(0)
    slack.close_modal(ANA)


def test_a_chart_fits_a_phone_in_letters_one_can_read(page: Page, slack: SimulatedSlack) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    page.set_viewport_size({"width": 360, "height": 740})
    client.chat_postMessage(channel=slack.general.id, text="x", blocks=[bars(points=7, series=2)])

    figure = page.get_by_role("group", name="t", exact=True)
    expect(figure.locator("svg.narrow")).to_be_visible()
    expect(figure.locator("svg.wide")).to_be_hidden()
    letters = figure.locator("svg.narrow text").first.bounding_box()
    assert letters is not None
    assert letters["height"] > 10
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(figure.get_by_role("table", name="t (bar chart)")).to_have_count(1)


def test_time_is_moved_from_the_page(browser: Browser) -> None:
    clock = PlaygroundClock(system_clock)
    with SimulatedSlack(clock=clock, signing_clock=clock) as slack:
        page = browser.new_page()
        page.goto(f"{slack.url}/?as={MIA.id}")
        page.get_by_role("button", name="Next Monday 09:00").click()
        expect(page.locator("#clock")).to_contain_text("Monday")
        expect(page.locator("#clock")).to_contain_text("09:00")
        page.get_by_label("Move to…").fill("2020-01-01T00:00")
        page.get_by_role("button", name="Move", exact=True).click()
        expect(page.get_by_text("That has passed: time only moves forward.")).to_be_visible()
        page.close()
