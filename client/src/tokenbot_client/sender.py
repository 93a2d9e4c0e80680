"""A queue and the one thread that brings what is in it to tokenbot.

Usage events go this way, and what becomes of holds that nobody waits for. The path of the caller's
own call holds nothing but an append under a lock. Everything that can go wrong does so on the
thread, and ends in the log.
"""

import atexit
import functools
import json
import logging
import os
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import httpx

from tokenbot_client import answers, problems
from tokenbot_client.access import Access
from tokenbot_client.routes import USAGE, Event, Route

log = logging.getLogger("tokenbot_client")

#: About 10 MB of waiting events; the ones after that are dropped and counted.
WAITING_MAX = 10_000
#: Back-off after a failed request: doubles from the first to the last.
FIRST_WAIT_SECONDS = 0.5
LAST_WAIT_SECONDS = 60.0
#: How long the end of the interpreter may be held up for what still waits.
EXIT_SECONDS = 3.0
REQUEST_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
#: What is over, and may be told of again, once tokenbot takes events.
_OBSTACLES = frozenset({"away", "key", "other"})


class Sender:
    """Delivers events to one tokenbot with one API key, at least once, in batches."""

    def __init__(self, access: Access, route: Route = USAGE) -> None:
        self._access = access
        self._route = route
        self._start_empty()
        self._is_registered = False
        self._warm_up()

    def _start_empty(self) -> None:
        """A fresh start; a forked child leaves to its parent what waited, and the connection."""
        self._changed = threading.Condition()
        self._waiting: deque[Callable[[], Event]] = deque()
        self._in_hand = 0
        self._flushing = 0
        self._flushes = 0
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._said: set[str] = set()
        self.dropped = 0
        #: How many batches have had their answer.
        self.turns = 0

    def _warm_up(self) -> None:
        """Brings in what httpx imports late: forked in mid-import, a child has half a module."""
        try:
            self._open().close()
        except Exception as error:  # noqa: BLE001 - in the caller's process it ends in the log
            self._is_stopped = True
            what = type(error).__name__
            self._say("stop", f"reporting can't start ({what}) and stops", logging.ERROR)

    def _open(self) -> httpx.Client:
        access = self._access
        return httpx.Client(headers=access.headers, timeout=REQUEST_TIMEOUT, verify=access.verify)

    def wake(self) -> None:
        """Starts the thread where there is none yet, and hears of forks and of the end from then.

        Apart from `add`, for that also runs when an abandoned stream is collected: in the middle
        of anything, of a thread's start even, where starting one would wait for ever.
        """
        if self._thread is not None or self._is_stopped or sys.is_finalizing():
            return
        with self._changed:
            if self._thread is None:
                self._register()
                self._start_thread()

    def add(self, make: Callable[[], Event]) -> None:
        """Queues an event; `make` builds it on the thread."""
        if sys.is_finalizing():  # The thread may have been stopped with the lock in its hand.
            return
        with self._changed:
            is_full = not self._is_stopped and len(self._waiting) >= WAITING_MAX
            if is_full or self._is_stopped:
                self.dropped += 1
            else:
                self._waiting.append(make)
                if len(self._waiting) in (1, self._route.batch_max):
                    self._changed.notify_all()
        if is_full:
            self._say("full", f"{WAITING_MAX} usage events wait; the ones after that are dropped")

    def _register(self) -> None:
        if self._is_registered:
            return
        self._is_registered = True
        atexit.register(self._at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start_empty)

    @property
    def is_idle(self) -> bool:
        """Whether all that was added has had its answer."""
        return not self._waiting and not self._in_hand

    def flush(self, seconds: float) -> bool:
        """Sends what waits without lingering; False when some of it still waits after so long."""
        if self._waiting:
            self.wake()
        with self._changed:
            if self._thread is None:
                return not self._waiting
            self._flushing += 1
            self._flushes += 1
            self._changed.notify_all()
            try:
                return self._changed.wait_for(lambda: self.is_idle, seconds)
            finally:
                self._flushing -= 1

    def _at_exit(self) -> None:
        if not self.flush(max(_exit_deadline() - time.monotonic(), 0.0)):
            left = len(self._waiting) + self._in_hand
            log.warning("tokenbot did not take %d usage events before the exit", left)

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._run, name="tokenbot-usage", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is going: there is nobody left to send
            return
        self._thread = thread

    def _run(self) -> None:
        with self._open() as http:
            while True:
                self._take_turn(http)

    def _take_turn(self, http: httpx.Client) -> None:
        batch = self._next_batch()
        try:
            if events := self._made(batch):
                self._deliver(http, events)
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever it meets
            self._drop(len(batch))
            what = type(error).__name__
            self._say(what, f"usage events were dropped ({what}: {error})", logging.ERROR)
        with self._changed:
            self._in_hand = 0
            self.turns += 1
            self._changed.notify_all()

    def _next_batch(self) -> Sequence[Callable[[], Event]]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            self._changed.wait_for(
                lambda: self._flushing or len(self._waiting) >= self._route.batch_max,
                self._route.linger_seconds,
            )
            self._in_hand = min(len(self._waiting), self._route.batch_max)
            return [self._waiting.popleft() for _ in range(self._in_hand)]

    def _made(self, batch: Sequence[Callable[[], Event]]) -> list[str]:
        return [event for event in map(self._one_made, batch) if event is not None]

    def _one_made(self, make: Callable[[], Event]) -> str | None:
        """An event as JSON, each by itself: one of an unknown shape costs no other."""
        try:
            return json.dumps(make(), allow_nan=False)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends in the log
            self._drop(1)
            self._say("shape", f"a response's usage could not be read ({type(error).__name__})")
            return None

    def _deliver(self, http: httpx.Client, events: Sequence[str]) -> None:
        """Posts until tokenbot has answered for these events; their ids make repeats harmless."""
        waits = _back_off()
        while True:
            flushes = self._flushes
            answer = self._post(http, events)
            if answer is not None and answers.is_too_large(answer) and len(events) > 1:
                half = len(events) // 2
                self._deliver(http, events[:half])
                events = events[half:]
            elif answer is not None and self._is_settled(answer, events):
                return
            else:
                asked_for = answers.retry_after(answer) if answer is not None else None
                self._pause(next(waits) if asked_for is None else asked_for, flushes)

    def _post(self, http: httpx.Client, events: Sequence[str]) -> httpx.Response | None:
        path, content = self._route.asked(events)
        try:
            answer = http.post(self._access.url + path, content=content)
        except httpx.HTTPError as error:
            self._wait_for("away", f"no answer ({type(error).__name__}: {error})")
            return None
        return answer

    def _wait_for(self, what: str, why: str, level: int = logging.WARNING) -> None:
        self._say(what, f"{why}; usage events wait here and are sent again", level)

    def _pause(self, seconds: float, flushes: int) -> None:
        """Waits, but not past the next flush, which is worth a try of its own."""
        with self._changed:
            self._changed.wait_for(lambda: self._flushes != flushes, seconds)

    def _is_settled(self, answer: httpx.Response, events: Sequence[str]) -> bool:
        """Whether the answer says what became of the events, which are then not sent again."""
        if answers.is_passing(answer):
            self._wait_for("away", f"no answer (status {answer.status_code})")
            return False
        refused = self._route.refused(answer, events)
        if refused is None:
            # Of the way to tokenbot, not of these events: it may be mended while they wait.
            what = "key" if answer.status_code in problems.OF_KEY else "other"
            self._wait_for(what, problems.obstacle(answer), logging.ERROR)
            return False
        self._said -= _OBSTACLES
        if refused:
            self._drop(len(refused))
            log.warning("tokenbot refused %d usage events, first: %s", len(refused), refused[0])
        return True

    def _drop(self, events: int) -> None:
        with self._changed:
            self.dropped += events

    def _say(self, what: str, text: str, level: int = logging.WARNING) -> None:
        """Logs once for each `what`, never under the lock: log handlers have locks too."""
        if what not in self._said:
            self._said.add(what)
            log.log(level, "tokenbot at %s: %s", self._access.url, text)


#: Of this process, by URL, key and route. A dict, for its `setdefault` is atomic and needs no lock,
#: which a fork could leave locked.
_SENDERS: dict[tuple[Access, str], Sender] = {}


def sender_for(access: Access, route: Route = USAGE) -> Sender:
    """The process's one sender for this URL, key and route, however many clients are metered."""
    known = _SENDERS.get((access, route.name))
    return known or _SENDERS.setdefault((access, route.name), Sender(access, route))


@functools.cache
def _exit_deadline() -> float:
    """One for all senders, from when the first of them hears of the end."""
    return time.monotonic() + EXIT_SECONDS


def _back_off() -> Iterator[float]:
    """Doubling waits, each shortened by up to half so that many processes don't come at once."""
    wait = FIRST_WAIT_SECONDS
    while True:
        yield wait * (1 - random.random() / 2)  # noqa: S311 - no secret
        wait = min(wait * 2, LAST_WAIT_SECONDS)
