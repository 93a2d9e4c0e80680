"""The page as a small Slack, in Chromium: two people, the keyboard, a phone, restarts."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from slack_sdk import WebClient

from bot.bootstrap import system_clock
from bot.playground.people import ANA, BEN, MIA, Person
from bot.playground.server import SimulatedSlack
from tests.playground.little_bot import Json
from tests.playground.test_completion import Known, KnownBot

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("seen")]

Open = Callable[[str], Page]


@pytest.fixture
def context(browser: Browser, slack: SimulatedSlack) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=slack.url)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto("/")
    return page


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def box(where: Page | Locator) -> Locator:
    return where.locator("textarea.box")


def send(where: Page | Locator, text: str) -> None:
    box(where).fill(text)
    box(where).press("Enter")


def hide(page: Page, *, is_hidden: bool) -> None:
    """As if another tab lay over it: the page hears of nothing new."""
    script = """(isHidden) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(script, arg=is_hidden)


def held_back(page: Page, address: str) -> list[Route]:
    """What the page asks for there, as it waits to be let go."""
    waiting: list[Route] = []

    def wait(route: Route) -> None:
        waiting.append(route)

    page.route(address, wait)
    return waiting


def side_by_side(page: Page, slack: SimulatedSlack) -> tuple[Locator, Locator]:
    """Ana in #general and Mia in her messages."""
    page.goto(f"/?as={ANA.id}&at={slack.general.id}&and={MIA.id}&and_at=dm")
    return pane(page, "Ana Silva"), pane(page, "Mia Chen")


def test_split_view_shows_a_second_person(page: Page) -> None:
    page.get_by_role("link", name="Split view").click()

    expect(page.get_by_role("log")).to_have_count(2)
    expect(pane(page, "Ana Silva")).to_be_visible()
    page.get_by_role("link", name="One person").click()
    expect(page.get_by_role("log")).to_have_count(1)


def test_both_are_live_and_a_modal_stays_with_its_person(page: Page, slack: SimulatedSlack) -> None:
    ana, mia = side_by_side(page, slack)

    send(ana, "/tokens ask")
    dialog = ana.get_by_role("dialog", name="Ask for tokens")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Amount").fill("500k")
    slack.command(MIA, "buttons")
    mia.get_by_role("button", name="Approve", exact=True).click()
    expect(mia.get_by_role("log").get_by_text("Approved by @Mia Chen")).to_be_visible()

    expect(mia.get_by_role("dialog")).to_have_count(0)
    expect(dialog.get_by_label("Amount")).to_have_value("500k")
    expect(ana.locator("textarea.box")).not_to_be_focused()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(box(ana)).to_be_focused()


