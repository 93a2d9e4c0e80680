"""Signed slash commands over HTTP: what `balance` costs beside a constant, and a crowd at once."""

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

import psutil

from benchmarks import http_client, measure, serving
from benchmarks.measure import Bound, Options, Result, Sample
from benchmarks.serving import CONSTANT, SERVE, Server
from bot.playground.people import LEO
from bot.playground.server import SimulatedSlack
from bot.services import books
from bot.storage import opening

CONNECTIONS = 16
CROWD = 200
#: Slack gives up after 3 s; well under it is half of that.
_CROWD_SECONDS_MAX = 1.5
_STARTS = 5
_PATIENCE_SECONDS = 30.0

BALANCE = f"/tokens balance, {CONNECTIONS} connections"
CONSTANT_ACK = f"Bolt acking a constant, {CONNECTIONS} connections"

_names = count()


def balance(options: Options) -> Iterator[Result]:
    """Throughput of `/tokens balance` over that of a constant on the same server."""
    with ExitStack() as stack:
        slack = stack.enter_context(serving.company())
        ours = _served(stack, slack, options.folder)
        url = f"sqlite:///{options.folder / 'none.db'}"
        theirs = stack.enter_context(serving.server(CONSTANT, slack, url, options.folder))
        serving.fund(slack, ours.url)
        samples = measure.alternate(
            {
                CONSTANT_ACK: partial(_constant, slack, theirs),
                BALANCE: partial(_balance, slack, ours),
            },
            options,
        )
    yield Result(
        name=f"/tokens balance over HTTP, {CONNECTIONS} connections / constant",
        figures=measure.rates(samples, BALANCE, CONSTANT_ACK),
        demanded=0.6,
    )


def crowd(options: Options) -> Iterator[Result]:
    """Two hundred people at once, half of them moving tokens."""
    samples: list[Sample] = []
    with ExitStack() as stack:
        slack = stack.enter_context(serving.company())
        ours = _served(stack, slack, options.folder)
        serving.fund(slack, ours.url)
        for number in range(options.rounds + 1):
            measure.wait_for_quiet()
            sample = _crowd(slack, ours, options.seconds)
            if number:
                samples.append(sample)
                rate, p99 = sample.rate, sample.quantile(0.99)
                measure.say(f"{number} {CROWD} at once: {rate:,.0f}/s, p99 {p99:.2f} s")
    database = opening.connect(_database(options.folder))
    wrong = books.check(database)
    database.close()
    if wrong:
        raise AssertionError(f"{len(wrong)} rows are off, the first: {wrong[0]}")
    yield Result(
        name=f"p99 of {CROWD} concurrent commands (no failure)",
        figures=[sample.quantile(0.99) for sample in samples],
        demanded=_CROWD_SECONDS_MAX,
        bound=Bound.AT_MOST,
        unit=" s",
    )


def footprint(options: Options) -> Iterator[Result]:
    """How soon `tokenbot serve` answers, and the memory it keeps while idle."""
    seconds, idle, counting = [], [], []
    with serving.company() as slack:
        for number in range(_STARTS):
            measure.wait_for_quiet()
            url = f"sqlite:///{options.folder / f'start{number}.db'}"
            with serving.server(SERVE, slack, url, options.folder) as ours:
                measure.wait_for_quiet()
                seconds.append(ours.seconds_to_answer)
                idle.append(_megabytes(ours))
                _estimate(slack, ours)
                counting.append(_megabytes(ours))
    yield Result(
        name="tokenbot serve: start to first answer",
        figures=seconds,
        demanded=3,
        bound=Bound.AT_MOST,
        unit=" s",
    )
    yield Result(
        name="tokenbot serve: resident memory while idle",
        figures=idle,
        demanded=150,
        bound=Bound.AT_MOST,
        unit=" MB",
    )
    yield Result(
        name="tokenbot serve: memory once it counts tokens of texts",
        figures=counting,
        demanded=300,
        bound=Bound.AT_MOST,
        unit=" MB",
    )


def _megabytes(server: Server) -> float:
    return psutil.Process(server.pid).memory_info().rss / 2**20


def _estimate(slack: SimulatedSlack, server: Server) -> None:
    """Have it load all ranks: the first text is answered once they are there."""
    before = _answers(slack)
    slack.command(LEO, "estimate how long is this?", bot_url=server.url)
    slack.wait_until(lambda: _answers(slack) > before, timeout=_PATIENCE_SECONDS)


def _answers(slack: SimulatedSlack) -> int:
    return sum("for gpt-5" in one.text for one in slack.ephemerals(LEO))


def _served(stack: ExitStack, slack: SimulatedSlack, folder: Path) -> Server:
    return stack.enter_context(serving.server(SERVE, slack, _database(folder), folder))


def _database(folder: Path) -> str:
    return f"sqlite:///{folder / 'served.db'}"


def _balance(slack: SimulatedSlack, server: Server, seconds: float) -> Sample:
    return _sent(slack, server, {"balance": "available to you"}, CONNECTIONS, seconds)


def _constant(slack: SimulatedSlack, server: Server, seconds: float) -> Sample:
    return _sent(slack, server, {"balance": "constant"}, CONNECTIONS, seconds)


def _crowd(slack: SimulatedSlack, server: Server, seconds: float) -> Sample:
    texts = {"balance": "available to you", "transfer <@{other}> 10 for lunch": "tokens sent to"}
    return _sent(slack, server, texts, CROWD, seconds)


def _sent(
    slack: SimulatedSlack,
    server: Server,
    texts: Mapping[str, str],
    connections: int,
    seconds: float,
) -> Sample:
    errand = serving.errand(
        slack,
        server.url,
        texts=texts,
        connections=connections,
        seconds=seconds,
        name=f"{server.pid}.{next(_names)}",
    )
    outcome = http_client.send(errand)
    if not http_client.is_clean(outcome):  # true, in time, nothing lost; but not what was asked for
        measure.say("somebody was told to try again: this round counts for nothing")
        return Sample(outcome.sample.seconds, [math.inf])
    return outcome.sample
