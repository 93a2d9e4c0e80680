"""Planting a bug in a copy of the package, never in the repository, and trying the tests on it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
QUIETLY = ("-q", "-x", "-n", "0", "-p", "no:cacheprovider")
TESTS_FAILED = 1  # of pytest's exit codes; others mean that it could not run them


def home(mutant: Mutant | None, folder: Path) -> Path:
    """A copy of package and tests with the bug in it."""
    for name in ("bot", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    if mutant is not None:
        for path, old, new in mutant.changes:
            source = (folder / path).read_text()
            if source.count(old) != 1:
                raise ValueError(f"{path} has the mutant's text {source.count(old)} times: {old}")
            (folder / path).write_text(source.replace(old, new))
    return folder


def survives(mutant: Mutant | None, tests: Sequence[str]) -> str:
    """What the tests said if they passed all the same; empty when they failed, as they must."""
    with tempfile.TemporaryDirectory(prefix="tokenbot-mutant-") as name:
        folder = home(mutant, Path(name))
        run = subprocess.run(  # noqa: S603 - our own interpreter and tests
            [sys.executable, "-m", "pytest", *QUIETLY, *tests],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "HYPOTHESIS_PROFILE": "mutants"},
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode == TESTS_FAILED:
        return ""
    return f"exit code {run.returncode}\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
