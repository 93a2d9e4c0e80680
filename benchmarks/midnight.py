"""A week's allowances of 10,000 members, all at one midnight; and commands that come meanwhile.

The limit writes the very rows that the product wrote, by `executemany` on a raw connection, in as
many commits; afterwards both databases must hold the same.
"""

from collections.abc import Iterator, Mapping
from time import perf_counter

from benchmarks import evenings, measure, midnight_commands, raw, serving, written
from benchmarks.evenings import MEMBERS, Evening
from benchmarks.measure import Bound, Options, Result
from bot.services import books, dues
from bot.storage import opening

_COMMITS = -(-MEMBERS // dues.CHUNK)


def run(options: Options) -> Iterator[Result]:
    """How near the limit the credits are, and how long commands wait meanwhile."""
    with serving.company() as slack, evenings.evenings(slack, options.folder) as both:
        ratios: Mapping[str, list[float]] = {evening.name: [] for evening in both}
        waits: Mapping[str, list[float]] = {evening.name: [] for evening in both}
        for number in range(options.rounds):
            for evening in both:
                measure.wait_for_quiet()
                ours, limit = _credited(evening)
                ratios[evening.name].append(limit / ours)
                wait = midnight_commands.p99(evening, slack, options.folder)
                waits[evening.name].append(wait)
                measure.say(
                    f"{number + 1} midnight, {evening.name}: {ours:.2f} s, the limit {limit:.2f} s;"
                    f" p99 of commands {wait:.2f} s"
                )
    for name in ratios:
        yield Result(
            name=f"{MEMBERS:,} members' allowances, {name} / raw executemany",
            figures=ratios[name],
            demanded=0.5,
        )
        yield Result(
            name=f"p99 of commands over HTTP while they are credited, {name}",
            figures=waits[name],
            demanded=1.0,
            bound=Bound.AT_MOST,
            unit=" s",
        )


def _credited(evening: Evening) -> tuple[float, float]:
    """Seconds of the product and of the limit, on copies of one evening."""
    before_url, url, other_url = evening.copy(), evening.copy(), evening.copy()
    before = _contents(before_url)
    took = _settled(evening, url)
    after = _contents(url)
    other = raw.connect(other_url)
    batches = written.batches(before, after, other)
    began = perf_counter()
    written.write(other, batches, commits=_COMMITS)
    limit = perf_counter() - began
    wrong = written.differing(after, written.contents(other))
    other.close()
    if wrong:
        raise AssertionError(f"the limit wrote something else into {wrong}")
    return took, limit


def _settled(evening: Evening, url: str) -> float:
    database = opening.connect(url)
    try:
        began = perf_counter()
        settled = dues.settle_all(database, evening.times.midnight)
        took = perf_counter() - began
        wrong = books.check(database)
    finally:
        database.close()
    if settled != MEMBERS or wrong:
        raise AssertionError(f"{settled} accounts settled, not {MEMBERS}; {len(wrong)} rows off")
    return took


def _contents(url: str) -> written.Contents:
    connection = raw.connect(url)
    found = written.contents(connection)
    connection.close()
    return found
