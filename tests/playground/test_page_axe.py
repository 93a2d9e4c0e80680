"""No serious obstacle for screen readers or weak eyes: axe-core looks at each surface."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from bot import bootstrap
from bot.config import Settings
from bot.playground import story
from bot.playground.people import ANA, MIA
from bot.playground.server import SimulatedSlack

pytestmark = pytest.mark.browser

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 800}
SURFACES = {
    "channel": f"as={ANA.id}&at=general",
    "messages": f"as={MIA.id}&at=dm",
    "home": f"as={ANA.id}&at=home",
    "two people": f"as={ANA.id}&at=dm&and={MIA.id}&and_at=dm",
}


@pytest.fixture(scope="module")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedSlack]:
    """The playground as it is first opened."""
    folder: Path = tmp_path_factory.mktemp("playground")
    with SimulatedSlack(clock=bootstrap.system_clock, answer_seconds=10.0) as made:
        settings = Settings(
            slack_bot_token=SecretStr(made.bot_token),
            slack_signing_secret=SecretStr(made.signing_secret),
            slack_app_token=None,
            slack_api_url=made.api_url,
            database_url=f"sqlite:///{folder / 'playground.db'}",
            host="127.0.0.1",
            port=0,
        )
        with bootstrap.running(settings) as handle:
            made.bot_url, made.completion.bot = handle.url, handle
            handle.add_approver(made.team_id, MIA.id)
            assert story.tell(made) == []
            yield made


@pytest.fixture(params=["light", "dark", "phone"])
def page(browser: Browser, slack: SimulatedSlack, request: pytest.FixtureRequest) -> Iterator[Page]:
    is_phone = request.param == "phone"
    page = browser.new_page(
        viewport=PHONE if is_phone else WIDE,  # type: ignore[arg-type]  # both are sizes
        color_scheme="dark" if request.param == "dark" else "light",
        base_url=slack.url,
    )
    yield page
    page.close()


def obstacles(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the elements concerned."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['html']} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("surface", list(SURFACES))
def test_no_surface_has_a_serious_obstacle(page: Page, slack: SimulatedSlack, surface: str) -> None:
    page.goto("/?" + SURFACES[surface].replace("at=general", f"at={slack.general.id}"))
    if surface == "home":
        expect(page.get_by_role("region", name="Home of tokenbot")).to_contain_text("available")

    assert obstacles(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nor_has_an_open_modal(page: Page, slack: SimulatedSlack) -> None:
    page.goto(f"/?as={ANA.id}&at={slack.general.id}")
    box = page.get_by_role("textbox", name="Message")
    box.fill("/tokens request")
    box.press("Enter")
    dialog = page.get_by_role("dialog", name="Request tokens")
    expect(dialog).to_be_visible()

    while_open = obstacles(page)
    dialog.get_by_role("button", name="Ask", exact=True).click()
    expect(dialog.get_by_role("alert").first).to_be_visible()
    with_error = obstacles(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)  # it would lie over the page of the next test

    assert (while_open, with_error) == ([], [])


def test_nor_have_the_list_of_commands_and_the_drawer(page: Page, slack: SimulatedSlack) -> None:
    page.goto(f"/?as={ANA.id}&at={slack.general.id}")
    page.get_by_label("Message #general").press_sequentially("/tokens ")
    expect(page.get_by_role("option", name=re.compile("^transfer"))).to_be_visible()

    with_list = obstacles(page)
    menu = page.get_by_role("button", name="Channels and people")
    if menu.is_visible():
        menu.click()
    with_drawer = obstacles(page)

    assert (with_list, with_drawer) == ([], [])
