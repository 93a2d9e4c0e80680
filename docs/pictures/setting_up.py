"""An admin meets the bot for the first time."""

from pathlib import Path

from bot.playground.people import LEO
from docs.pictures.camera import Camera, at, home, message
from docs.pictures.playground import workplace


def tell(camera: Camera, folder: Path) -> None:
    with workplace(folder) as (slack, _):
        with camera.open(slack, at(LEO, "home"), {"width": 960, "height": 1_400}) as page:
            camera.take(page, "home-admin", home(page, "Still to set up"))
        with camera.open(slack, at(LEO), {"width": 960, "height": 1_400}) as page:
            camera.take(page, "welcome", message(page, "three"))
