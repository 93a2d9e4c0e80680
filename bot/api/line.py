"""A line of requests that write: whoever waits at the same moment shares one thread and one commit.

A hop onto a thread and a commit cost more than a hold does; on SQLite one writer works at a time
anyway. So one thread takes all who wait, does their work one after the other, and answers them
together once it is committed (docs/decisions/0013-holds-in-line.md).
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.storage.database import Database, DatabaseBusy

#: Served by one commit; whoever else writes waits for all of them.
TOGETHER_MAX = 32
#: In the line at once; the next are told to come again.
WAITING_MAX = 2_000

T = TypeVar("T")


@dataclass(slots=True)
class _Place:
    """Somebody in the line: what to do, whom to tell, and what came of it."""

    work: Callable[[Database], Any]
    loop: asyncio.AbstractEventLoop
    told: "asyncio.Future[Any]"
    found: Any = None
    fault: BaseException | None = None

    def tell(self) -> None:
        """On the loop; nobody is told who has gone meanwhile."""
        if self.told.done():
            return
        if self.fault is not None:
            self.told.set_exception(self.fault)
        else:
            self.told.set_result(self.found)


class Line:
    """Does work on a database in the order in which it came."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Place] = deque()
        self._wake = threading.Semaphore(0)
        self._begun = threading.Lock()
        self._is_begun = False

    async def done(self, work: Callable[[Database], T]) -> T:
        """What `work` makes, once it is committed. Raises what it raises, and `DatabaseFault`."""
        if len(self._waiting) >= WAITING_MAX:
            raise DatabaseBusy("too many are waiting for their turn")
        self._begin()
        loop = asyncio.get_running_loop()
        place = _Place(work, loop, loop.create_future())
        self._waiting.append(place)
        self._wake.release()
        found: T = await place.told
        return found

    def _begin(self) -> None:
        """At the first request: a process that only delivers has no such thread."""
        if self._is_begun:
            return
        with self._begun:
            if not self._is_begun:
                threading.Thread(target=self._serve, name="line", daemon=True).start()
                self._is_begun = True

    def _serve(self) -> None:
        while True:
            self._wake.acquire()
            places = [self._waiting.popleft()]
            while len(places) < TOGETHER_MAX and self._wake.acquire(blocking=False):
                places.append(self._waiting.popleft())
            self._work(places)
            _tell(places)

    def _work(self, places: list[_Place]) -> None:
        try:
            with self._database.together() as database:
                for place in places:
                    _act(place, database)
        except BaseException as fault:  # noqa: BLE001 - raised where it is waited for
            for place in places:  # also those who were refused: it may rest on what is undone
                place.fault = fault


def _act(place: _Place, database: Database) -> None:
    try:
        place.found = place.work(database)
    except BaseException as fault:  # noqa: BLE001 - raised where it is waited for
        place.fault = fault


def _tell(places: list[_Place]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Place]] = {}
    for place in places:
        by_loop.setdefault(place.loop, []).append(place)
    for loop, mine in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell_all, mine)


def _tell_all(places: list[_Place]) -> None:
    for place in places:
        place.tell()
