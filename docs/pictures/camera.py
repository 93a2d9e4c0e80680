"""A browser that takes each picture twice, light and dark, as small files."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import (
    Browser,
    Error,
    FloatRect,
    Locator,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from bot.playground.people import Person
from bot.playground.server import SimulatedSlack

IMAGES = Path(__file__).parents[1] / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-GB",
)
#: For one message or form; for a page as a whole; and a phone.
DESK: ViewportSize = {"width": 960, "height": 900}
WIDE: ViewportSize = {"width": 1280, "height": 628}
PHONE: ViewportSize = {"width": 390, "height": 780}
#: High enough for a digest, a Home or ten calls to be seen whole.
TALL: ViewportSize = {"width": 960, "height": 2_600}
TALL_PHONE: ViewportSize = {"width": 390, "height": 4_400}
#: Pixels of a picture for each of the page: sharp on dense screens.
DENSITY = 2
#: The same for a page as a whole, which is shown smaller than it is.
WHOLE = 1.5
#: What is seen of the page around a form.
MARGIN = 20
COLOURS = 256
TRIES = 10
PATIENCE_MS = 15_000
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")
#: The tour is put away: only one picture shows it.
NO_TOUR = json.dumps({"on": False, "past": [], "done": [], "epoch": "", "at": 0})


expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


class Camera:
    """Opens the playground's page as somebody, and keeps what it sees in `docs/images`."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium

    @contextmanager
    def open(
        self,
        slack: SimulatedSlack,
        where: str,
        size: ViewportSize = DESK,
        *,
        density: float = DENSITY,
        with_tour: bool = False,
    ) -> Iterator[Page]:
        """The page at that address, which is what stands after `/?`."""
        page = self._chromium.new_page(
            viewport=size, device_scale_factor=density, base_url=slack.url, locale="en-GB"
        )
        page.set_default_timeout(PATIENCE_MS)
        if not with_tour:
            page.add_init_script(f"localStorage['tokenbot-tour'] = '{NO_TOUR}'")
        page.goto(f"/?{where}")
        yield page
        page.close()

    @contextmanager
    def blank(self, size: ViewportSize) -> Iterator[Page]:
        """A page with nothing on it yet."""
        page = self._chromium.new_page(viewport=size, device_scale_factor=DENSITY)
        yield page
        page.close()

    def take(self, page: Page, name: str, of: Locator | None = None, *, margin: int = 0) -> None:
        """The page, or that part of it, as `name` and as `name-dark`."""
        page.mouse.move(0, 0)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            file = IMAGES / (f"{name}.png" if scheme == "light" else f"{name}-dark.png")
            _lean(_shot(page, of, margin)).save(file, optimize=True)
        page.emulate_media(color_scheme="light")
        print(f"docs/images/{name}.png")


def _shot(page: Page, of: Locator | None, margin: int) -> bytes:
    """It is tried again where what it shows was drawn anew meanwhile."""
    if of is None:
        return page.screenshot(animations="disabled")
    missed = Error("It was not tried.")
    for _ in range(TRIES):
        try:
            of.scroll_into_view_if_needed(timeout=3_000)
            if not margin:
                return of.screenshot(animations="disabled", timeout=3_000)
            return page.screenshot(animations="disabled", clip=_around(of, margin))
        except Error as error:
            missed = error
    raise missed


def _around(of: Locator, margin: int) -> FloatRect:
    box = of.bounding_box(timeout=3_000)
    if box is None:
        raise Error("It has no box yet.")
    return {
        "x": box["x"] - margin,
        "y": box["y"] - margin,
        "width": box["width"] + 2 * margin,
        "height": box["height"] + 2 * margin,
    }


def _lean(png: bytes) -> Image.Image:
    """The same in few colours: flat areas and letters need no more."""
    with Image.open(io.BytesIO(png)) as image:
        flat = image.convert("RGB")
    return flat.quantize(
        COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
    )


# What people do on the page.


def at(who: Person, place: str = "dm", beside: tuple[Person, str] | None = None) -> str:
    """The address of somebody at a place, and of a second person beside them."""
    alone = f"as={who.id}&at={place}"
    return f"{alone}&and={beside[0].id}&and_at={beside[1]}" if beside else alone


def send(where: Page | Locator, text: str) -> None:
    box = where.locator("textarea.box")
    box.fill(text)
    box.press("Enter")


def message(where: Page | Locator, text: str) -> Locator:
    """The newest message that says so, once it is there."""
    found = where.get_by_role("article").filter(has_text=text).last
    expect(found).to_be_visible(timeout=PATIENCE_MS)
    return found


def home(page: Page, text: str) -> Locator:
    """The Home tab, once it says so."""
    found = page.locator(".home-view")
    expect(found).to_contain_text(text)
    return found
