"""How long and how often tokenbot is asked before it counts as away."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx

from tokenbot_client import answers, clock


@dataclass(frozen=True)
class Patience:
    """What somebody's call may be delayed by."""

    #: Of one try, and of all of them with the waits in between.
    try_seconds: float = 2.0
    seconds: float = 3.0
    tries: int = 3
    #: Doubles from try to try; each is shortened by up to half, lest many callers come at once.
    first_wait_seconds: float = 0.1
    #: Once it counted as away, fail-open calls pass for so long without asking.
    rest_seconds: float = 5.0


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)


@dataclass(frozen=True)
class Times:
    """How time passes: the machine's way, unless a test says otherwise."""

    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = _wait
    now: Callable[[], datetime] = clock.now


PATIENCE = Patience()
TIMES = Times()


class Trial:
    """The tries of one request."""

    def __init__(self, patience: Patience, times: Times) -> None:
        self._patience = patience
        self._times = times
        self._deadline = times.monotonic() + patience.seconds
        self._tries = 0

    @property
    def seconds(self) -> float:
        """How long the next try may take."""
        left = self._deadline - self._times.monotonic()
        return max(min(self._patience.try_seconds, left), 0.001)

    def waits(self, answer: httpx.Response | None) -> bool:
        """True once it is time for another try; False where there is none left."""
        self._tries += 1
        wait = self._next_wait(answer)
        if self._tries >= self._patience.tries:
            return False
        if self._times.monotonic() + wait >= self._deadline:
            return False
        self._times.wait(wait)
        return True

    def _next_wait(self, answer: httpx.Response | None) -> float:
        asked_for = answers.retry_after(answer) if answer is not None else None
        if asked_for is not None:
            return asked_for
        wait: float = self._patience.first_wait_seconds * 2 ** (self._tries - 1)
        return wait * (1 - random.random() / 2)  # noqa: S311 - no secret