def test_a_modal_takes_no_letters_from_whoever_types_beside_it(
    page: Page, slack: SimulatedSlack, client: WebClient
) -> None:
    page.goto(f"/?as={ANA.id}&at=dm&and={MIA.id}&and_at={slack.general.id}")
    ana, mia = pane(page, "Ana Silva"), pane(page, "Mia Chen")
    box(mia).press_sequentially("half a ")

    slack.command(ANA, "ask")
    expect(ana.get_by_role("dialog", name="Ask for tokens")).to_be_visible()
    page.keyboard.type("sentence ")
    slack.submit(ANA, {"Amount": "wrong"})
    expect(ana.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.keyboard.type("is ")
    client.chat_postMessage(channel=ANA.id, text="psst")
    expect(ana.get_by_role("log")).to_contain_text("psst")
    page.keyboard.type("kept")

    expect(box(mia)).to_have_value("half a sentence is kept")
    expect(ana.get_by_label("Amount")).to_have_value("wrong")


def test_who_types_elsewhere_before_a_place_is_there_types_on(
    page: Page, slack: SimulatedSlack
) -> None:
    late = held_back(page, "**/ui/parts*")
    page.get_by_role("link", name="ml-platform").click()
    page.get_by_text("Write to someone").click()
    find = page.get_by_role("searchbox", name="Write to whom?")
    find.press_sequentially("be")

    for route in late:
        route.continue_()
    page.unroute("**/ui/parts*")
    expect(page.get_by_role("log", name="Messages in #ml-platform")).to_be_visible()
    page.keyboard.type("n")

    expect(find).to_have_value("ben")
    expect(box(page)).to_have_value("")


def test_one_pane_moves_and_the_other_stays(page: Page, slack: SimulatedSlack) -> None:
    general = slack.general.id
    page.goto(f"/?as={ANA.id}&at={general}&and={MIA.id}&and_at={general}")
    ana, mia = pane(page, "Ana Silva"), pane(page, "Mia Chen")
    box(mia).fill("half a sent")

    ana.get_by_role("link", name="ml-platform").click()
    expect(ana.get_by_role("log", name="Messages in #ml-platform")).to_be_visible()
    expect(box(mia)).to_have_value("half a sent")
    page.go_back()
    expect(ana.get_by_role("log", name="Messages in #general")).to_be_visible()
    page.go_forward()
    page.reload()

    expect(ana.get_by_role("log", name="Messages in #ml-platform")).to_be_visible()
    expect(mia.get_by_role("log", name="Messages in #general")).to_be_visible()
    expect(box(mia)).to_have_value("half a sent")


def test_becoming_who_is_beside_swaps_the_two(page: Page, slack: SimulatedSlack) -> None:
    ana, _ = side_by_side(page, slack)

    ana.get_by_role("button", name="Mia Chen").click()

    left = page.locator("[data-pane=left]")
    expect(left).to_have_attribute("aria-label", "Mia Chen")
    expect(page.locator("[data-pane=right]")).to_have_attribute("aria-label", "Ana Silva")
    send(left, "It is me")
    expect(left.get_by_role("article", name="Mia Chen")).to_contain_text("It is me")


def test_two_tabs_of_one_person_agree(context: BrowserContext, client: WebClient) -> None:
    one, other = context.new_page(), context.new_page()
    one.goto(f"/?as={ANA.id}")
    other.goto(f"/?as={ANA.id}")
    unread = one.get_by_role("link", name="tokenbot 1 unread")
    client.chat_postMessage(channel=ANA.id, text="psst")
    expect(unread).to_be_visible()

    other.bring_to_front()
    other.get_by_role("link", name="tokenbot 1 unread").click()
    client.chat_postMessage(channel=ANA.id, text="seen")

    expect(other.get_by_role("log")).to_contain_text("seen")
    expect(unread).to_have_count(0)
    one.get_by_role("link", name="tokenbot", exact=True).click()
    expect(one.get_by_role("log")).to_contain_text("seen")


def test_nobody_types_among_the_messages_of_the_app(page: Page, client: WebClient) -> None:
    client.chat_postMessage(channel=ANA.id, text="250k came")

    page.get_by_role("link", name="tokenbot 1 unread").click()

    expect(page.get_by_role("log")).to_contain_text("250k came")
    expect(box(page)).to_be_hidden()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Messages to tokenbot are turned off")
    expect(page.locator("#left-content")).to_be_focused()
    main.get_by_role("link", name="#general").click()
    expect(page.get_by_role("log", name="Messages in #general")).to_be_visible()
    expect(box(page)).to_be_focused()
    expect(main).not_to_contain_text("turned off")


def test_a_hidden_page_closes_its_stream_and_catches_up(page: Page, slack: SimulatedSlack) -> None:
    hide(page, is_hidden=True)
    slack.say(BEN, "while you were away")
    expect(page.get_by_role("log")).not_to_contain_text("while you were away")

    hide(page, is_hidden=False)

    expect(page.get_by_role("log")).to_contain_text("while you were away")
    expect(page.get_by_role("log").get_by_text("New", exact=True)).to_be_visible()


def test_the_page_outlives_a_restart_of_the_playground(browser: Browser) -> None:
    first = SimulatedSlack(clock=system_clock).start()
    port = int(first.url.rpartition(":")[2])
    page = browser.new_page()
    page.goto(first.url)
    box(page).fill("not sent yet")
    first.stop()
    expect(page.get_by_role("alert").first).to_contain_text("The playground is not answering")
    box(page).press("Enter")
    expect(page.get_by_text("The playground did not answer.")).to_be_visible()
    expect(box(page)).to_have_value("not sent yet")

    with SimulatedSlack(clock=system_clock, port=port) as second:
        second.say(BEN, "I am back")
        expect(page.get_by_role("log")).to_contain_text("I am back")
        expect(page.get_by_text("is not answering")).to_have_count(0)
        expect(box(page)).to_have_value("not sent yet")
        box(page).press("Enter")
        expect(page.get_by_role("article", name="Ana Silva")).to_contain_text("not sent yet")
        page.close()


def test_the_page_says_that_the_bot_is_away(page: Page, slack: SimulatedSlack) -> None:
    at = slack.bot_url
    slack.bot_url = "http://127.0.0.1:9"
    expect(page.get_by_role("alert").first).to_contain_text("tokenbot is not running just now")
    send(page, "/tokens echo hello")
    expect(box(page)).to_have_value("/tokens echo hello")

    slack.bot_url = at
    expect(page.get_by_text("tokenbot is not running")).to_have_count(0)
    box(page).press("Enter")

    expect(page.get_by_role("log").get_by_text("echo hello", exact=True)).to_be_visible()
    expect(box(page)).to_have_value("")


def test_what_nobody_took_comes_back_before_what_was_typed_since(
    page: Page, slack: SimulatedSlack
) -> None:
    slack.bot_url = "http://127.0.0.1:9"
    held = held_back(page, "**/ui/send")
    with page.expect_request("**/ui/send"):
        send(page, "/tokens echo hello")
    box(page).press_sequentially("and ")

    held[0].continue_()
    expect(box(page)).to_have_value("/tokens echo hello\nand ")
    page.keyboard.type("more")
    page.reload()

    expect(box(page)).to_have_value("/tokens echo hello\nand more")


def test_commands_are_completed_by_keyboard(page: Page, slack: SimulatedSlack) -> None:
    slack.completion.bot = KnownBot(
        (Known("balance", about="what you have"), Known("echo", "hello", "says it again"))
    )
    message = page.get_by_label("Message #general")
    message.press_sequentially("/")
    expect(page.get_by_role("option", name=re.compile("^.tokens"))).to_have_attribute(
        "aria-selected", "true"
    )
    message.press("Tab")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(2)
    combobox = page.get_by_role("combobox", name="Message #general")
    expect(combobox).to_have_attribute("aria-expanded", "true")

    combobox.press("ArrowDown")
    combobox.press("ArrowDown")
    echo = page.get_by_role("option", name=re.compile("^echo hello says it again"))
    expect(echo).to_have_attribute("aria-selected", "true")
    active = combobox.get_attribute("aria-activedescendant")
    assert active == echo.get_attribute("id")
    combobox.press("Enter")
    expect(message).to_have_value("/tokens echo ")
    expect(page.get_by_text("says it again")).to_be_visible()
    message.press_sequentially("@m")
    page.get_by_role("option", name=re.compile("Mia Chen")).click()
    expect(message).to_have_value("/tokens echo @mia ")
    message.press("Enter")

    expect(page.get_by_role("log").get_by_text("@Mia Chen")).to_be_visible()
    expect(page.get_by_role("listbox")).to_have_count(0)


def test_escape_closes_the_list_and_keeps_the_words(page: Page) -> None:
    message = page.get_by_label("Message #general")
    message.press_sequentially("see #m")
    expect(page.get_by_role("option", name="#ml-platform")).to_be_visible()

    message.press("Escape")

    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Message #general")).to_have_value("see #m")


def test_nothing_that_a_name_holds_becomes_markup(page: Page, slack: SimulatedSlack) -> None:
    hostile = "<img src=x onerror=alert(1)>Zed"
    slack.add_person(Person(id="U0Z", name="zed", real_name=hostile), tell=False)

    page.get_by_label("Message #general").press_sequentially("@zed")
    page.get_by_label("Message #general").press("Backspace")

    expect(page.get_by_role("option", name=hostile)).to_be_visible()
    assert page.locator("img").count() == 0


def test_older_messages_come_by_a_button(page: Page, slack: SimulatedSlack) -> None:
    for number in range(500):
        slack.say(BEN, f"message {number:03d}")
    log = page.get_by_role("log")
    expect(log.get_by_text("message 499")).to_be_in_viewport()
    expect(log.get_by_text("message 449")).to_have_count(0)

    log.get_by_role("button", name="Show older messages").click()

    expect(log.get_by_text("message 350")).to_have_count(1)
    expect(log.get_by_text("message 450")).to_be_in_viewport()


def test_a_crowd_is_searched_by_name(page: Page, slack: SimulatedSlack) -> None:
    with slack.workspace.changing():
        for number in range(10_000):
            one = Person(id=f"U{number:05d}X", name=f"p{number}", real_name=f"Person {number}")
            slack.workspace.people[one.id] = one
    find = page.get_by_role("searchbox", name="Find a person")

    find.fill("person 1")
    page.get_by_role("button", name="Show more people").click()
    expect(page.get_by_role("button", name=re.compile("^Person 1"))).to_have_count(41)
    find.fill("nobody at all")
    expect(page.get_by_text("Nobody is called so.")).to_be_visible()
    find.fill("person 7777")
    page.get_by_role("button", name="Person 7777").click()

    expect(page.get_by_role("button", name="Person 7777")).to_have_attribute("aria-pressed", "true")
    assert "as=U07777X" in page.url


def test_people_write_to_each_other(page: Page) -> None:
    page.get_by_text("Write to someone").click()
    page.get_by_role("searchbox", name="Write to whom?").fill("ben")
    found = page.get_by_role("navigation", name="Places").get_by_role("button", name="Ben Okafor")
    found.click()

    expect(page.get_by_role("log", name="Messages in Ben Okafor")).to_be_visible()
    send(page, "Lunch?")
    page.get_by_role("button", name="Ben Okafor").click()
    page.get_by_role("link", name=re.compile("^Ana Silva")).click()
    expect(page.get_by_role("log", name="Messages in Ana Silva")).to_contain_text("Lunch?")


def test_whoever_is_looked_for_stays_when_the_page_is_first_drawn_anew(
    page: Page, slack: SimulatedSlack
) -> None:
    page.get_by_text("Write to someone").click()
    find = page.get_by_role("searchbox", name="Write to whom?")
    find.press_sequentially("be")

    slack.say(BEN, "hello")
    expect(page.get_by_role("log")).to_contain_text("hello")
    page.keyboard.type("n")

    expect(find).to_have_value("ben")


def test_a_draft_waits_where_it_was_typed(page: Page) -> None:
    box(page).fill("half a sentence")

    page.get_by_role("link", name="ml-platform").click()
    expect(page.get_by_role("textbox", name="Message #ml-platform")).to_have_value("")
    page.get_by_role("link", name="general").click()

    expect(page.get_by_role("textbox", name="Message #general")).to_have_value("half a sentence")


def test_the_keyboard_reaches_everything(page: Page, slack: SimulatedSlack) -> None:
    slack.say(BEN, "first")
    slack.say(MIA, "second")
    expect(page.get_by_role("article")).to_have_count(2)

    page.get_by_role("log").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("article", name="Mia Chen")).to_be_focused()
    page.keyboard.press("ArrowUp")
    slack.say(MIA, "third")
    expect(page.get_by_role("article")).to_have_count(3)
    expect(page.get_by_role("article", name="Ben Okafor")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("log", name="Messages in #ml-platform")).to_be_visible()
    page.get_by_role("link", name="ml-platform").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("link", name="general")).to_be_focused()
    page.keyboard.press("F6")
    expect(page.get_by_role("log")).to_be_focused()


