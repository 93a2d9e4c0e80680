"""Transfers on a SQLite file with `synchronous=FULL`, against raw `sqlite3` saying the same."""

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks import measure, replay, worlds
from benchmarks.measure import Bound, Options, Result, Sample
from benchmarks.replay import Line, Replay
from benchmarks.worlds import Wish
from bot.storage.database import Database

CALLERS = 16
#: More transfers a second than this are not expected of the disk.
_RATE_MAX = 12_000

RAW = "raw sqlite3, one commit each"
LOCK = f"the same behind a plain lock, {CALLERS} threads"
ONE = "through the service, 1 caller"
MANY = f"through the service, {CALLERS} callers"


class _Service:
    """Callers of the service on a database of their own."""

    def __init__(self, url: str, seed: int) -> None:
        self.database: Database = worlds.found(url)
        self.done = 0
        self._wishes = [worlds.wishes(seed + number) for number in range(CALLERS)]
        self._stock: list[list[Wish]] = [[] for _ in range(CALLERS)]

    def run(self, callers: int, seconds: float) -> Sample:
        stocks = self._stock[:callers]
        for stock, source in zip(stocks, self._wishes, strict=False):
            worlds.stock_up(stock, source, int(_RATE_MAX * seconds / callers * 3))
        sample = measure.in_threads([partial(self._one, stock) for stock in stocks], seconds)
        self.done += len(sample.latencies)
        return sample

    def _one(self, stock: list[Wish]) -> None:
        worlds.transfer(self.database, stock.pop())


def run(options: Options) -> Iterator[Result]:
    """One caller and sixteen, and their tail against that of a plain lock."""
    one, many = (
        _Service(_url(options, name), seed) for name, seed in (("one", 100), ("many", 200))
    )
    lines = replay.checked(_lines(options))
    raw, locked = (_raw(options, name, lines, n) for name, n in (("raw", 300), ("locked", 400)))
    samples = measure.alternate(
        {
            RAW: partial(_alone, raw),
            ONE: partial(one.run, 1),
            MANY: partial(many.run, CALLERS),
            LOCK: partial(_behind_a_lock, locked),
        },
        options,
    )
    for service in (one, many):
        worlds.verify(service.database, transfers_done=service.done)
        service.database.close()
    for said, name in ((raw, "raw"), (locked, "locked")):
        said.close()
        database = worlds.opened(_url(options, name))
        worlds.verify(database, transfers_done=said.done)
        database.close()
    yield Result(
        name="transfer, SQLite FULL, 1 caller / raw",
        figures=measure.rates(samples, ONE, RAW),
        demanded=0.5,
    )
    yield Result(
        name=f"transfers, SQLite FULL, {CALLERS} callers / raw",
        figures=measure.rates(samples, MANY, RAW),
        demanded=0.7,
    )
    yield Result(
        name=f"p99 of {CALLERS} callers / p99 of a plain lock",
        figures=measure.tails(samples, MANY, LOCK),
        demanded=0.5,
        bound=Bound.AT_MOST,
    )


def _alone(raw: Replay, seconds: float) -> Sample:
    raw.stock_up(int(_RATE_MAX * seconds))
    return measure.in_threads([raw.transfer], seconds)


def _behind_a_lock(raw: Replay, seconds: float) -> Sample:
    raw.stock_up(int(_RATE_MAX * seconds))
    lock = threading.Lock()

    def transfer() -> None:
        with lock:
            raw.transfer()

    callers: list[Callable[[], object]] = [transfer] * CALLERS
    return measure.in_threads(callers, seconds)


def _lines(options: Options) -> list[Line]:
    """What the service says, heard on a database that is used for nothing else."""
    database = worlds.found(_url(options, "heard"))
    wish = next(worlds.wishes(7))
    lines = replay.heard(database, wish)
    database.close()
    return lines


def _raw(options: Options, name: str, lines: Sequence[Line], seed: int) -> Replay:
    worlds.found(_url(options, name)).close()
    return Replay(_path(options, name), lines, seed)


def _path(options: Options, name: str) -> Path:
    return options.folder / f"{name}.db"


def _url(options: Options, name: str) -> str:
    return f"sqlite:///{_path(options, name)}"
