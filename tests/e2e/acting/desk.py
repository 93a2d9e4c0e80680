"""A person before the page: what they type, press and read, by visible words and roles."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

from bot.playground.people import Person
from tests.playground.test_page_axe import PHONE, WIDE, obstacles

_PLACES = {"general": "general", "messages": "tokenbot", "home": "tokenbot Home"}


@dataclass(slots=True)
class LookedAt:
    """The forms that axe-core has looked at: each is looked at once."""

    forms: set[str] = field(default_factory=set)


class Desk:
    """A tab in which somebody sits."""

    def __init__(self, page: Page, person: Person, looked_at: LookedAt) -> None:
        self.page = page
        self._person = person
        self._looked_at = looked_at
        self._wrong: list[str] = []
        # What the page's Content-Security-Policy refuses stands in the console too.
        page.on("pageerror", lambda error: self._wrong.append(str(error)))
        page.on("console", lambda message: self._wrong.append(message.text))

    def open(self, place: str) -> None:
        """Be this person at that place: `general`, `messages` or `home`."""
        self.page.goto(f"/?as={self._person.id}")
        if place != "general":
            self.go(place)

    def go(self, place: str) -> None:
        """Click the place at the left."""
        places = self.page.get_by_role("navigation", name="Places")
        name = re.compile(rf"^{_PLACES[place]}( \d+ unread)?$")
        link = places.get_by_role("link", name=name).first
        link.click()
        expect(link).to_have_attribute("aria-current", "page")

    def say(self, text: str) -> None:
        """Type it into the message box and send it."""
        box = self.page.get_by_role("textbox", name="Message")
        box.fill(text)
        box.press("Enter")
        expect(box).to_have_value("")

    def message(self, words: str) -> Locator:
        """The newest message with these words, once it is there."""
        found = self.page.get_by_role("log").get_by_role("article").filter(has_text=words).last
        expect(found).to_be_visible()
        return found

    @property
    def answer(self) -> Locator:
        """The newest message."""
        return self.page.get_by_role("log").get_by_role("article").last

    @property
    def home(self) -> Locator:
        return self.page.get_by_role("region", name="Home of tokenbot")

    def form(self, title: str) -> Locator:
        """The open form of that title."""
        found = self.page.get_by_role("dialog", name=title, exact=True)
        expect(found).to_be_visible()
        if title not in self._looked_at.forms:
            self._looked_at.forms.add(title)
            self.look()
        return found

    def closed(self) -> None:
        """No form is open any more."""
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def confirm(self, label: str) -> None:
        """Press that in the question whether to do it."""
        press(self.page.get_by_role("dialog").last, label)

    @contextmanager
    def on_a_phone(self) -> Iterator[None]:
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # it is a size
        yield
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # it is a size

    def look(self) -> None:
        """What stands there now has no serious obstacle, in light, dark and on a phone."""
        found = obstacles(self.page)
        with self.on_a_phone():
            found += obstacles(self.page)
        self.page.emulate_media(color_scheme="dark")
        found += obstacles(self.page)
        self.page.emulate_media(color_scheme="light")
        assert not found, "\n".join(found)

    def leave(self) -> None:
        """Look a last time, close what is open, and then the tab."""
        self.look()
        if self.page.get_by_role("dialog").count():
            self.page.get_by_role("button", name=re.compile("^Close( all)?$")).first.click()
            self.closed()
        self.page.close()
        assert not self._wrong, "\n".join(self._wrong)


def button(where: Locator, label: str) -> Locator:
    """The newest button there that says so."""
    words = re.compile(rf"^\s*{re.escape(label)}\s*$")
    return where.get_by_role("button").filter(has_text=words).last


def press(where: Locator, label: str) -> None:
    button(where, label).click()
