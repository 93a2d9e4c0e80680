"""`docs/new_command.md`, word for word: its blocks change a copy, in which its commands run."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutants.planting import ROOT, home

PAGE = (ROOT / "docs/new_command.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"`([\w./]+\.(?:py|md|json))`")


def blocks() -> Iterator[tuple[str, str, str]]:
    """The language of each block, its text, and the file that was named last before it."""
    for found in _BLOCK.finditer(PAGE):
        named = _NAMED.findall(PAGE[: found.start()])
        yield found[1], found[2], named[-1] if named else ""


def applied(diff: str, text: str) -> str:
    """The text with each place of the diff changed; a place stands in it once."""
    for place in diff.split("@@\n"):
        lines = place.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if not line.startswith("+"))
        new = "".join(line[1:] for line in lines if not line.startswith("-"))
        assert text.count(old) == 1, f"stands there {text.count(old)} times:\n{old}"
        text = text.replace(old, new)
    return text


def typed(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What a shell in the copy says to it."""
    return subprocess.run(  # noqa: S603 (the commands of our own page)
        ["/bin/sh", "-ec", command],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder),
            "PYTEST_ADDOPTS": "-n 0 -p no:cacheprovider",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(300)
def test_a_command_comes_by_the_steps_of_its_page(tmp_path: Path) -> None:
    folder = home(None, tmp_path)
    (folder / ".venv").symlink_to(sys.prefix)

    for language, text, name in blocks():
        path = folder / name
        match language:
            case "python":
                assert not path.exists(), f"{name} is no new file"
                path.write_text(text, encoding="utf-8")
            case "diff":
                path.write_text(applied(text, path.read_text(encoding="utf-8")), encoding="utf-8")
            case "sh":
                said = typed(folder, text)
                assert said.returncode == 0, said.stdout[-4_000:] + said.stderr[-4_000:]
            case _:
                assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)
