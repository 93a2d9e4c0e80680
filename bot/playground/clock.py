"""The playground's time: the real one, and how far it has been moved forward."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta


class PlaygroundClock:
    """Later than the real time by an offset that only grows, until all begins anew."""

    def __init__(
        self,
        real: Callable[[], datetime],
        *,
        ahead: timedelta = timedelta(0),
        moved: Callable[[timedelta], None] = lambda _ahead: None,
    ) -> None:
        """`moved` hears how far this is ahead after each move."""
        self._real = real
        self._ahead = ahead
        self._moved = moved
        self._in_hand = 0
        self._condition = threading.Condition()

    def __call__(self) -> datetime:
        return self._real() + self._ahead

    @property
    def ahead(self) -> timedelta:
        """How far this is from the real time."""
        return self._ahead

    @contextmanager
    def still(self) -> Iterator[None]:
        """Time passes but does not jump meanwhile.

        A request is signed, answered and its trigger spent at one time, whoever moves the clock.
        """
        with self._condition:
            self._in_hand += 1
        try:
            yield
        finally:
            with self._condition:
                self._in_hand -= 1
                self._condition.notify_all()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Nothing is in hand, and nothing begins meanwhile but what the caller does."""
        with self._condition:
            self._condition.wait_for(lambda: self._in_hand == 0)
            yield

    def reset(self) -> None:
        """Be at the real time again: only where nothing remembers a later one."""
        with self._condition:
            self._ahead = timedelta(0)
            self._moved(self._ahead)

    def move_to(self, moment: datetime) -> None:
        """Be at that moment, once nothing is in hand; nothing happens if it has passed."""
        with self._condition:
            self._condition.wait_for(lambda: self._in_hand == 0)
            self._ahead = max(self._ahead, moment - self._real())
            self._moved(self._ahead)
