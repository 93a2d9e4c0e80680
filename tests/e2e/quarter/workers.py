"""Two workers that tick side by side, and are killed.

Each is a process with connections of its own that does what `tokenbot tick --at` does, once for
each order: a new interpreter for each of 1,456 ticks would take half an hour. It is forked
(`tests.forking`), so that whoever was killed is replaced at once.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from pydantic import SecretStr

import bot
from bot.bootstrap import admin, tick_once
from bot.config import Settings
from bot.storage.database import DatabaseBusy
from bot.storage.postgres import PostgresTransaction
from tests.forking import context
from tests.waiting import SECONDS

_PACKAGE = str(Path(bot.__file__).parent)
_COMMIT = PostgresTransaction.commit.__code__
Profiler = Callable[[FrameType, str, object], None]
DONE = "done"
KILLED = "killed"
#: The other kept it waiting until a time-out of the database's: the machine has no time for both.
#: It is told that nothing was moved, and the next tick does it. A deadlock is no such thing.
BUSY = "busy"


class Aim(StrEnum):
    """What a worker counts until it dies."""

    #: A call of the bot's code begins or ends.
    CALL = "call"
    #: A commit is about to be sent, with all that it holds.
    COMMIT = "commit"
    #: A commit was answered, and nothing of what comes next was begun.
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Death:
    """At the so-many-th of them."""

    aim: Aim
    number: int


@dataclass(frozen=True, slots=True)
class Order:
    """Tick at this time; and die on the way, or be done before."""

    at: datetime
    death: Death | None = None


def _fuse(death: Death) -> Profiler:
    """A profiler that kills its process, in whatever statement or thread that is."""
    if death.aim is Aim.CALL:
        return _fuse_of_calls(death.number)
    return _fuse_of_commits(death.number, "call" if death.aim is Aim.COMMIT else "return")


def _fuse_of_calls(left: int) -> Profiler:
    def burn(frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal left
        if frame.f_code.co_filename.startswith(_PACKAGE):
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return burn


def _fuse_of_commits(left: int, awaited: str) -> Profiler:
    """Apart from the other, to be as quick as can be: a tick has some 50,000 events."""

    def burn(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal left
        if frame.f_code is _COMMIT and event == awaited:
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return burn


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
        """`DONE`, `KILLED` or `BUSY` on the way there, or what was the matter."""
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
            if order.death is not None:
                fuse = _fuse(order.death)
                threading.setprofile(fuse)
                sys.setprofile(fuse)
            try:
                tick_once(settings, database, order.at)
                said = DONE
            except DatabaseBusy as busy:
                said = BUSY if "timeout" in busy.reason else repr(busy)
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