def test_one_link_skips_to_the_messages(page: Page) -> None:
    skip = page.get_by_role("link", name="Skip to the messages")
    skip.focus()
    expect(skip).to_be_in_viewport()

    skip.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("log")).to_be_focused()


def test_the_theme_is_remembered(page: Page) -> None:
    dark = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(dark)

    page.get_by_role("button", name="Dark").click()
    changed = page.evaluate(dark)
    page.reload()

    assert changed != light
    assert page.evaluate(dark) == changed
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_the_sidebar_is_a_drawer(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    menu = page.get_by_role("button", name="Channels and people")
    expect(page.get_by_role("link", name="ml-platform")).not_to_be_visible()

    menu.click()
    expect(page.get_by_role("link", name="general")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("link", name="ml-platform").click()

    expect(page.get_by_role("log", name="Messages in #ml-platform")).to_be_visible()
    expect(page.get_by_role("link", name="ml-platform")).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_ones_own_name_opens_the_drawer_and_the_menu_tells_of_unread(
    page: Page, client: WebClient
) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    menu = page.get_by_role("button", name="Channels and people")
    expect(menu).to_have_accessible_name("Channels and people")
    client.chat_postMessage(channel=ANA.id, text="psst")

    expect(menu).to_have_accessible_name(re.compile("people *, something unread"))
    page.get_by_role("button", name="You are Ana").click()
    page.get_by_role("button", name="Mia Chen").click()

    expect(page.get_by_role("button", name="You are Mia")).to_be_visible()


def test_without_javascript_the_page_says_so(browser: Browser, slack: SimulatedSlack) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()

    page.goto(slack.url)

    said = page.locator("noscript > div")
    expect(said).to_be_visible()
    assert "This page needs JavaScript" in said.inner_text()
    assert "Switch it on for this address" in said.inner_text()
    page.context.close()


def test_new_messages_are_read_out_and_old_ones_left_alone(
    page: Page, slack: SimulatedSlack
) -> None:
    slack.say(BEN, "one")
    expect(page.get_by_role("article")).to_have_count(1)
    page.evaluate("""() => {
        window.seen = [];
        new MutationObserver((all) => {
            for (const one of all) for (const node of one.addedNodes) {
                if (node.nodeType === 1) window.seen.push(node.dataset.key);
            }
        }).observe(document.querySelector("[role=log]"), { childList: true });
    }""")

    two = slack.say(BEN, "two")

    expect(page.get_by_role("article")).to_have_count(2)
    assert page.evaluate("window.seen") == [two.ts]


def test_a_click_in_a_menu_of_a_message_is_kept(page: Page, seen: list[Json]) -> None:
    send(page, "How long is this?")
    article = page.get_by_role("article", name="Ana Silva")
    article.hover()
    article.get_by_label("More message shortcuts").click()
    article.get_by_label("More message shortcuts").press("Escape")
    expect(article.get_by_role("button", name="Estimate tokens")).to_have_count(0)
    assert [one for one in seen if one.get("type") == "message_action"] == []


def test_a_click_on_what_has_changed_says_so_and_does_nothing(
    page: Page, slack: SimulatedSlack, seen: list[Json]
) -> None:
    slack.command(ANA, "buttons")
    page.get_by_role("link", name="tokenbot 1 unread").click()
    log = page.get_by_role("log", name="Messages in tokenbot")

    def overtaken(route: Route) -> None:
        """While the click is on its way, another is done."""
        slack.click(ANA, "dm", "Approve")
        route.continue_()

    page.route("**/ui/act", overtaken)
    log.get_by_role("button", name="Approve", exact=True).click()

    status = page.get_by_role("status").filter(has_text="That message has changed meanwhile")
    expect(status).to_be_visible()
    expect(log).to_contain_text("Approved by @Ana Silva")
    assert len([one for one in seen if one.get("type") == "block_actions"]) == 1


def test_acts_of_one_form_go_one_after_the_other_and_none_is_lost(
    page: Page, slack: SimulatedSlack, seen: list[Json]
) -> None:
    held: list[Route] = []
    page.route("**/ui/act", lambda route: route.fallback() if held else held.append(route))
    send(page, "/tokens telling")
    form = page.get_by_role("dialog")
    period = form.get_by_role("combobox", name=re.compile(r"^Period\b"))
    period.select_option("Week")
    form.get_by_role("radio", name="Day").check()
    period.select_option("Month")
    before = len(seen)

    held[0].continue_()
    page.unroute("**/ui/act")

    slack.wait_until(lambda: len(seen) == before + 3)
    expect(period).to_have_value("month")
    chosen = [one["actions"][0] for one in seen[before:]]
    assert [one["action_id"] for one in chosen] == ["pick_period", "pick_mood", "pick_period"]
    assert [chosen[0]["selected_option"]["value"], chosen[2]["selected_option"]["value"]] == [
        "week",
        "month",
    ]
    state = seen[-1]["view"]["state"]["values"]
    assert state["mood"]["pick_mood"]["selected_option"]["value"] == "day"
