"""Signed commands to `tokenbot serve` while `tokenbot tick` beside it credits everybody."""

import math
import subprocess
import threading
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from time import monotonic, perf_counter

from benchmarks import http_client, measure, raw, serving
from benchmarks.evenings import CREDIT, MEMBERS, Evening
from benchmarks.measure import Sample
from benchmarks.raw import Raw
from benchmarks.serving import SERVE, TICK
from bot.playground.server import SimulatedSlack
from bot.services import books, dues
from bot.storage import opening

CONNECTIONS = 16
_TEXTS = {"balance": "available to you", "transfer <@{other}> 10 for lunch": "tokens sent to"}
_PATIENCE_SECONDS = 120.0
_LOOK_SECONDS = 0.02
#: Whoever types before the tick has begun has their own account settled by that.
_BEGUN = MEMBERS - serving.PEOPLE - dues.CHUNK

_names = count()


def p99(evening: Evening, slack: SimulatedSlack, folder: Path) -> float:
    """Seconds within which 99 of 100 that came while accounts were settled had their answer."""
    url = evening.copy()
    with ExitStack() as stack:
        server = stack.enter_context(serving.server(SERVE, slack, url, folder))
        errand = serving.errand(
            slack,
            server.url,
            texts=_TEXTS,
            connections=CONNECTIONS,
            seconds=_PATIENCE_SECONDS,
            name=f"{server.pid}.{next(_names)}",
        )
        ended = stack.enter_context(http_client.sending(errand, until_told=True))
        tick = stack.enter_context(_tick(evening, slack, url))
        began, over = _credited(evening, url)
        outcome = ended()
        tick.terminate()
    _check(url, evening)
    if not http_client.is_clean(outcome):
        measure.say("somebody was told to try again: this round counts for nothing")
        return math.inf
    waits = sorted(took for sent, took in outcome.answers if began < sent + took and sent < over)
    measure.say(f"{len(waits)} commands in the {over - began:.1f} s of the credits")
    return Sample(over - began, waits).quantile(0.99)


def _tick(evening: Evening, slack: SimulatedSlack, url: str) -> "subprocess.Popen[bytes]":
    """All that is due now; what it does after the credits need not be waited for."""
    return subprocess.Popen(  # noqa: S603 - ours
        (*TICK, "--at", evening.times.now.isoformat()),
        # Without Slack's token it leaves delivery to the server: a thousand receipts take minutes.
        env=serving.environment(slack, url) | {"SLACK_BOT_TOKEN": ""},
        stderr=subprocess.DEVNULL,
    )


def _credited(evening: Evening, url: str) -> tuple[float, float]:
    """When the credits began and when the last was there, by `perf_counter`."""
    watching = raw.connect(url)
    began = _once_due_is(watching, evening, _BEGUN)
    over = _once_due_is(watching, evening, 0)
    watching.close()
    return began, over


def _once_due_is(watching: Raw, evening: Evening, at_most: int) -> float:
    """The moment at which no more accounts than that are due."""
    sql = f"SELECT count(*) FROM account WHERE next_due_at <= '{evening.times.now.isoformat()}'"  # noqa: S608 - a time of ours
    pause, until = threading.Event(), monotonic() + _PATIENCE_SECONDS
    while watching.run(sql)[0][0] > at_most:
        if monotonic() > until:
            raise AssertionError("the accounts are not settled")
        pause.wait(_LOOK_SECONDS)
    return perf_counter()


def _check(url: str, evening: Evening) -> None:
    """Everybody was credited once, and what was transferred meanwhile is in the books."""
    database = opening.connect(url)
    wrong = books.check(database)
    database.close()
    connection = raw.connect(url)
    day = evening.times.midnight.date().isoformat()
    credited = connection.run(
        "SELECT count(*), sum(p.tokens) FROM entry e JOIN posting p"  # noqa: S608 - a day of ours
        " ON p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id"
        f" WHERE e.idempotency_key LIKE 'allowance:%:{day}' AND p.source = 'treasury'"
    )
    connection.close()
    if wrong or credited != [(MEMBERS, MEMBERS * CREDIT)]:
        raise AssertionError(f"{credited} were credited; {len(wrong)} rows are off")
