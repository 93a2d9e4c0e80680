"""Each payload as it is sent, and within what Slack takes."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.playground.blocks.surfaces import problems
from tests.slack.render.conftest import GOLDEN, Compare
from tests.slack.render.payloads import HOMES, MESSAGES, MODALS

#: Below Slack's own: larger messages came two to four times for others (facts/slack.md §8).
BLOCKS_MAX = 40
CHARACTERS_MAX = 10_000
TEXT_MAX = 4_000


def texts(payload: object) -> Iterator[str]:
    """Every text in a payload that Slack draws."""
    if isinstance(payload, Mapping):
        if isinstance(payload.get("text"), str):
            yield payload["text"]
        payload = list(payload.values())
    if isinstance(payload, list):
        for one in payload:
            yield from texts(one)


def mrkdwn(payload: object) -> Iterator[Mapping[str, Any]]:
    """Every text object with marks."""
    if isinstance(payload, Mapping):
        if payload.get("type") == "mrkdwn":
            yield payload
        payload = list(payload.values())
    if isinstance(payload, list):
        for one in payload:
            yield from mrkdwn(one)


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_the_golden_one_and_within_slacks_limits(name: str, compare: Compare) -> None:
    message = MESSAGES[name]()

    assert problems("message", message) == []
    assert 0 < len(message["text"]) <= TEXT_MAX
    assert len(message["blocks"]) <= BLOCKS_MAX
    assert sum(map(len, texts(message["blocks"]))) <= CHARACTERS_MAX
    compare(name, message)


@pytest.mark.parametrize("name", MODALS)
def test_a_modal_is_the_golden_one_and_within_slacks_limits(name: str, compare: Compare) -> None:
    modal = MODALS[name]()

    assert problems("modal", modal) == []
    compare(name, modal)


@pytest.mark.parametrize("name", HOMES)
def test_a_home_tab_is_the_golden_one_and_within_slacks_limits(name: str, compare: Compare) -> None:
    home = HOMES[name]()

    assert problems("home", home) == []
    compare(name, home)


@pytest.mark.parametrize("name", [*MESSAGES, *MODALS, *HOMES])
def test_nothing_that_people_typed_becomes_markup(name: str) -> None:
    payload = {**MESSAGES, **MODALS, **HOMES}[name]()
    marked = [one["text"] for one in mrkdwn(payload)] + [payload.get("text", "")]

    assert all(one["verbatim"] for one in mrkdwn(payload))
    for text in marked:
        assert "<!channel>" not in text
        assert "<http" not in text
        assert "```" not in text.removeprefix(payload.get("text", "") or "\0")
        assert text.count("<!date^0") == 0


def test_no_golden_file_is_left_over() -> None:
    names = {path.stem for path in GOLDEN.glob("*.json")}

    assert names == {*MESSAGES, *MODALS, *HOMES}


def test_every_golden_file_says_what_happened_without_its_blocks() -> None:
    for name in MESSAGES:
        text = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))["text"]
        assert text.strip().endswith((".", "?", "”", "`", ")")), (name, text)
