"""What only eyes notice on the page, in Chromium: cut words, empty halves, lists that stay."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient

from bot.playground.people import ANA, BEN
from bot.playground.server import SimulatedSlack
from tests.playground.limits import bars

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


LONG = "\n".join(f"line {nth}" for nth in range(80))


def is_at_top(page: Page, words: str) -> bool:
    """Whether the message with these words begins where the pane does."""
    message = page.get_by_role("article").filter(has_text=words)
    place = "one => one.getBoundingClientRect().top - one.closest('.scroll')"
    return 0 <= float(message.evaluate(f"{place}.getBoundingClientRect().top")) < 40


def test_what_has_no_room_is_read_from_its_top_and_what_comes_next_is_followed(
    page: Page, slack: SimulatedSlack, client: WebClient
) -> None:
    for nth in range(30):
        slack.say(BEN, f"before {nth}")
    page.goto(f"/?as={ANA.id}&at={slack.general.id}")
    log = page.get_by_role("log")
    expect(log).to_contain_text("before 29")

    client.chat_postMessage(channel=slack.general.id, text=LONG)

    expect(log).to_contain_text("line 79")
    assert is_at_top(page, "line 79")
    slack.say(BEN, "short and last")
    expect(page.get_by_text("short and last")).to_be_in_viewport()
    log.evaluate("one => { one.scrollTop = 0; }")
    slack.say(BEN, "while she reads above")
    expect(log).to_contain_text("while she reads above")
    expect(page.get_by_text("while she reads above")).not_to_be_in_viewport()
    expect(page.get_by_text("before 0", exact=True)).to_be_in_viewport()


def test_ones_own_long_answer_is_read_from_its_top(page: Page, slack: SimulatedSlack) -> None:
    for nth in range(30):
        slack.say(BEN, f"before {nth}")
    page.goto(f"/?as={ANA.id}&at={slack.general.id}")
    page.get_by_role("log").evaluate("one => { one.scrollTop = 0; }")
    box = page.locator("textarea.box")
    box.fill(f"/tokens say {LONG}")

    box.press("Enter")

    expect(page.get_by_role("log")).to_contain_text("line 79")
    expect(page.get_by_role("log").get_by_text("line 0")).to_be_in_viewport()
    assert is_at_top(page, "line 79")


def test_what_grows_beyond_the_pane_is_read_from_its_top(
    page: Page, slack: SimulatedSlack, client: WebClient
) -> None:
    sent = client.chat_postMessage(channel=slack.general.id, text="first")
    page.goto(f"/?as={ANA.id}&at={slack.general.id}")
    expect(page.get_by_role("log")).to_contain_text("first")

    client.chat_update(channel=slack.general.id, ts=sent["ts"], text=LONG)

    expect(page.get_by_role("log")).to_contain_text("line 79")
    assert is_at_top(page, "line 79")
