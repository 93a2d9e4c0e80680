"""Ben asks, Mia approves, Ben hears of it: split view as a moving picture, legible on a phone.

One person is above the other, as on a phone; of the page only the rail is left out, and what
stands where nobody types.
"""

import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, expect

from bot.playground.people import BEN, LEO, MIA
from docs.pictures.camera import IMAGES, SCHEMES, Camera, Scheme, at, message
from docs.pictures.playground import NEWS, WORKSPACE, workplace

WIDTH, HEIGHT, ABOVE = 440, 694, 326
CAPTION_HEIGHT = 58
ASKS = "/tokens request 500k for the evaluation run"
LETTERS_A_FRAME = 3
#: How long a frame is seen, in milliseconds.
TYPING, GLANCE, READ, LAST = 130, 900, 3_400, 4_200
BYTES_MAX = 2_000_000
_COLOURS = {"light": ("#350d36", "#ffffff"), "dark": ("#4a154b", "#ffffff")}
_CAPTION = """<body style="margin:0;background:{0};color:{1};font:700 19px/{2}px 'Liberation Sans',
sans-serif;text-align:center">{3}</body>"""


@dataclass(slots=True)
class Film:
    """Frames, light and dark, under the caption of their step."""

    page: Page
    title: Page
    frames: dict[Scheme, list[Image.Image]] = field(
        default_factory=lambda: {scheme: [] for scheme in SCHEMES}
    )
    durations: list[int] = field(default_factory=list)
    captions: dict[Scheme, Image.Image] = field(default_factory=dict)

    def say(self, words: str) -> None:
        """What stands above the frames from now on."""
        for scheme in SCHEMES:
            self.title.set_content(_CAPTION.format(*_COLOURS[scheme], CAPTION_HEIGHT, words))
            self.captions[scheme] = _image(self.title.screenshot())

    def shoot(self, duration: int) -> None:
        self.durations.append(duration)
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            shot = _image(self.page.screenshot(animations="disabled"))
            above = self.captions[scheme]
            frame = Image.new("RGB", (shot.width, above.height + shot.height))
            frame.paste(above, (0, 0))
            frame.paste(shot, (0, above.height))
            self.frames[scheme].append(frame)

    def keep(self, name: str) -> None:
        for scheme, (first, *others) in self.frames.items():
            file = IMAGES / (f"{name}.webp" if scheme == "light" else f"{name}-dark.webp")
            first.save(
                file,
                save_all=True,
                append_images=others,
                duration=self.durations,
                loop=0,
                lossless=True,
                quality=100,
                method=4,
                minimize_size=True,
            )
            if file.stat().st_size > BYTES_MAX:
                raise RuntimeError(f"{file.name} has {file.stat().st_size:,} bytes")
            print(f"docs/images/{file.name}: {sum(self.durations) / 1000} seconds")


def tell(camera: Camera, folder: Path) -> None:
    with workplace(folder) as (slack, handle):
        handle.add_approver(WORKSPACE, MIA.id)
        slack.command(LEO, "grant @ben @mia 250k to begin with")
        slack.wait_until(lambda: slack.dm(BEN) and slack.dm(MIA))
        slack.move_time(hours=1)
        slack.say(LEO, NEWS)
        size: ViewportSize = {"width": WIDTH, "height": HEIGHT}
        with (
            camera.open(slack, at(BEN, slack.general.id, (MIA, "dm")), size) as page,
            camera.blank({"width": WIDTH, "height": CAPTION_HEIGHT}) as title,
        ):
            message(page, "250k")
            message(page, "Budgets")
            page.evaluate(_layout())
            act(Film(page, title))


def _layout() -> str:
    return f"""() => {{
      document.getElementById("rail").style.display = "none";
      document.getElementById("left").style.flex = "0 0 {ABOVE}px";
      document.getElementById("left-closed").style.display = "none";
      document.getElementById("right-closed").style.display = "none";
      document.getElementById("right-status").style.display = "none";
    }}"""


def act(film: Film) -> None:
    ben, mia = film.page.locator("#left"), film.page.locator("#right")
    film.say("Ben, above, needs more AI tokens")
    film.shoot(GLANCE * 2)
    film.say("He asks his manager, Mia")
    type_in(film, ben, ASKS)
    film.shoot(GLANCE)
    ben.locator("textarea.box").press("Enter")
    message(mia, "asks for")
    settle(ben, mia)
    film.say("She has it at once, with the facts")
    film.shoot(READ)
    approve = mia.get_by_role("button", name="Approve 500k")
    approve.focus()
    film.say("One click approves it")
    film.shoot(GLANCE * 2)
    approve.click()
    film.page.mouse.move(0, 0)
    message(mia, "Approved 500k")
    open_messages(ben)
    message(ben, "750k (750,000) available")
    film.page.evaluate("document.activeElement.blur()")
    settle(ben, mia)
    film.say("Ben hears of it at once")
    film.shoot(READ)
    film.say("Every token is in a ledger")
    film.shoot(LAST)
    film.keep("story")


def type_in(film: Film, who: Locator, words: str) -> None:
    box = who.locator("textarea.box")
    box.focus()
    for end in range(LETTERS_A_FRAME, len(words) + LETTERS_A_FRAME, LETTERS_A_FRAME):
        box.fill(words[:end])
        film.shoot(TYPING)


def open_messages(who: Locator) -> None:
    """From #general down to what tokenbot wrote, by keyboard."""
    box = who.locator("textarea.box")
    box.press("Alt+ArrowDown")
    expect(who.get_by_role("log", name="Messages in #ml-platform")).to_be_visible()
    box.press("Alt+ArrowDown")


def settle(*panes: Locator) -> None:
    """The newest at the bottom, as whoever looks at it has it."""
    for pane in panes:
        pane.get_by_role("log").evaluate("log => { log.scrollTop = log.scrollHeight; }")


def _image(png: bytes) -> Image.Image:
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB")
