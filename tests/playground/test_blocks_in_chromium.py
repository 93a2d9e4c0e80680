"""Block Kit by mouse and keyboard in Chromium: menus of ten thousand, stacked forms, errors."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from slack_sdk import WebClient

from bot.playground.people import ANA, BEN, CAST, MIA, Person
from bot.playground.server import SimulatedSlack
from tests.playground import little_bot
from tests.playground.conftest import StoryClock
from tests.playground.little_bot import Json, asking, everything, section
from tests.waiting import until

pytestmark = pytest.mark.browser

CROWD = tuple(
    Person(id=f"U9{nth:06}", name=f"crowd{nth}", real_name=f"Crowd Number{nth}")
    for nth in range(10_000)
)


@pytest.fixture
def slack(clock: StoryClock) -> Iterator[SimulatedSlack]:
    with SimulatedSlack(clock=clock, people=(*CAST, *CROWD)) as running:
        yield running


@pytest.fixture
def page(browser: Browser, slack: SimulatedSlack, seen: list[Json]) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{slack.url}/?as={ANA.id}&at={slack.general.id}")
    yield page
    page.close()


def send(page: Page, text: str) -> None:
    page.locator("textarea.box").fill(text)
    page.locator("textarea.box").press("Enter")


def form(page: Page, slack: SimulatedSlack) -> Locator:
    slack.command(ANA, "form")
    return page.get_by_role("dialog", name="Everything")


def chosen_owner(slack: SimulatedSlack) -> object:
    """As the page has told Slack."""
    view = slack.modal(ANA)
    assert view is not None
    return view.state["owner"]["pick_owner"]["selected_user"]


def test_ten_thousand_people_are_searched_not_drawn(page: Page, slack: SimulatedSlack) -> None:
    dialog = form(page, slack)
    owner = dialog.get_by_role("combobox", name="Owner")

    owner.click()
    expect(dialog.locator(".bk-found").get_by_role("option")).to_have_count(20)
    owner.fill("mia")
    dialog.get_by_role("option", name="Mia Chen").click()

    expect(owner).to_have_value("Mia Chen")
    until(lambda: chosen_owner(slack) == MIA.id)
    assert page.locator("body").evaluate("one => one.innerHTML.length") < 200_000


def test_several_are_chosen_by_keyboard_and_taken_off(
    page: Page, slack: SimulatedSlack, seen: list[Json]
) -> None:
    dialog = form(page, slack)
    dialog.get_by_role("textbox", name="Name").fill("Kept")
    people = dialog.get_by_role("combobox", name="People")

    for letters in ("mia c", "ben", "number77"):
        people.fill(letters)
        expect(dialog.locator("[aria-selected=true]")).to_be_visible()
        people.press("Enter")
        expect(people).to_have_value("")
    expect(dialog.locator(".bk-chip")).to_have_count(3)
    dialog.get_by_label("Ben Okafor").uncheck()
    dialog.get_by_role("button", name="Save").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    values = seen[-1]["view"]["state"]["values"]
    assert values["people"]["pick_people"]["selected_users"] == [MIA.id, "U9000077"]
    assert values["name"]["pick_name"]["value"] == "Kept"


def test_a_form_that_grows_keeps_what_is_being_typed(page: Page, slack: SimulatedSlack) -> None:
    dialog = form(page, slack)
    name = dialog.get_by_role("textbox", name="Name")
    name.press_sequentially("half a ")
    view = slack.modal(ANA)
    assert view is not None

    grown = everything()
    grown["blocks"].insert(0, section("One more thing"))
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    client.views_update(view_id=view.id, view=grown)
    expect(dialog).to_contain_text("One more thing")
    page.keyboard.type("name")

    expect(name).to_have_value("half a name")


def test_a_name_that_nobody_has_chooses_nobody(page: Page, slack: SimulatedSlack) -> None:
    dialog = form(page, slack)
    owner = dialog.get_by_role("combobox", name="Owner")

    owner.fill("<b>nobody</b>")
    expect(dialog.get_by_text("Nobody and nothing is called so.")).to_be_visible()
    owner.press("Enter")
    owner.press("Tab")

    expect(owner).to_have_value("")
    until(lambda: chosen_owner(slack) is None)


def test_a_menu_of_actions_goes_by_arrows_and_escape(
    page: Page, slack: SimulatedSlack, seen: list[Json]
) -> None:
    dialog = form(page, slack)
    summary = dialog.get_by_label("More actions")

    summary.focus()
    summary.press("ArrowDown")
    expect(dialog.get_by_role("button", name="Day")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("button", name="Week")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("button", name="Week")).to_be_hidden()
    expect(summary).to_be_focused()
    expect(dialog).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")

    slack.wait_until(lambda: "actions" in seen[-1])
    assert seen[-1]["actions"][0]["selected_option"]["value"] == "month"


def test_a_field_tells_its_error_to_a_screen_reader(page: Page, slack: SimulatedSlack) -> None:
    slack.command(ANA, "ask")
    dialog = page.get_by_role("dialog", name="Ask for tokens")
    expect(dialog.get_by_label("Amount")).not_to_have_attribute("aria-invalid", "true")

    dialog.get_by_role("button", name="Ask", exact=True).click()

    amount = dialog.get_by_label("Amount")
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_accessible_description("Please complete this required field.")


def test_a_stack_of_views_goes_back_one_by_one_or_closes_whole(
    page: Page, slack: SimulatedSlack, seen: list[Json]
) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    slack.command(ANA, "ask")

    def push(title: str) -> Locator:
        top = slack.modal(ANA)
        assert top is not None
        trigger = slack.stage.trigger(ANA.id, top.id)
        shown = asking() | {"title": little_bot.plain(title)}
        client.views_push(trigger_id=trigger, view=shown)
        return page.get_by_role("dialog", name=title)

    push("Second")
    third = push("Third")
    third.get_by_role("button", name="Back to Second").click()
    second = page.get_by_role("dialog", name="Second")
    expect(second.get_by_role("button", name="Back to Ask for tokens")).to_be_visible()
    second.get_by_role("button", name="Close all").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    assert slack.modal(ANA) is None


def test_a_long_menu_in_a_message_is_searched_too(page: Page, slack: SimulatedSlack) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    element = {
        "type": "users_select",
        "action_id": "who",
        "placeholder": little_bot.plain("Who?"),
    }
    client.chat_postMessage(
        channel=slack.general.id, text="x", blocks=[{"type": "actions", "elements": [element]}]
    )
    box = page.get_by_role("combobox", name="Who?")

    box.fill("ben ok")
    page.get_by_role("option", name="Ben Okafor").click()

    slack.wait_until(lambda: BEN.id in str(slack.channel("general")[-1].state))
    expect(box).to_have_value("Ben Okafor")


def test_the_long_form_fits_a_phone(page: Page, slack: SimulatedSlack) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    dialog = form(page, slack)

    dialog.get_by_role("combobox", name="People").fill("crowd")
    expect(dialog.get_by_text("9,980 more: type on")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
