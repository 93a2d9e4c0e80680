"""Golden payloads: renewed by `pytest tests/slack/render --update-golden`, read as a diff."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parent / "golden"

Compare = Callable[[str, dict[str, Any]], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden payloads anew")


@pytest.fixture
def compare(request: pytest.FixtureRequest) -> Compare:
    """Compares a payload with its golden file, or writes it."""

    # Plain `pytest` meets this file too late to know the option.
    is_update = request.config.getoption("--update-golden", default=False)

    def compare(name: str, payload: dict[str, Any]) -> None:
        path = GOLDEN / f"{name}.json"
        if is_update:
            written = json.dumps(payload, ensure_ascii=False, indent=1) + "\n"
            path.write_text(written, encoding="utf-8")
        assert path.exists(), "no golden file yet: pytest tests/slack/render --update-golden"
        assert payload == json.loads(path.read_text(encoding="utf-8"))

    return compare
