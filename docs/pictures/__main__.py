"""The command line: all stories, or those that are named."""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.pictures import asking, calls, deciding, film, limits, setting_up, weeks
from docs.pictures.camera import Camera, browser

STORIES: Mapping[str, Callable[[Camera, Path], None]] = {
    "asking": asking.tell,
    "deciding": deciding.tell,
    "weeks": weeks.tell,
    "calls": calls.tell,
    "limits": limits.tell,
    "setting_up": setting_up.tell,
    "film": film.tell,
}


def main(names: list[str]) -> None:
    unknown = set(names) - set(STORIES)
    if unknown:
        sys.exit(f"No such story: {', '.join(sorted(unknown))}. There are {', '.join(STORIES)}.")
    with browser() as chromium:
        for name in names or STORIES:
            with tempfile.TemporaryDirectory(prefix="tokenbot-pictures-") as folder:
                STORIES[name](Camera(chromium), Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
