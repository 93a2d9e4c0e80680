"""The statements that a transfer issues on SQLite, heard by sqlite3 itself and said again raw."""

import re
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import worlds
from benchmarks.worlds import Wish
from bot.domain import notices
from bot.domain.ledger import Entry, EntryId, EntryKind, Posting, member_account
from bot.domain.notices import TokensReceived
from bot.storage import ids
from bot.storage.database import Database
from bot.storage.moments import as_text

#: A statement with its constants, and what its parameters are called.
Line = tuple[str, tuple[str, ...]]
_LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+\b")


def heard(database: Database, wish: Wish) -> list[Line]:
    """What SQLite was asked for this transfer, each figure of it a parameter again."""
    lines: list[str] = []
    with database.writing() as tx:
        driver = tx.connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("only SQLite can be listened to")
    driver.set_trace_callback(lines.append)
    worlds.transfer(database, wish)
    driver.set_trace_callback(None)
    with database.reading() as tx:
        written = tx.connection.exec_driver_sql(
            "SELECT e.entry_id, o.notice_id FROM entry e, outbox o"
            " WHERE e.idempotency_key = ? AND o.payload LIKE '%' || e.entry_id || '%'",
            (wish.key,),
        ).one()
    names = {str(v): k for k, v in values(wish, entry_id=written[0], notice_id=written[1]).items()}
    return [_line(line, names) for line in lines if not line.startswith("--")]


def _line(line: str, names: dict[str, str]) -> Line:
    found: list[str] = []

    def parameter(literal: re.Match[str]) -> str:
        text = literal[0].strip("'").replace("''", "'")
        if text not in names:
            return literal[0]
        found.append(names[text])
        return "?"

    return _LITERAL.sub(parameter, line), tuple(found)


def values(wish: Wish, *, entry_id: str, notice_id: str) -> dict[str, object]:
    """All that the statements of one transfer say."""
    source, destination = member_account(wish.sender), member_account(wish.recipient)
    entry = Entry(
        kind=EntryKind.TRANSFER,
        actor=wish.sender,
        postings=(Posting(source, destination, wish.tokens),),
        note=worlds.NOTE,
        key=wish.key,
        now=wish.now,
    )
    notice = TokensReceived(
        recipient=wish.recipient,
        giver=wish.sender,
        tokens=wish.tokens,
        note=worlds.NOTE,
        entry_id=EntryId(entry_id),
        is_transfer=True,
        is_first=False,
    )
    return {
        "sender": wish.sender,
        "recipient": wish.recipient,
        "source": source,
        "destination": destination,
        "tokens": wish.tokens,
        "key": wish.key,
        "now": as_text(wish.now),
        "good_until": as_text(wish.now + notices.GOOD_FOR),
        "entry_id": entry_id,
        "notice_id": notice_id,
        "fingerprint": entry.fingerprint,
        "payload": notices.dump(notice),
    }


class Replay:
    """Says the lines of transfers on one connection, one commit each, and nothing else."""

    def __init__(self, path: Path, lines: Sequence[Line], seed: int) -> None:
        self._connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("PRAGMA wal_autocheckpoint=4000")
        self._lines = lines
        self._wishes = worlds.wishes(seed)
        self._stock: deque[list[tuple[str, tuple[object, ...]]]] = deque()
        self.done = 0

    def stock_up(self, transfers: int) -> None:
        """Work out the parameters beforehand: the limit is SQLite's, not that of making ids."""
        while len(self._stock) < transfers:
            self._stock.append(list(self._calls(next(self._wishes))))

    def transfer(self) -> None:
        """One transfer, committed; the first line begins, the last commits."""
        run = self._connection.execute
        for sql, parameters in self._stock.popleft():
            run(sql, parameters).fetchall()
        self.done += 1

    def close(self) -> None:
        self._connection.close()

    def _calls(self, wish: Wish) -> Iterator[tuple[str, tuple[object, ...]]]:
        said = values(wish, entry_id=ids.new(wish.now), notice_id=ids.new(wish.now))
        for sql, names in self._lines:
            yield sql, tuple(said[name] for name in names)


def checked(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines, once they look like a transfer with a commit of its own."""
    said = [sql.split(None, 1)[0].upper() for sql, _ in lines]
    if (
        said[0] != "BEGIN"
        or said[-1] != "COMMIT"
        or said.count("UPDATE") + said.count("INSERT") < 5
    ):
        raise AssertionError(f"a transfer on SQLite no longer looks as it did: {said}")
    spoken = {name for _, names in lines for name in names}
    everything = set(values(next(worlds.wishes(0)), entry_id="", notice_id=""))
    if spoken != everything:
        raise AssertionError(f"not heard: {everything - spoken}")
    return lines
