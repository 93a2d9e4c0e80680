"""What the docs tell an admin to paste, so that the tests run just that."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_DOCS = Path(__file__).parent.parent.parent / "docs"
#: The address that the pages show.
ADDRESS = "https://tokenbot.example.com"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXPORT = re.compile(r"^export (\w+)=(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the docs."""

    path: Path

    def config(self) -> dict[str, Any]:
        """The page's configuration for the proxy."""
        (text,) = self._blocks("yaml")
        found: dict[str, Any] = yaml.safe_load(text)
        return found

    def environment(self) -> dict[str, str]:
        """The page's environment variables for the proxy."""
        found = {
            name: value.strip('"')
            for text in self._blocks("sh")
            for name, value in _EXPORT.findall(text)
        }
        assert found
        return found

    def commands(self, program: str) -> list[str]:
        """The lines of the page that run this program, without its name."""
        return [
            line.removeprefix(f"{program} ")
            for text in self._blocks("sh")
            for line in text.splitlines()
            if line.startswith(f"{program} ")
        ]

    def _blocks(self, language: str) -> list[str]:
        found = _BLOCK.findall(self.path.read_text())
        return [text for named, text in found if named == language]


METERING = Page(_DOCS / "sources" / "litellm.md")
ENFORCING = Page(_DOCS / "gateway.md")
