"""Waiting for what another thread does, with a deadline."""

import threading
import time
from collections.abc import Callable

from peers import PATIENCE_SECONDS


def until(is_so: Callable[[], bool]) -> None:
    """Return as soon as it is so; fail when it does not come about."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.002)
