"""A simulated Slack with a company of people, and servers that think it is the real one."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import monotonic, perf_counter

from benchmarks.http_client import Errand
from bot import bootstrap
from bot.playground.people import LEO, Person
from bot.playground.server import SimulatedSlack

PEOPLE = 200
_TOKENBOT = str(Path(sys.executable).parent / "tokenbot")
SERVE, TICK = (_TOKENBOT, "serve"), (_TOKENBOT, "tick")
CONSTANT = (sys.executable, "-m", "benchmarks.constant_app")
EMPTY = (sys.executable, "-m", "benchmarks.empty_app")
_URL = re.compile(r"http://[\w.]+:\d+")
_PATIENCE_SECONDS = 60.0
_numbers = count()


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves, and how long it took from its start to its first answer."""

    url: str
    pid: int
    seconds_to_answer: float


def people() -> list[Person]:
    """An admin, and colleagues enough for each connection to be another's."""
    named = (f"p{number:04}" for number in range(PEOPLE))
    return [LEO, *(Person(id=f"U0{n.upper()}", name=n, real_name=n.title()) for n in named)]


@contextmanager
def company() -> Iterator[SimulatedSlack]:
    with SimulatedSlack(clock=bootstrap.system_clock, people=people()) as slack:
        yield slack


def environment(slack: SimulatedSlack, database_url: str) -> dict[str, str]:
    """What `tokenbot` is told about this Slack and this database."""
    return {
        **os.environ,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": database_url,
        "HOST": "127.0.0.1",
        "PORT": "0",
    }


@contextmanager
def server(
    command: Sequence[str], slack: SimulatedSlack, database_url: str, folder: Path
) -> Iterator[Server]:
    """The command as a process, once it answers Slack; it is ended by SIGTERM."""
    began = perf_counter()
    with listener(command, slack, database_url, folder) as (url, pid):
        _first_answer(slack, url)
        yield Server(url, pid, perf_counter() - began)


@contextmanager
def listener(
    command: Sequence[str], slack: SimulatedSlack, database_url: str, folder: Path
) -> Iterator[tuple[str, int]]:
    """URL and process id of the command, once it listens; it is ended by SIGTERM."""
    log = folder / f"server.{next(_numbers)}.log"
    with log.open("w") as written:
        process = subprocess.Popen(  # noqa: S603 - ours
            command, env=environment(slack, database_url), stderr=written
        )
    try:
        yield _announced(process, log), process.pid
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def errand(
    slack: SimulatedSlack,
    url: str,
    *,
    texts: Mapping[str, str],
    connections: int,
    seconds: float,
    name: str,
) -> Errand:
    """Commands of everybody in turn; each text with what its good answer says."""
    return Errand(
        url=url,
        secret=slack.signing_secret,
        team_id=slack.team_id,
        user_ids=[person.id for person in people()[1:]],
        command="/tokens",
        texts=list(texts.items()),
        connections=connections,
        seconds=seconds,
        name=name,
    )


def fund(slack: SimulatedSlack, url: str) -> None:
    """Everybody has tokens, once the bot knows everybody."""
    slack.bot_url = url
    everyone = people()[1:]
    for start in range(0, len(everyone), 50):
        names = " ".join(f"@{person.name}" for person in everyone[start : start + 50])
        _until(lambda: "granted" in slack.command(LEO, f"grant {names} 1M").shown)  # noqa: B023


def _announced(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The URL that it says it serves at."""
    _until(lambda: _URL.search(log.read_text()) is not None or process.poll() is not None)
    found = _URL.search(log.read_text())
    if found is None:
        raise RuntimeError(f"the server ended: {log.read_text()}")
    return found[0]


def _first_answer(slack: SimulatedSlack, url: str) -> None:
    slack.bot_url = url
    _until(lambda: slack.command(LEO, "help").is_good)


def _until(is_so: Callable[[], bool]) -> None:
    pause, until = threading.Event(), monotonic() + _PATIENCE_SECONDS
    while not is_so():
        if monotonic() > until:
            raise RuntimeError("the server gives no good answer")
        pause.wait(0.02)
