"""Takes the pictures of README and docs anew: the story, in the playground, in a real browser.

    .venv/bin/python docs/screenshots.py

Needs the `[dev]` extra and Debian's chromium (`make browser`). Stops with an error when a figure is
not the story's, so the pictures show nothing that is not so.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Locator, Page, expect, sync_playwright

MARGIN = 12
IMAGES = Path(__file__).parent / "images"
TOKENBOT = (sys.executable, "-m", "bot")
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tokenbot-pictures-") as folder:
        # A database that is there already makes the playground start without its seeded story.
        books = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/playground.db"}
        subprocess.run([*TOKENBOT, "migrate"], env=books, check=True)
        with playground(folder) as url, browser() as chromium:
            tell(chromium, url)
        subprocess.run([*TOKENBOT, "check"], env=books, check=True)


def tell(chromium: Browser, url: str) -> None:
    page = chromium.new_page(viewport={"width": 800, "height": 620}, device_scale_factor=2)
    page.goto(url)
    newest = page.get_by_role("log").get_by_role("article").last

    be(page, "Leo Novak")
    send(page, "/tokens grant @ana 1M for the search prototype")
    see(page, "1M (1,000,000) tokens granted to @Ana Silva.")
    picture(page, "story-1-grant", of=newest)

    be(page, "Ana Silva")
    send(page, "/tokens transfer @ben 250k for the demo")
    see(page, "You have 750k (750,000) available now.")
    picture(page, "story-2-transfer", of=newest)

    be(page, "Ben Okafor")
    send(page, "/tokens request 500k for the evaluation run")
    see(page, "500k (500,000) tokens asked for.")
    picture(page, "story-3-request", of=newest)

    be(page, "Mia Chen")
    messages(page)
    see(page, "@Ben Okafor asks for 500k (500,000) tokens.")
    picture(page, "story-4-asked")
    page.get_by_role("button", name="Approve another amount").click()
    form = page.get_by_role("dialog", name="Approve another amount")
    form.get_by_label("How many to grant?").fill("300k")
    form.get_by_label("A note for them").fill("Start with this; ask again when it runs.")
    picture(page, "story-5-form", of=form)
    form.get_by_role("button", name="Approve", exact=True).click()
    see(page, "Approved 300k (300,000) by @Mia Chen")
    picture(page, "story-6-decision", of=newest)

    be(page, "Ben Okafor")
    see(page, "You have 550k (550,000) available now.")
    picture(page, "story-7-answer", of=newest)
    page.get_by_role("link", name="tokenbot Home").click()
    home = page.locator(".home-view")
    expect(home.get_by_role("heading", name="550k tokens available")).to_be_visible()
    picture(page, "story-8-home", of=home)


def messages(page: Page) -> None:
    """The bot's direct messages; the link's name ends in how many are unread."""
    page.get_by_role("link", name=re.compile("^tokenbot(?! Home)")).first.click()


def be(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")


def send(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message")
    box.fill(text)
    box.press("Enter")


def see(page: Page, text: str) -> None:
    expect(page.get_by_role("log")).to_contain_text(text, timeout=10_000)


def picture(page: Page, name: str, *, of: Locator | None = None) -> None:
    """The whole page, or as much of it as `of` needs, with a margin."""
    page.mouse.move(0, 0)
    clip = None if of is None else box(page, of)
    page.screenshot(path=IMAGES / f"{name}.png", clip=clip)
    print(f"docs/images/{name}.png")


def box(page: Page, of: Locator) -> FloatRect:
    """Where it is; what is said in a channel is shown with the channel's name above it."""
    found = None
    while found is None:  # between two drawings it has no box
        expect(of).to_be_visible()
        found = of.bounding_box()
    if of.evaluate("element => element.tagName") != "DIALOG":
        main = page.get_by_role("main").bounding_box() or found
        height = found["y"] + found["height"] + MARGIN
        return {"x": main["x"], "y": 0, "width": main["width"], "height": height}
    return {
        "x": found["x"] - MARGIN,
        "y": found["y"] - MARGIN,
        "width": found["width"] + 2 * MARGIN,
        "height": found["height"] + 2 * MARGIN,
    }


@contextmanager
def playground(folder: str) -> Iterator[str]:
    """The playground's address, while it runs."""
    command = [*TOKENBOT, "playground", "--no-browser", "--dir", folder]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        try:
            lines = iter(process.stdout or [])
            yield next(found[0] for line in lines if (found := re.search(r"http://\S+", line)))
        finally:
            process.terminate()


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


if __name__ == "__main__":
    main()
