"""Two workers that tick side by side, and are killed.

Each is a process with connections of its own that does what `tokenbot tick --at` does, once for
each order: a new interpreter for each of 1,456 ticks would take half an hour. It is forked
(`tests.forking`), so that whoever was killed is replaced at once.
"""

import os
import signal
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from pydantic import SecretStr

import bot
from bot.bootstrap import admin, tick_once
from bot.config import Settings
from tests.forking import context
from tests.waiting import SECONDS

_PACKAGE = str(Path(bot.__file__).parent)
DONE = "done"
KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Order:
    """Tick at this time; and die when so many calls of the bot's code have begun or ended."""

    at: datetime
    dies_after: int | None = None


@dataclass(slots=True)
class _Fuse:
    """A profiler that kills its process, in whatever statement or thread that is."""

    left: int

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if frame.f_code.co_filename.startswith(_PACKAGE):
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class Worker:
    """A process that waits for orders; a new one as soon as it was killed."""

    def __init__(self, settings: dict[str, str], log: Path) -> None:
        self._settings, self._log = settings, log
        self._start()

    def order(self, order: Order) -> None:
        self._orders.send(order)

    def kill_after(self, seconds: float) -> None:
        """SIGKILL from outside, unless it is done before: then at rest."""
        self._orders.poll(seconds)
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(SECONDS)

    def outcome(self) -> str:
        """`DONE`, `KILLED` on the way there, or what was the matter."""
        assert self._orders.poll(SECONDS), "a worker hangs"
        try:
            said = str(self._orders.recv())
        except (EOFError, ConnectionResetError):
            said = KILLED
            self._process.join(SECONDS)
        if self._process.exitcode is not None:
            assert self._process.exitcode == -signal.SIGKILL, self._log.read_text()
            self._orders.close()
            self._start()
        return said

    def stop(self) -> None:
        self._orders.close()
        self._process.join(SECONDS)
        if self._process.is_alive():
            self._process.kill()

    def _start(self) -> None:
        forking = context()
        self._orders, theirs = forking.Pipe()
        self._process = forking.Process(
            target=_work, args=(self._settings, str(self._log), theirs), daemon=True
        )
        self._process.start()
        theirs.close()  # so that its death can be seen here


def _work(values: dict[str, str], log: str, orders: Connection) -> None:
    with Path(log).open("ab", buffering=0) as written:
        os.dup2(written.fileno(), 2)
    settings = Settings(
        slack_bot_token=SecretStr(values["SLACK_BOT_TOKEN"]),
        slack_api_url=values["SLACK_API_URL"],
        database_url=values["DATABASE_URL"],
    )
    with admin.opened(settings) as database:
        while (order := _next(orders)) is not None:
            if order.dies_after is not None:
                fuse = _Fuse(order.dies_after)
                threading.setprofile(fuse)
                sys.setprofile(fuse)
            try:
                tick_once(settings, database, order.at)
                said = DONE
            except Exception as error:  # noqa: BLE001 (the test says what it makes of that)
                said = repr(error)
            sys.setprofile(None)
            threading.setprofile(None)
            orders.send(said)


def _next(orders: Connection) -> Order | None:
    try:
        order = orders.recv()
    except EOFError:
        return None
    assert isinstance(order, Order)
    return order
