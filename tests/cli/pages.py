"""Pages of the docs that show what the command line says."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return [part.partition("```")[0] for part in page.split(f"```{language}\n")[1:]]


def timeless(line: str) -> str:
    """The same whenever it is printed: a card's id is random, and days pass."""
    line = re.sub(r"\([0-9a-f]{8}\)", "(id)", line)
    return re.sub(r"20(?!31)\d\d-\d\d-\d\d \d\d:\d\d UTC", "then", line)
