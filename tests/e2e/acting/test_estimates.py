"""Sizes of texts: typed, pasted into a form, taken from a message."""

import pytest
from playwright.sync_api import expect

from tests.e2e.acting.desk import Desk, press
from tests.e2e.acts import acts

pytestmark = pytest.mark.browser


@acts("/tokens estimate", "form estimate")
def test_a_text_is_pasted_into_a_form(ana: Desk) -> None:
    ana.say("/tokens estimate")
    form = ana.form("Estimate tokens")
    press(form, "Count")
    expect(form.get_by_role("alert").first).to_be_visible()

    form.get_by_label("Which text?").fill("Summarise <b>this</b> in *two* sentences.")
    press(form, "Count")

    expect(ana.page.get_by_role("dialog")).to_contain_text("tokens for")


@acts("shortcut estimate_tokens")
def test_a_message_is_sized_from_its_menu(ben: Desk) -> None:
    message = ben.message("Budgets for the search prototype are in")
    message.hover()
    message.get_by_label("More message shortcuts").click()
    press(message, "Estimate tokens")

    expect(ben.message("tokens for gpt-5")).to_be_visible()
