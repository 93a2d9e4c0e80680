"""`tokenbot playground`: a simulated Slack, the real bot, and a page in the browser."""

import contextlib
import math
import shlex
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import typer
from pydantic import SecretStr

from bot import bootstrap
from bot.config import Settings
from bot.playground.clock import PlaygroundClock
from bot.playground.house import DATABASE_FILE, House
from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack

#: How many ports after the wanted one are tried.
PORTS_TRIED = 50
#: By how many seconds the ledger's time is ahead.
CLOCK_FILE = "playground.clock"


def run(*, port: int, open_browser: bool, directory: Path | None) -> None:
    """Serve the playground until SIGINT or SIGTERM."""
    ended = _ended_by_signals()
    with contextlib.ExitStack() as stack:
        place = directory or Path(stack.enter_context(_scratch()))
        place.mkdir(parents=True, exist_ok=True)
        clock = _clock(place)
        slack = _listening(port, clock)
        stack.callback(slack.stop)
        house = House(slack, clock, place, lambda at: _settings(slack, place, at))
        stack.callback(house.close)
        for trouble in house.open():
            typer.echo(f"The story could not be told whole: {trouble}", err=True)
        slack.simulate.house = house
        _announce(slack, place, is_kept=directory is not None)
        if open_browser:
            webbrowser.open(slack.url)
        ended.wait()
        typer.echo("Stopping.")


def _listening(port: int, clock: PlaygroundClock, tries: int = PORTS_TRIED) -> SimulatedSlack:
    """The simulated Slack on that port, or on the next free one."""
    for tried in range(port, port + tries):
        slack = SimulatedSlack(clock=clock, signing_clock=clock, port=tried)
        try:
            slack.start()
        except OSError:
            continue
        if tried != port:
            typer.echo(f"Port {port} is in use; this is port {tried}.")
        return slack
    raise typer.BadParameter(f"ports {port} to {port + tries - 1} are all in use")


def _clock(place: Path) -> PlaygroundClock:
    """As far ahead as this ledger was left: its time has no way back."""
    file = place / CLOCK_FILE
    ahead = timedelta(seconds=int(file.read_text())) if file.exists() else timedelta(0)

    def keep(moved: timedelta) -> None:
        file.write_text(str(math.ceil(moved.total_seconds())))

    return PlaygroundClock(bootstrap.system_clock, ahead=ahead, moved=keep)


def _settings(slack: SimulatedSlack, place: Path, port: int) -> Settings:
    return Settings(
        slack_bot_token=SecretStr(slack.bot_token),
        slack_signing_secret=SecretStr(slack.signing_secret),
        slack_app_token=None,
        slack_api_url=slack.api_url,
        database_url=_database(place),
        host="127.0.0.1",
        port=port,
        public_url="",  # where it serves is not known yet, and is no real bot's address
        openai_admin_key=SecretStr(""),  # no real company's usage in a story
        anthropic_admin_key=SecretStr(""),
    )


def _announce(slack: SimulatedSlack, place: Path, *, is_kept: bool) -> None:
    typer.echo(f"The playground is at {slack.url}/ (Ctrl-C stops it).")
    fate = "kept" if is_kept else "deleted at the end"
    typer.echo(f"The ledger is in {place / DATABASE_FILE}, {fate}.")
    typer.echo(f"For calls of {ANA.first_name}'s own, make her a key in another terminal here:")
    typer.echo(
        f"  DATABASE_URL={shlex.quote(_database(place))} PUBLIC_URL={slack.bot_url} "
        f"{_program()} api-key create ana --scope usage:write --user {ANA.id}"
    )


def _program() -> str:
    """How this was started."""
    started = Path(sys.argv[0])
    is_installed = started.name == "tokenbot"
    return shlex.join([str(started)] if is_installed else [sys.executable, "-m", "bot"])


def _database(place: Path) -> str:
    return f"sqlite:///{place / DATABASE_FILE}"


@contextlib.contextmanager
def _scratch() -> Iterator[str]:
    with tempfile.TemporaryDirectory(
        prefix="tokenbot-playground-", ignore_cleanup_errors=True
    ) as it:
        yield it


def _ended_by_signals() -> threading.Event:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended
