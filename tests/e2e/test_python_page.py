"""`docs/python.md`, word for word: a real bot, the real SDK, and a local server of OpenAI's API."""

import os
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import bootstrap
from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from tests.e2e import openai_server, processes
from tests.e2e.test_first_call import ROOT, free_port, put, typed
from tests.e2e.test_serve import connect
from tests.waiting import until

pytestmark = pytest.mark.client

PAGE = (ROOT / "docs/python.md").read_text()
#: Where the page's `pip install ./client openai` went.
INSTALLED = Path(os.environ.get("VENV_CLIENT", ROOT / ".venv-client"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    """On the machine's clock, as the processes are."""
    with SimulatedSlack(clock=bootstrap.system_clock, answer_seconds=10.0) as made:
        yield made


def test_the_page_of_the_python_client_does_what_it_says(
    slack: SimulatedSlack, tmp_path: Path
) -> None:
    makes_key, installs, exports = blocks("sh")
    examples, outputs = blocks("python"), blocks("text")
    environment = processes.of(slack, PORT=str(free_port()))
    (tmp_path / ".env").write_text("".join(f"{name}={of}\n" for name, of in environment.items()))
    (tmp_path / ".venv").symlink_to(sys.prefix)

    with processes.started(tmp_path, "serve") as process, openai_server.serving() as models:
        connect(slack, process)
        slack.command(LEO, "grant @ana 1M for a first call")
        key = typed(tmp_path, makes_key).splitlines()[-1]
        exported = put(
            exports,
            {
                "http://127.0.0.1:3000": process.url,
                "http://127.0.0.1:8000": models,
                "tbk_…": key,
                "sk-…": "sk-test",
            },
        )
        exported += f"export PATH={INSTALLED}/bin:$PATH\n"
        said = [
            typed(tmp_path, f"{exported}python -c {shlex.quote(mine)}")
            for mine in (put(one, {"you@example.com": "ana@example.com"}) for one in examples)
        ]
        until(lambda: "999,900" in slack.command(ANA, "balance").shown)

    assert installs == "pip install ./client openai\n"
    assert len(said) == len(outputs)
    for one, expected in zip(said, outputs, strict=True):
        assert re.fullmatch(re.escape(expected).replace("…", ".*"), one)
