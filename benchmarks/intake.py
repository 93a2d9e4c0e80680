"""Usage taken in by the thousand, beside set-based SQL that does the same on a raw connection."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from time import perf_counter

import sqlalchemy as sa

from benchmarks import intake_limits, measure, postgres, usage_calls, worlds
from benchmarks.intake_limits import PostgresLimit, SqliteLimit
from benchmarks.measure import Options, Result, Sample
from benchmarks.usage_calls import BATCH, Row
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.services import books, usage
from bot.services.portions import Portions
from bot.storage.database import Database

OURS, LIMIT = "services.usage.take_in", "set-based SQL"
#: Events that are there before anything is measured: an empty index flatters.
BEFORE = 100

_seeds = count(1)


def run(options: Options) -> Iterator[Result]:
    """Both databases, one sender, batches of a thousand of which five in a hundred are repeats."""
    ours, limit = (
        f"sqlite:///{options.folder / name}" for name in ("intake-ours.db", "intake-limit.db")
    )
    yield _measured("SQLite FULL", options, (ours, limit), SqliteLimit)
    with postgres.server() as server:
        urls = (server.create("intake_ours"), server.create("intake_limit"))
        yield _measured("PostgreSQL", options, urls, PostgresLimit)


def _measured(
    name: str,
    options: Options,
    urls: tuple[str, str],
    make_limit: Callable[[str], SqliteLimit | PostgresLimit],
) -> Result:
    ours, other = (worlds.found(url) for url in urls)
    try:
        for database in (ours, other):
            fill(database)
        with closing(make_limit(urls[1])) as limit:
            samples = measure.alternate(
                {LIMIT: partial(limited, limit), OURS: partial(_ours, ours, Portions())}, options
            )
        for database in (ours, other):
            verify(database)
    finally:
        ours.close()
        other.close()
    return Result(
        name=f"usage intake, batches of {BATCH:,}, {name} / set-based SQL",
        figures=measure.rates(samples, OURS, LIMIT),
        demanded=0.6,
    )


def fill(database: Database) -> None:
    """What is there before anything is measured."""
    made = usage_calls.batches(0)
    portions = Portions()
    for _ in range(BEFORE):
        _take(database, portions, next(made))


def _ours(database: Database, portions: Portions, seconds: float) -> Sample:
    """What was learned is kept from round to round, as a process that serves keeps it."""
    made = usage_calls.batches(next(_seeds))
    stock = [next(made) for _ in range(_enough(seconds))]
    return _timed(partial(_take, database, portions), stock, seconds)


def limited(limit: SqliteLimit | PostgresLimit, seconds: float) -> Sample:
    """What the limit does in so many seconds."""
    made = usage_calls.batches(next(_seeds))
    stock: list[tuple[list[Row], str]] = []
    for _ in range(_enough(seconds)):
        entry = intake_limits.entry_id()
        stock.append((usage_calls.rows(next(made), entry), entry))
    return _timed(lambda one: limit.take(*one), stock, seconds)


def _timed(act: Callable[..., None], stock: Sequence[object], seconds: float) -> Sample:
    """Batch after batch, made before the clock starts."""
    latencies: list[float] = []
    began = before = perf_counter()
    for one in stock:
        act(one)
        now = perf_counter()
        latencies.append(now - before)
        before = now
        if now - began > seconds:
            return Sample(now - began, sorted(latencies))
    raise RuntimeError(f"{len(stock)} batches were not enough for {seconds} s")


def _enough(seconds: float) -> int:
    return int(seconds * 120) + 20


def _take(database: Database, portions: Portions, batch: list[UsageEvent]) -> None:
    usage.take_in(
        database,
        worlds.WORKSPACE,
        batch,
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:bench",
        now=worlds.BEGAN,
        portions=portions,
    )


def verify(database: Database) -> None:
    """Nothing was lost or counted twice: the books are right, and hold what the events say."""
    wrong = [one for one in books.check(database) if one.rule not in _NOT_THE_LIMITS]
    if wrong:
        raise AssertionError(f"{len(wrong)} rows are off, the first: {wrong[0]}")
    with database.snapshot() as tx:
        events, spent = tx.connection.execute(
            sa.text(
                "SELECT (SELECT SUM(tokens) FROM usage_event),"
                " (SELECT SUM(tokens) FROM posting WHERE destination = 'consumed')"
            )
        ).one()
    if int(events) != int(spent):
        raise AssertionError(f"events say {events} tokens, postings {spent}")


#: The limit makes no fingerprint, and random ids for its entries.
_NOT_THE_LIMITS = frozenset({"entry_is_as_recorded", "entry_id_tells_its_time"})
