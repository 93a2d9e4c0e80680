"""From nothing to what a call cost, by the words of the docs and of what the programs print."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot import bootstrap
from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from tests.e2e import processes
from tests.e2e.test_serve import connect

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/api.md").read_text()
_ANNOUNCED = re.compile(r"The playground is at (http://127\.0\.0\.1:\d+)/")
_STOP_SECONDS = 20


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    """On the machine's clock, as the processes are."""
    with SimulatedSlack(clock=bootstrap.system_clock, answer_seconds=10.0) as made:
        yield made


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def bare() -> dict[str, str]:
    """An environment with no settings in it."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}


def typed(folder: Path, text: str) -> str:
    """What a shell in that folder writes to standard output."""
    done = subprocess.run(  # noqa: S603 (the page's own words)
        ["/bin/bash", "-euc", text],
        cwd=folder,
        env=bare(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def put(text: str, instead: Mapping[str, str]) -> str:
    """With one's own in place of the page's examples."""
    for example, own in instead.items():
        assert example in text
        text = text.replace(example, own)
    return text


def test_the_page_of_a_first_event_does_what_it_says(slack: SimulatedSlack, tmp_path: Path) -> None:
    first_event = PAGE.partition("## A first event")[2].partition("\n## ")[0]
    makes_key, sends, asks = re.findall(r"```sh\n(.*?)```", first_event, re.DOTALL)
    accepted, balance = re.findall(r"```json\n(.*?)```", first_event, re.DOTALL)
    (command,) = re.findall(r"^/tokens (.*)$", first_event, re.MULTILINE)
    (figure,) = re.findall(r"^> \*\*(.*)\*\*", first_event, re.MULTILINE)
    environment = processes.of(slack, PORT=str(free_port()))
    (tmp_path / ".env").write_text("".join(f"{name}={of}\n" for name, of in environment.items()))
    (tmp_path / ".venv").symlink_to(sys.prefix)

    with processes.started(tmp_path, "serve") as process:
        connect(slack, process)
        key = typed(tmp_path, makes_key).splitlines()[-1]
        mine = {"http://127.0.0.1:3000": process.url, "you@example.com": "ana@example.com"}
        exported = f"export TOKENBOT_KEY={key}\n"
        told = typed(tmp_path, put(sends, mine | {"tbk_…": key}))
        cost = slack.command(ANA, command).shown
        used = slack.command(ANA, "usage").shown

        asked = typed(tmp_path, exported + put(asks, mine))

    assert told == accepted.strip()
    assert f"{figure} tokens charged for this call." in cost
    assert f"{figure} tokens used in the last 7 days" in used
    assert json.loads(asked).keys() == json.loads(balance).keys()
    assert json.loads(asked)["balance"] == -1_250


def test_the_playground_says_how_to_make_a_call_in_it(tmp_path: Path) -> None:
    with playground(tmp_path) as (page, announced):
        made = typed(tmp_path, announced).splitlines()
        address = announced.partition("PUBLIC_URL=")[2].split()[0]
        (call,) = [line for line in made if line.startswith("curl ")]
        (command,) = re.findall(r"/tokens (.*)$", "\n".join(made), re.MULTILINE)
        told = typed(tmp_path, f"export TOKENBOT_KEY={made[-1]}\n{call}")
        cost = say(page, command)
        agent = say(page, "link claude-code")

    assert json.loads(told) == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert "1,250 tokens charged for this call." in cost
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT={address}\n" in agent


@contextmanager
def playground(folder: Path) -> Iterator[tuple[str, str]]:
    """Where its page is, and the command that it tells of."""
    program = [sys.executable, "-m", "bot", "playground", "--no-browser"]
    with subprocess.Popen(  # noqa: S603 (our own program)
        program, stdout=subprocess.PIPE, text=True, cwd=folder, env=bare()
    ) as process:
        assert process.stdout is not None
        page, command = "", ""
        while not command:
            line = process.stdout.readline()
            assert line, "it ended"
            if found := _ANNOUNCED.match(line):
                page = found[1]
            elif "api-key create" in line:
                command = line
        yield page, command
        process.send_signal(signal.SIGINT)
        assert process.wait(_STOP_SECONDS) == 0


def say(page: str, command: str) -> str:
    """What Ana sees."""
    said = {"who": ANA.id, "text": command}
    answer = httpx.post(f"{page}/control/command", json=said, timeout=30)
    return str(answer.json()["shown"])
