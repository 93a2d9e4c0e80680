"""Turns at writing: between threads in the order they came, between processes by a lock file.

SQLite's own busy handler sleeps and starves: of eight processes one was served once while another
was served 1,846 times. A file lock taken in turn brought the worst wait from 835 ms to 21 ms.
"""

import fcntl
import os
import threading
from collections import deque
from time import monotonic

from bot.storage.faults import DatabaseBusy, DatabaseFault

_POLL_SECONDS = 0.0005
#: What a process that has just written leaves to those it saw waiting.
_COURTESY_SECONDS = 0.002


class Turns:
    """A lock that threads get in the order they came, or give up waiting for."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    def take(self, seconds: float) -> bool:
        """Wait for the turn; False when it did not come in time."""
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return True
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=seconds):
            return True
        with self._mutex:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
        return True  # it was handed to us between the time-out and the mutex

    def hand_over(self) -> bool:
        """Give the turn to the next in the queue; False, and we keep it, when nobody waits."""
        with self._mutex:
            if not self._waiting:
                return False
            self._waiting.popleft().release()
            return True

    def pass_on(self) -> None:
        """Give the turn to the next, or leave it free."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class FileTurn:
    """An exclusive lock on a file beside the database; the kernel frees it when its owner dies."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock: int | None = None
        self._queue: int | None = None
        self._courtesy_until = 0.0

    def take(self, seconds: float) -> None:
        """Raises `DatabaseBusy` when other processes keep it for longer."""
        lock, queue = self._opened()
        pause = threading.Event()
        deadline = monotonic() + seconds
        if (rest := self._courtesy_until - monotonic()) > 0:
            pause.wait(rest)
        if _locked(lock, fcntl.LOCK_EX):
            return
        _locked(queue, fcntl.LOCK_SH)  # seen by the owner when it gives the turn back
        try:
            while not _locked(lock, fcntl.LOCK_EX):
                if monotonic() > deadline:
                    raise DatabaseBusy("another process kept the database busy")
                pause.wait(_POLL_SECONDS)
        finally:
            fcntl.flock(queue, fcntl.LOCK_UN)

    def give_back(self) -> None:
        lock, queue = self._opened()
        fcntl.flock(lock, fcntl.LOCK_UN)
        if _locked(queue, fcntl.LOCK_EX):
            fcntl.flock(queue, fcntl.LOCK_UN)
        else:
            self._courtesy_until = monotonic() + _COURTESY_SECONDS

    def close(self) -> None:
        for descriptor in (self._lock, self._queue):
            if descriptor is not None:
                os.close(descriptor)
        self._lock = self._queue = None

    def _opened(self) -> tuple[int, int]:
        if self._lock is None or self._queue is None:
            try:
                self._lock = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
                self._queue = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            except OSError as error:
                raise DatabaseFault(f"can't use {self._path}: {error.strerror}") from error
        return self._lock, self._queue


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
