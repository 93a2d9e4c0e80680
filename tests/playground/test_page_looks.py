"""What only eyes notice on the page, in Chromium: cut words, empty halves, lists that stay."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from slack_sdk import WebClient

from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from tests.playground.limits import bars
from tests.playground.test_browser import ARGUMENTS

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("seen")]

#: Answers are read only once `window.late` is called.
READ_LATER = """() => {
  const read = Response.prototype.json;
  Response.prototype.json = function () {
    return new Promise((go) => { window.late = () => go(read.call(this)); });
  };
}"""
BEGUN = "async () => { while (!window.late) await new Promise(requestAnimationFrame); }"
LATE = "async () => { await window.late(); await new Promise(requestAnimationFrame); }"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(ARGUMENTS)
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, slack: SimulatedSlack) -> Iterator[Page]:
    page = browser.new_page(base_url=slack.url)
    yield page
    page.close()


@pytest.mark.parametrize("width", [360, 390])
def test_the_apps_name_is_whole_on_a_phone(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    page.goto(f"/?as={ANA.id}&at=dm")

    title = page.get_by_role("heading", name="tokenbot")

    assert title.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_list_that_comes_after_the_words_were_taken_back_is_not_shown(
    page: Page, slack: SimulatedSlack
) -> None:
    page.goto(f"/?as={ANA.id}&at={slack.general.id}")
    box = page.locator("textarea.box")
    page.evaluate(READ_LATER)
    box.fill("/tokens ")
    page.evaluate(BEGUN)

    box.fill("")
    page.evaluate(LATE)

    expect(page.locator("#left-completion")).to_be_hidden()


@pytest.mark.parametrize("width", [700, 800, 900, 960, 1_280])
def test_a_chart_takes_most_of_its_cards_width(
    page: Page, slack: SimulatedSlack, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 780})
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    client.chat_postMessage(channel=slack.general.id, text="x", blocks=[bars(points=7, series=2)])
    page.goto(f"/?as={ANA.id}&at={slack.general.id}")

    figure = page.get_by_role("group", name="t", exact=True)
    share = figure.evaluate(
        """one => one.querySelector("svg.narrow").clientWidth / one.clientWidth
           + one.querySelector("svg.wide").clientWidth / one.clientWidth"""
    )

    assert share > 0.75
