"""Waiting for something that another thread or process does, with a deadline."""

import threading
from collections.abc import Callable
from time import monotonic

SECONDS = 30.0


def until(is_so: Callable[[], bool], *, seconds: float = SECONDS) -> None:
    """Return as soon as it is so; fail when it does not come about."""
    deadline = monotonic() + seconds
    pause = threading.Event()
    while not is_so():
        assert monotonic() < deadline, "waited in vain"
        pause.wait(0.001)
