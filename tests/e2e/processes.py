"""`tokenbot …` as a process of its own, with nothing in its environment but what a test says."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.playground.server import SimulatedSlack
from tests.waiting import until

_STARTED = re.compile(r"tokenbot serves Slack at (http://[^/\s]+)/slack/events")
_START_SECONDS = 30.0
#: More than a process has to finish what is in hand.
_END_SECONDS = 25.0


@dataclass(slots=True)
class Process:
    """One that runs; its standard error is in a file, to be looked at while it does."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def said(self) -> str:
        """What it has written to standard error."""
        return self.log.read_text(errors="replace")

    @property
    def url(self) -> str:
        """Where it serves, once it says so."""
        until(self._has_started, seconds=_START_SECONDS)
        found = _STARTED.search(self.said)
        assert found
        return found[1]

    def terminate(self) -> int:
        """SIGTERM, and its exit code once it has ended."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(_END_SECONDS)

    def kill(self) -> None:
        """SIGKILL: nothing more happens in it."""
        self.popen.kill()
        self.popen.wait(_END_SECONDS)

    def _has_started(self) -> bool:
        assert self.popen.poll() is None, self.said
        return bool(_STARTED.search(self.said))


@contextmanager
def started(folder: Path, *arguments: str, **environment: str) -> Iterator[Process]:
    """A process in that folder until the block ends; killed there if it still runs."""
    log = folder / f"{arguments[0]}-{len(list(folder.glob('*.log')))}.log"
    with log.open("wb") as written:
        popen = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", "bot", *arguments],
            cwd=folder,
            env=_environment(environment),
            stdout=written,
            stderr=written,
        )
    process = Process(popen, log)
    try:
        yield process
    finally:
        if popen.poll() is None:
            process.kill()


def ran(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=_environment(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def of(slack: SimulatedSlack, **more: str) -> dict[str, str]:
    """The three settings that serving this Slack takes; any port will do."""
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "PORT": "0",
        **more,
    }


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    root = Path(__file__).parent.parent.parent
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), **settings}
