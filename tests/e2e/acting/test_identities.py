"""Names that sources have for people: linked, claimed, unlinked."""

import pytest
from playwright.sync_api import expect

from bot.playground.people import BEN, MIA
from bot.playground.server import SimulatedSlack
from tests.e2e.acting.company import tell
from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts
from tests.metered import used

pytestmark = pytest.mark.browser


def call(slack: SimulatedSlack, name: str) -> None:
    tell(slack, used(name, 7_000, slack.workspace.clock()))


@acts("/tokens link", "button link_open", "form identity")
def test_an_admin_says_in_a_form_whose_a_name_is(leo: Desk, slack: SimulatedSlack) -> None:
    call(slack, "laptop-1")
    leo.say("/tokens link")
    line = leo.message("laptop-1")
    line.get_by_role("button", name="Say who laptop-1 is").click()
    form = leo.form("Who is it?")
    press(form, "Link")
    expect(form.get_by_role("alert").first).to_be_visible()

    form.get_by_label("A person").select_option("Ben Okafor")
    press(form, "Link")

    expect(leo.page.get_by_role("dialog")).to_contain_text("laptop-1 at litellm is @Ben Okafor now")


@acts("button unlink")
def test_a_name_is_unlinked(mia: Desk, slack: SimulatedSlack) -> None:
    call(slack, "laptop-2")
    slack.command(MIA, "link @ana laptop-2")
    mia.say("/tokens link @ana")
    line = mia.message("laptop-2")
    line.get_by_role("button", name="Say that laptop-2 is somebody else").click()
    mia.confirm("Unlink")

    expect(mia.message("is no longer @Ana Silva")).to_be_visible()


@acts("button link_claimed", "button link_refused")
def test_a_claim_is_confirmed_and_another_refused(mia: Desk, slack: SimulatedSlack) -> None:
    for name in ("laptop-3", "laptop-4"):
        call(slack, name)
        slack.command(BEN, f"link {name}")
    mia.go("messages")
    press(mia.message("laptop-3"), "Yes, link it")
    expect(mia.message("laptop-3 at litellm is @Ben Okafor now")).to_be_visible()

    press(mia.message("laptop-4"), "No")

    expect(mia.message("laptop-4 at litellm is not @Ben Okafor")).to_be_visible()
