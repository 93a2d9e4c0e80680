"""Threads whose results and exceptions a test looks at."""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from tests.waiting import SECONDS

T = TypeVar("T")


class Running(Generic[T]):
    """A function that runs in its own thread."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._result: list[T] = []
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> BaseException | None:
        """What it raised, once it has ended."""
        self._thread.join(SECONDS)
        assert self.is_done, "the thread did not end"
        return self.error

    def result(self) -> T:
        """What it returned; raises what it raised."""
        if (error := self.join()) is not None:
            raise error
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._function())
        except BaseException as error:  # noqa: BLE001 - the test decides about it
            self.error = error


def at_once(functions: Sequence[Callable[[], T]]) -> list[Running[T]]:
    """Run all of them from one starting shot to their ends."""
    barrier = threading.Barrier(len(functions))

    def starting(function: Callable[[], T]) -> Callable[[], T]:
        def wait_and_run() -> T:
            barrier.wait(SECONDS)
            return function()

        return wait_and_run

    running = [Running(starting(function)) for function in functions]
    for each in running:
        each.join()
    return running
