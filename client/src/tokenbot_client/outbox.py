"""What has to reach tokenbot whatever happens to this process: a small file of requests to send.

Written before anybody is answered, deleted once tokenbot has answered. Each process has a file of
its own in the folder, and takes over those whose process is gone. Sending twice is harmless: each
request names its call.
"""

import fcntl
import json
import logging
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

log = logging.getLogger("tokenbot_client")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owed (
    number INTEGER PRIMARY KEY,
    call TEXT NOT NULL UNIQUE,
    hold TEXT NOT NULL,
    body TEXT NOT NULL,
    is_ready INTEGER NOT NULL
)
"""
_PUT = """
INSERT INTO owed (call, hold, body, is_ready) VALUES (?, ?, ?, ?)
ON CONFLICT (call) DO UPDATE
SET hold = excluded.hold, body = excluded.body, is_ready = excluded.is_ready
"""
_WAITING = "SELECT number, call, hold, body FROM owed WHERE is_ready ORDER BY number LIMIT ?"
_READY = "UPDATE owed SET is_ready = 1 WHERE call = ?"
_ONE = "SELECT call, hold, body FROM owed WHERE call = ?"
#: What was put again since it was read has another body, and is still owed.
_DONE = "DELETE FROM owed WHERE number = ? AND hold = ? AND body = ?"
_TAKE = "SELECT call, hold, body FROM owed ORDER BY number"
_LOCK = ".lock"
_BROKEN = ".broken"
#: Kept in memory where the disk takes no more; the oldest go first.
_UNSAVED_MAX = 10_000


@dataclass(frozen=True)
class Owed:
    """A settlement, or with no hold a report of usage or a hold to be let go."""

    number: int
    #: Which call it is about: each owes one thing at a time.
    call: str
    hold: str
    body: str

    @property
    def told(self) -> dict[str, Any]:
        """The body, read."""
        read: dict[str, Any] = json.loads(self.body)
        return read


class Outbox:
    """This process's file. Its threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Makes the file. Raises `OSError` or `sqlite3.Error` where that can't be."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._mutex = threading.Lock()
        self._unsaved: dict[str, Owed] = {}
        self._path = folder / f"{uuid.uuid4()}.db"
        # As long as the process lives nobody else gets this lock; the kernel frees it after.
        self._alive = _held(self._path.with_suffix(_LOCK))
        self._db = _opened(self._path)

    def put(self, call: str, hold: str, body: dict[str, Any], *, is_ready: bool) -> None:
        """What is owed for a call, in place of what was owed for it before.

        What is not ready yet is sent by whoever takes over, if this process says no more. Where
        the disk takes nothing, it is kept in memory: a gateway's call does not fail for that.
        """
        written = json.dumps(body, allow_nan=False)
        try:
            with self._mutex:  # one statement is a transaction by itself, and this one is hot
                self._db.execute(_PUT, (call, hold, written, is_ready))
        except sqlite3.Error as error:
            _say_full(error)
            self._keep(Owed(0, call, hold, written), is_ready=is_ready)

    def ready(self, call: str) -> None:
        """Whatever is owed for a call may be sent, also where the disk takes no note of that."""
        try:
            with self._locked() as db:
                db.execute(_READY, (call,))
        except sqlite3.Error as error:
            _say_full(error)
            with self._mutex:
                row = self._db.execute(_ONE, (call,)).fetchone()
            if row is not None:
                self._keep(Owed(0, *row), is_ready=True)

    def waiting(self, most: int) -> list[Owed]:
        """What is to be sent, the oldest first."""
        with self._mutex:
            rows = self._db.execute(_WAITING, (most,)).fetchall()
            unsaved = list(self._unsaved.values())[: most - len(rows)]
        return [Owed(*row) for row in rows] + unsaved

    def done(self, sent: Sequence[Owed]) -> None:
        """Nothing is owed for these any more."""
        with self._mutex:
            for one in sent:
                if self._unsaved.get(one.call) == one:
                    del self._unsaved[one.call]
        with self._locked() as db:
            db.executemany(_DONE, [(one.number, one.hold, one.body) for one in sent])

    def take_over(self) -> int:
        """Take what processes owed that are gone, finished or not; how much that was.

        Cut off in the middle, it is taken once more: a call owes one thing at a time.
        """
        taken = 0
        for lock in sorted(self._folder.glob(f"*{_LOCK}")):
            if lock.stem == self._path.stem:
                continue
            with lock.open("a") as held:
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # it lives
                try:
                    taken += self._take(lock.with_suffix(".db"))
                except sqlite3.OperationalError as error:
                    log.error("tokenbot: %s can't be taken over yet (%s)", lock.stem, error)  # noqa: TRY400 - no traceback each time
                    continue
                lock.unlink(missing_ok=True)
        return taken

    def close(self) -> None:
        """Leave it to whoever comes next."""
        with self._mutex:
            self._db.close()
            self._alive.close()

    def _keep(self, one: Owed, *, is_ready: bool) -> None:
        with self._mutex:
            self._unsaved.pop(one.call, None)
            if is_ready:  # of what is not, its call will tell more
                self._unsaved[one.call] = one
            if len(self._unsaved) > _UNSAVED_MAX:
                del self._unsaved[next(iter(self._unsaved))]

    def _take(self, path: Path) -> int:
        if not path.exists():
            return 0
        try:
            rows = _rows(path)
        except sqlite3.OperationalError:
            raise  # the disk is full, or the like: the file is as good as it was
        except sqlite3.DatabaseError as error:
            log.error("tokenbot: %s can't be read (%s) and is put aside", path, error)  # noqa: TRY400 - said once, no traceback
            _put_aside(path)
            return 0
        with self._locked() as db:
            db.executemany(_PUT, [(*row, True) for row in rows])
        for file in _files(path):
            file.unlink()
        return len(rows)

    @contextmanager
    def _locked(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        with self._mutex:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _say_full(error: sqlite3.Error) -> None:
    log.error("tokenbot: the outbox takes nothing (%s); kept in memory", error)


def _held(lock: Path) -> IO[str]:
    """The file, made and locked. Whoever looks for the dead may find it in between, take it for one

    of theirs and remove it: then another is made.
    """
    while True:
        file = lock.open("a")
        fcntl.flock(file, fcntl.LOCK_EX)
        if _is_at(lock, file):
            return file
        file.close()


def _is_at(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # A killed process loses nothing that way; a machine without power might the last moment.
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute(_SCHEMA)
    return db


def _files(path: Path) -> list[Path]:
    """Those of one database that are there; its own first: without it the others say nothing."""
    named = (Path(f"{path}{suffix}") for suffix in ("", "-wal", "-shm"))
    return [file for file in named if file.exists()]


def _put_aside(path: Path) -> None:
    aside = path.with_suffix(_BROKEN)
    for file in _files(path):
        file.rename(f"{aside}{file.name.removeprefix(path.name)}")


def _rows(path: Path) -> list[tuple[str, str, str]]:
    with closing(_opened(path)) as other:
        return other.execute(_TAKE).fetchall()
