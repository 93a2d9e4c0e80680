"""Usage over HTTP beside set-based SQL; and what people feel of a backlog that comes meanwhile."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from time import perf_counter
from urllib.parse import urlsplit

from benchmarks import http_client, intake, measure, serving, usage_calls, worlds
from benchmarks.intake_limits import SqliteLimit
from benchmarks.measure import Bound, Options, Result, Sample
from benchmarks.serving import SERVE, Server
from bot import bootstrap
from bot.domain.api_keys import Scope
from bot.playground.server import SimulatedSlack
from bot.services import api_keys
from bot.storage.database import Database

#: Senders at once, each on a connection that it keeps.
SENDERS = 4
#: The backlog: a hundred thousand events, while so many people ask what they have.
BACKLOG = 100
ASKING = 16

OURS, LIMIT = "POST /v1/usage", "set-based SQL"

_seeds = count(1_000)


def run(options: Options) -> Iterator[Result]:
    """SQLite FULL, batches of a thousand, five in a hundred of them repeats."""
    url, other_url = (f"sqlite:///{options.folder / n}" for n in ("usage.db", "usage-limit.db"))
    with ExitStack() as stack:
        ours, other = worlds.found(url), worlds.found(other_url)
        for database in (ours, other):
            stack.callback(database.close)
            intake.fill(database)
        slack = stack.enter_context(serving.company())
        server = stack.enter_context(serving.server(SERVE, slack, url, options.folder))
        serving.fund(slack, server.url)
        sender = Sender(server, _key(ours))
        limit = stack.enter_context(closing(SqliteLimit(other_url)))
        samples = measure.alternate(
            {LIMIT: partial(intake.limited, limit), OURS: sender.send}, options
        )
        wait = _backlog(slack, server, sender)
        for database in (ours, other):
            intake.verify(database)
    yield Result(
        name=f"usage over HTTP, batches of {usage_calls.BATCH:,}, SQLite FULL / set-based SQL",
        figures=measure.rates(samples, OURS, LIMIT),
        demanded=0.4,
    )
    yield Result(
        name=f"p99 of /tokens balance while {BACKLOG * usage_calls.BATCH:,} events come in",
        figures=[wait],
        demanded=1.0,
        bound=Bound.AT_MOST,
        unit=" s",
    )


class Sender:
    """Sends batches that were made before, on several connections at once."""

    def __init__(self, server: Server, key: str) -> None:
        self._address = urlsplit(server.url)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def send(self, seconds: float) -> Sample:
        """As many as go in so many seconds."""
        bodies = self.made(int(seconds * 120) + 20)
        return self._sent(bodies, until=perf_counter() + seconds)

    def send_all(self, bodies: list[bytes]) -> None:
        self._sent(bodies, until=None)

    def made(self, batches: int) -> list[bytes]:
        source = usage_calls.batches(next(_seeds), now=bootstrap.system_clock())
        return [usage_calls.body(next(source)) for _ in range(batches)]

    def _sent(self, bodies: list[bytes], *, until: float | None) -> Sample:
        latencies: list[float] = []
        faults: list[BaseException] = []

        def work() -> None:
            try:
                self._work(bodies, until, latencies)
            except BaseException as fault:  # noqa: BLE001 - raised again below, in the main thread
                faults.append(fault)

        threads = [threading.Thread(target=work) for _ in range(SENDERS)]
        began = perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        if until is not None and not bodies:
            raise RuntimeError("the batches that were made were not enough")
        return Sample(perf_counter() - began, sorted(latencies))

    def _work(self, bodies: list[bytes], until: float | None, latencies: list[float]) -> None:
        with self._connected() as connection:
            while bodies and (until is None or perf_counter() < until):
                body = bodies.pop()
                before = perf_counter()
                connection.request("POST", "/v1/usage", body, self._headers)
                answer = connection.getresponse()
                said = answer.read()
                if answer.status != 200 or b'"rejected":[]' not in said:
                    raise AssertionError(f"{answer.status} {said[:300]!r}")
                latencies.append(perf_counter() - before)

    @contextmanager
    def _connected(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=60
        )
        try:
            yield connection
        finally:
            connection.close()


def _key(database: Database) -> str:
    made = api_keys.create(
        database,
        worlds.WORKSPACE,
        name="bench",
        scopes=[Scope.USAGE_WRITE],
        user_id=None,
        actor="bench",
        now=worlds.BEGAN,
    )
    return str(made.credential)


def _backlog(slack: SimulatedSlack, server: Server, sender: Sender) -> float:
    """The p99 of what people wait for while the backlog goes in."""
    bodies = sender.made(BACKLOG)
    measure.wait_for_quiet()
    errand = serving.errand(
        slack,
        server.url,
        texts={"balance": "available to you"},
        connections=ASKING,
        seconds=600.0,
        name=f"backlog.{server.pid}",
    )
    began = perf_counter()
    with http_client.sending(errand, until_told=True) as ended:
        sender.send_all(bodies)
        took = perf_counter() - began
        outcome = ended()
    if not http_client.is_clean(outcome):
        raise AssertionError("somebody was told to try again")
    wait = outcome.sample.quantile(0.99)
    answers = len(outcome.answers) / outcome.sample.seconds
    measure.say(
        f"backlog: in after {took:.1f} s, beside {answers:.0f} balances a second"
        f" with a p99 of {wait:.2f} s"
    )
    return wait
