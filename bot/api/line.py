"""A line of requests that write: whoever waits at the same moment shares one thread and one commit.

A hop onto a thread, a commit and a round trip each cost more than a hold does. So a thread takes
all who wait, does what they want alike in statements made for many, and answers them once it is
committed (docs/decisions/0013-holds-in-line.md).
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from types import MappingProxyType
from typing import Any

from bot.storage.database import Database, DatabaseBusy

#: Holds of one commit, or somewhat more; whoever else writes on SQLite waits for all of them.
TOGETHER_MAX = 64
#: How long whoever is first waits for those who were served with them: less than a commit takes.
_TOGETHER_SECONDS: Mapping[str, float] = MappingProxyType({"sqlite": 0.001, "postgresql": 0.003})
#: On PostgreSQL one thread may wait for a lock, and then the other goes on without it.
_THREADS: Mapping[str, int] = MappingProxyType({"sqlite": 1, "postgresql": 2})
#: How long a thread waits for its turn: longer than a commit takes, unless a lock is waited for.
TURN_SECONDS = 0.05
#: In the line at once; the next are told to come again.
WAITING_MAX = 2_000

#: What is done for all who wait for the same: an outcome for each, or the exception that it gets.
Act = Callable[[Database, Sequence[Any]], Sequence[Any]]


@dataclass(slots=True)
class _Place:
    """Somebody in the line: what to do with what, whom to tell, and what came of it."""

    act: Act
    item: Any
    size: int
    loop: asyncio.AbstractEventLoop
    told: "asyncio.Future[Any]"
    found: Any = None

    def tell(self) -> None:
        """On the loop; nobody is told who has gone meanwhile."""
        if self.told.done():
            return
        if isinstance(self.found, StopIteration):  # the one exception that a future refuses
            self.told.set_exception(RuntimeError("nothing was found for a request"))
        elif isinstance(self.found, BaseException):
            self.told.set_exception(self.found)
        else:
            self.told.set_result(self.found)


class Line:
    """Does work on a database in the order in which it came, all alike that waits in one go."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Place] = deque()
        self._wake = threading.Semaphore(0)
        self._turn = threading.Lock()
        self._expected = 1
        self._begun = threading.Lock()
        self._is_begun = False

    async def done(self, act: Act, item: Any, *, size: int) -> Any:
        """What `act` makes of the item, which has so many holds, once it is committed.

        Raises what it gives as the item's exception, and `DatabaseFault`.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise DatabaseBusy("too many are waiting for their turn")
        self._begin()
        loop = asyncio.get_running_loop()
        place = _Place(act, item, size, loop, loop.create_future())
        self._waiting.append(place)
        self._wake.release()
        return await place.told

    def _begin(self) -> None:
        """At the first request: a process that only delivers has no such thread."""
        if self._is_begun:
            return
        with self._begun:
            if not self._is_begun:
                for _ in range(_THREADS[self._database.dialect]):
                    threading.Thread(target=self._serve, name="line", daemon=True).start()
                self._is_begun = True

    def _serve(self) -> None:
        while True:
            self._wake.acquire()
            # Two at once would halve what shares a commit, and wait for each other's sums by day.
            has_turn = self._turn.acquire(timeout=TURN_SECONDS)
            try:
                places = self._next()
                self._work(places)
                _tell(places)
            finally:
                if has_turn:
                    self._turn.release()

    def _next(self) -> list[_Place]:
        """All who wait, of whom one is known; for a moment, as many as the last time.

        They were told together, so they come again together: but for it, the first of them would
        have a commit of its own.
        """
        until = monotonic() + _TOGETHER_SECONDS[self._database.dialect]
        places = [self._waiting.popleft()]
        size = places[0].size
        while size < TOGETHER_MAX:
            seconds = until - monotonic() if len(places) < self._expected else 0
            if not self._wake.acquire(timeout=max(seconds, 0)):
                break
            places.append(self._waiting.popleft())
            size += places[-1].size
        self._expected = len(places)
        return places

    def _work(self, places: list[_Place]) -> None:
        alike: dict[Act, list[_Place]] = {}
        for place in places:
            alike.setdefault(place.act, []).append(place)
        try:
            with self._database.together() as database:
                for act, some in alike.items():
                    _act(act, database, some)
        except BaseException as fault:  # noqa: BLE001 - raised where it is waited for
            for place in places:  # also those who were refused: it may rest on what is undone
                place.found = fault


def _act(act: Act, database: Database, places: list[_Place]) -> None:
    try:
        found = act(database, [place.item for place in places])
    except BaseException as fault:  # noqa: BLE001 - raised where it is waited for
        found = [fault] * len(places)
    for place, one in zip(places, found, strict=True):
        place.found = one


def _tell(places: list[_Place]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Place]] = {}
    for place in places:
        by_loop.setdefault(place.loop, []).append(place)
    for loop, mine in by_loop.items():
        with suppress(RuntimeError):  # it is closed: nobody waits there any more
            loop.call_soon_threadsafe(_tell_all, mine)


def _tell_all(places: list[_Place]) -> None:
    for place in places:
        place.tell()
