"""A week's allowances of 10,000 members, all at one midnight; and commands that come meanwhile.

The limit writes the very rows that the product wrote, by `executemany` on a raw connection, in as
many commits. The database is SQLite's, with the product's own pragmas.
"""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks import measure
from benchmarks.measure import Bound, Options, Result
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import EVERYONE, Person, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.services import allowances, balances, directory, dues, memberships, transfers
from bot.storage import opening
from bot.storage.database import Database

WORKSPACE = WorkspaceId("T0BENCH01")
MEMBERS = 10_000
ADMIN = UserId("U0ADMIN")
#: A Monday; the next one's midnight is what is measured.
FOUNDED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 9, 0, 0, 1, tzinfo=UTC)
#: In the order in which references allow them to be written.
TABLES = ("entry", "posting", "lot", "lot_use", "allowance_turn", "account", "outbox")
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-16384",
    "wal_autocheckpoint=4000",
)

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of one table that midnight added or changed."""

    table: str
    columns: Sequence[str]
    keys: Sequence[str]
    added: Sequence[Row]
    changed: Sequence[Row]


def run(options: Options) -> Iterator[Result]:
    """How near the limit the credits are, and how long commands wait meanwhile."""
    template = options.folder / "sunday.db"
    _found(template)
    rows = _rows_of_midnight(template, options.folder)
    ratios, waits = [], []
    for number in range(options.rounds):
        measure.wait_for_quiet()
        ours = _timed(template, options.folder, _settle)
        limit = _timed(template, options.folder, lambda path: _write(path, rows))
        ratios.append(limit / ours)
        measure.say(f"{number + 1} midnight: {ours:.2f} s, the limit {limit:.2f} s")
        waits.append(_commands_meanwhile(template, options.folder))
    yield Result(
        name=f"{MEMBERS:,} members' allowances, SQLite / raw", figures=ratios, demanded=0.5
    )
    yield Result(
        name="balance and transfer while they are credited, p99",
        figures=waits,
        demanded=1.0,
        bound=Bound.AT_MOST,
        unit=" s",
    )


def _found(path: Path) -> None:
    """Sunday evening: everybody has what is left of a first week's credit, which expires."""
    measure.say(f"making a company of {MEMBERS:,}")
    url = f"sqlite:///{path}"
    opening.migrate(url)
    database = opening.connect(url)
    directory.open_workspace(database, WORKSPACE, FOUNDED)
    people = [Person(user_id=UserId(f"U{n:06}"), name="") for n in range(MEMBERS)]
    boss = Person(user_id=ADMIN, name="", is_admin=True)
    directory.learn(database, WORKSPACE, [boss, *people], FOUNDED)
    allowances.start(
        database,
        WORKSPACE,
        actor=ADMIN,
        wish=AllowanceWish(
            subject=Subject(SubjectKind.TEAM, EVERYONE), tokens=1_000_000, period=Period.WEEK
        ),
        key=IdempotencyKey("rule"),
        now=FOUNDED,
    )
    memberships.catch_up(database, FOUNDED)
    dues.settle_all(database, FOUNDED)
    database.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("DELETE FROM outbox")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _settle(path: Path) -> None:
    database = opening.connect(f"sqlite:///{path}")
    try:
        credited = dues.settle_all(database, MIDNIGHT)
    finally:
        database.close()
    if credited < MEMBERS:
        raise AssertionError(f"{credited} accounts were settled, not {MEMBERS}")


def _write(path: Path, rows: Sequence[Written]) -> None:
    """The same rows, in as many commits as the product makes."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    commits = -(-MEMBERS // dues.CHUNK)
    for nth in range(commits):
        connection.execute("BEGIN IMMEDIATE")
        for written in rows:
            _put(connection, written, nth, commits)
        connection.execute("COMMIT")
    connection.close()


def _put(connection: sqlite3.Connection, written: Written, nth: int, commits: int) -> None:
    added, changed = _share(written.added, nth, commits), _share(written.changed, nth, commits)
    if added:
        places = ", ".join("?" for _ in written.columns)
        connection.executemany(
            f"INSERT INTO {written.table} VALUES ({places})",  # noqa: S608 - names of our own
            added,
        )
    if changed:
        rest = [one for one in written.columns if one not in written.keys]
        values = ", ".join(f"{one} = ?" for one in rest)
        where = " AND ".join(f"{one} = ?" for one in written.keys)
        order = [written.columns.index(one) for one in (*rest, *written.keys)]
        connection.executemany(
            f"UPDATE {written.table} SET {values} WHERE {where}",  # noqa: S608 - names of our own
            [tuple(row[place] for place in order) for row in changed],
        )


def _share(rows: Sequence[Row], nth: int, commits: int) -> Sequence[Row]:
    size = -(-len(rows) // commits)
    return rows[nth * size : (nth + 1) * size]


def _rows_of_midnight(template: Path, folder: Path) -> list[Written]:
    """What the product writes, found by comparing the database with the evening's."""
    after = folder / "monday.db"
    shutil.copy(template, after)
    _settle(after)
    with sqlite3.connect(after) as connection:
        connection.execute("ATTACH DATABASE ? AS evening", (str(template),))
        found = [_compared(connection, name) for name in TABLES]
    connection.close()
    return found


def _compared(connection: sqlite3.Connection, name: str) -> Written:
    described = connection.execute(f"PRAGMA main.table_info({name})").fetchall()
    columns = [str(row[1]) for row in described]
    keys = [str(row[1]) for row in described if row[5]]
    same = " AND ".join(f"old.{one} = new.{one}" for one in keys)
    fresh = f"NOT EXISTS (SELECT 1 FROM evening.{name} old WHERE {same})"  # noqa: S608 - the same
    added = connection.execute(f"SELECT * FROM main.{name} new WHERE {fresh}").fetchall()  # noqa: S608 - names of our own
    changed = connection.execute(
        f"SELECT * FROM main.{name} new WHERE NOT {fresh} EXCEPT SELECT * FROM evening.{name}"  # noqa: S608 - names of our own
    ).fetchall()
    return Written(name, columns, keys, added, changed)


def _timed(template: Path, folder: Path, act: Callable[[Path], None]) -> float:
    path = folder / "round.db"
    shutil.copy(template, path)
    began = perf_counter()
    act(path)
    took = perf_counter() - began
    for left in folder.glob("round.db*"):
        left.unlink()
    return took


def _commands_meanwhile(template: Path, folder: Path) -> float:
    """Seconds within which 99 of 100 balances and transfers were answered, asked in turn."""
    path = folder / "round.db"
    shutil.copy(template, path)
    database = opening.connect(f"sqlite:///{path}")
    crediting = threading.Thread(target=dues.settle_all, args=(database, MIDNIGHT))
    waits: list[float] = []
    crediting.start()
    while crediting.is_alive():
        nth = len(waits)
        began = perf_counter()
        _command(database, nth)
        waits.append(perf_counter() - began)
    crediting.join()
    database.close()
    for left in folder.glob("round.db*"):
        left.unlink()
    return sorted(waits)[int(len(waits) * 0.99)]


def _command(database: Database, nth: int) -> None:
    giver, taker = (UserId(f"U{(nth * 37 + step) % MEMBERS:06}") for step in (0, 1))
    now = MIDNIGHT + timedelta(microseconds=nth)
    if nth % 2:
        transfers.transfer(
            database,
            WORKSPACE,
            sender=giver,
            recipient=taker,
            tokens=1,
            note="",
            key=IdempotencyKey(f"command:{nth}"),
            now=now,
        )
    else:
        balances.balance(database, WORKSPACE, viewer=giver, subject=giver, now=now)
