"""What `docs/sources/litellm.md` tells an admin to paste, so that the tests run just that."""

import re
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parent.parent.parent / "docs" / "sources" / "litellm.md"
#: The address and the key that the page shows.
ENDPOINT = "https://tokenbot.example.com/v1/usage/litellm"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXPORT = re.compile(r"^export (\w+)=(.*)$", re.MULTILINE)


def config() -> dict[str, Any]:
    """The page's configuration for the proxy."""
    (text,) = _blocks("yaml")
    found: dict[str, Any] = yaml.safe_load(text)
    assert found["callback_settings"]["tokenbot"]["endpoint"] == ENDPOINT
    return found


def environment() -> dict[str, str]:
    """The page's environment variables for the proxy."""
    found = {
        name: value.strip('"') for text in _blocks("sh") for name, value in _EXPORT.findall(text)
    }
    assert found
    return found


def commands() -> list[str]:
    """The `tokenbot …` lines of the page."""
    return [
        line.removeprefix("tokenbot ")
        for text in _blocks("sh")
        for line in text.splitlines()
        if line.startswith("tokenbot ")
    ]


def _blocks(language: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(PAGE.read_text()) if found == language]
