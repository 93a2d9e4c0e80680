"""The whole story in the real playground, with real clicks, as README tells it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.browser

_STOP_SECONDS = 20
_ANNOUNCED = re.compile(r"The playground is at (http://127\.0\.0\.1:\d+/)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "playground"


@pytest.fixture
def page(browser: Browser, folder: Path) -> Iterator[Page]:
    """A page on `tokenbot playground`, which is stopped as Ctrl-C stops it."""
    command = [sys.executable, "-m", "bot", "playground", "--no-browser", "--dir", str(folder)]
    with subprocess.Popen(  # noqa: S603 (our own program)
        command, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        found = next(filter(None, map(_ANNOUNCED.match, process.stdout)))
        page = browser.new_page()
        page.goto(found[1])
        yield page
        page.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(_STOP_SECONDS) == 0


def become(page: Page, name: str) -> None:
    person = page.get_by_role("button", name=name)
    person.click()
    expect(person).to_have_attribute("aria-pressed", "true")


def go(page: Page, place: str) -> None:
    places = page.get_by_role("navigation", name="Places")
    link = places.get_by_role("link", name=place).first
    link.click()
    expect(link).to_have_attribute("aria-current", "page")


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")


def last_answer(page: Page) -> Locator:
    return page.get_by_role("log").get_by_role("article").last


def balance_of(page: Page, name: str) -> Locator:
    become(page, name)
    go(page, "general")
    say(page, "/tokens balance")
    return last_answer(page)


def test_grant_transfer_request_approve(page: Page, folder: Path) -> None:
    expect(balance_of(page, "Ana Silva")).to_contain_text("1.75M (1,750,000)")
    become(page, "Leo Novak")
    say(page, "/tokens grant @ana 1M for the pilot")
    expect(last_answer(page)).to_contain_text("1M (1,000,000) tokens granted to @Ana Silva")

    become(page, "Ana Silva")
    say(page, "/tokens transfer @ben 250k")
    expect(last_answer(page)).to_contain_text("250k (250,000) tokens sent to @Ben Okafor")

    become(page, "Ben Okafor")
    say(page, "/tokens request")
    form = page.get_by_role("dialog")
    form.get_by_label("How many").fill("500 000")
    form.get_by_role("button", name="Ask", exact=False).last.click()
    expect(form.get_by_role("alert")).to_contain_text("500,000")
    form.get_by_label("How many").fill("500k")
    form.get_by_role("button", name="Ask", exact=False).last.click()
    expect(page.get_by_role("dialog")).to_contain_text("500k (500,000) tokens asked for")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()

    become(page, "Mia Chen")
    go(page, "tokenbot")
    request = page.get_by_role("article").filter(has_text="500k (500,000)").last
    request.get_by_role("button", name="Approve another amount").click()
    form = page.get_by_role("dialog")
    form.get_by_label("How many").fill("300k")
    form.get_by_role("button", name="Approve").click()
    expect(request).to_contain_text("Approved 300k (300,000) by @Mia Chen")
    expect(request.get_by_role("button")).to_have_text(["Undo"])

    expect(balance_of(page, "Ana Silva")).to_contain_text("2.5M (2,500,000)")
    expect(balance_of(page, "Ben Okafor")).to_contain_text("1.3M (1,300,000)")
    say(page, "/tokens history")
    history = last_answer(page)
    expect(history).to_contain_text("+300k (300,000) granted by @Mia Chen")
    expect(history).to_contain_text("+250k (250,000) from @Ana Silva")
    check = subprocess.run(
        [sys.executable, "-m", "bot", "check"],
        env={"DATABASE_URL": f"sqlite:///{folder / 'playground.db'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (check.returncode, check.stdout) == (0, "The books add up.\n")
