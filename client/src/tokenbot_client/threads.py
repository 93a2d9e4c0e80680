"""Requests of async code, made on threads.

One pool of connections then serves every event loop, and none is left open when a loop ends. httpx
brings anyio, so that this needs nothing more.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

T = TypeVar("T")


async def run(work: Callable[[], T], undo: Callable[[T], None] | None = None) -> T:
    """What `work` gives. Whoever is cancelled meanwhile leaves to `undo` what it gives too late."""
    agreeing = threading.Lock()
    made: list[T] = []
    is_left = False

    def worked() -> None:
        found = work()
        with agreeing:
            made.append(found)
            is_wanted = not is_left
        if undo is not None and not is_wanted:
            undo(found)

    try:
        await anyio.to_thread.run_sync(worked)
    except BaseException:
        with agreeing:
            is_left = True
            late = list(made)
        if undo is not None and late:
            undo(late[0])
        raise
    return made[0]
