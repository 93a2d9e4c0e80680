"""The documentation's page is tried word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import shapes
from peers import Answer, Provider, Tokenbot

PAGE = Path(__file__).parents[2] / "docs" / "sources" / "python.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), flags=re.DOTALL | re.MULTILINE)
#: Of each block in turn: what it prints, and whose event it leaves.
OUTCOMES = [
    ("Hello\n", [("chatcmpl-1", "ana@example.com", "search")]),
    ("Hello", [("msg_01", "ana@example.com", None)]),
    ("Hello\n", [("resp_1", "ben@example.com", "search")]),
    ("", [("run-2026-11-29-17", "ana@example.com", None)]),
    ("", []),
]


@pytest.mark.parametrize("number", range(len(OUTCOMES)))
def test_each_example_does_what_the_page_says(
    number: int, provider: Provider, tokenbot: Tokenbot
) -> None:
    provider.will("/v1/chat/completions", shapes.chat())
    provider.will("/v1/responses", Answer(shapes.response()))
    provider.will("/v1/messages", shapes.message_stream())
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": f"{provider.url}/v1",
        "ANTHROPIC_BASE_URL": provider.url,
        "OPENAI_API_KEY": "sk-test",
        "ANTHROPIC_API_KEY": "sk-test",
        "TOKENBOT_URL": tokenbot.url,
        "TOKENBOT_API_KEY": "key",
    }

    done = subprocess.run(  # noqa: S603 - the page's own examples
        [sys.executable, "-c", BLOCKS[number]],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said, events = OUTCOMES[number]
    assert (done.stdout, done.stderr) == (said, "")
    assert [
        (event["id"], event["user"], event.get("project")) for event in tokenbot.events
    ] == events


def test_no_example_is_left_out() -> None:
    assert len(BLOCKS) == len(OUTCOMES)
