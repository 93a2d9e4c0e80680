"""Holds and settlements over HTTP beside an empty route, on SQLite and on PostgreSQL."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from urllib.request import Request, urlopen

from benchmarks import json_client, measure, postgres, serving, worlds
from benchmarks.json_client import Load
from benchmarks.measure import Bound, Options, Result, Sample
from bot.domain.api_keys import Scope
from bot.playground.server import SimulatedSlack
from bot.services import api_keys, books
from bot.storage.database import Database

CONNECTIONS = 16
#: Of one hold: so few that nobody's allowance is ever used up.
TOKENS = 1_000
#: As many as one request may make; and more than a machine settles in a second.
_BATCH, _SETTLED_MAX = 100, 4_000

HOLD, SETTLE, EMPTY = "/v1/holds", "/v1/holds/{id}/settle", "an empty route"
_HOLD = (
    f'{{"user": "{{user}}", "amount": {TOKENS}, "model": "gpt-4o", "project": "search",'
    ' "idempotency_key": "{n}"}'
)
_USED = '{"provider": "openai", "input_tokens": 600, "output_tokens": 200}'
_PEOPLE = [worlds.member(number) for number in range(worlds.MEMBERS)]
_runs = count()


def run(options: Options) -> Iterator[Result]:
    """Throughput and p99 of holds, and of settlements, by 16 connections."""
    yield from _measured("SQLite FULL", f"sqlite:///{options.folder / 'holds.db'}", 0.35, options)
    with postgres.server() as server, server.eager_statistics():
        yield from _measured("PostgreSQL", server.create("holds"), 0.3, options)


def _measured(where: str, url: str, demanded: float, options: Options) -> Iterator[Result]:
    with closing(worlds.found(url)) as database, serving.company() as slack:
        key = _key(database)
        samples = _samples(slack, url, key, options)
        if wrong := books.check(database):
            raise AssertionError(f"{len(wrong)} rows are off, the first: {wrong[0]}")
    for path, name in ((HOLD, "holds"), (SETTLE, "settlements")):
        yield Result(
            name=f"{name} over HTTP, {CONNECTIONS} connections, {where} / empty route",
            figures=measure.rates(samples, path, EMPTY),
            demanded=demanded,
        )
        yield Result(
            name=f"p99 of {name}, {where} / of the empty route",
            figures=measure.tails(samples, path, EMPTY),
            demanded=5,
            bound=Bound.AT_MOST,
        )


def _samples(slack: SimulatedSlack, url: str, key: str, options: Options) -> measure.Samples:
    folder = options.folder
    none = f"sqlite:///{folder / 'none.db'}"
    with (
        serving.listener(serving.SERVE, slack, url, folder) as (ours, _),
        serving.listener(serving.EMPTY, slack, none, folder) as (theirs, _),
    ):
        caller, nobody = Caller(ours, key), Caller(theirs, key)
        return measure.alternate(
            {EMPTY: nobody.hold, HOLD: caller.hold, SETTLE: caller.settle}, options
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that asks before each call, and tells what it used."""

    url: str
    key: str

    def hold(self, seconds: float) -> Sample:
        return self._sent(HOLD, _HOLD, seconds, status=201)

    def settle(self, seconds: float) -> Sample:
        """Holds that were made before the clock starts."""
        enough = int(seconds * _SETTLED_MAX) // _BATCH + 1
        ids = [made for _ in range(enough) for made in self._held()]
        return self._sent(SETTLE, _USED, seconds, status=200, ids=ids)

    def _sent(
        self, path: str, body: str, seconds: float, *, status: int, ids: Sequence[str] = ()
    ) -> Sample:
        load = Load(
            url=self.url,
            key=self.key,
            path=path,
            body=body,
            users=_PEOPLE,
            ids=ids,
            connections=CONNECTIONS,
            seconds=seconds,
            status=status,
            name=f"run{next(_runs)}",
        )
        return json_client.send(load)

    def _held(self) -> list[str]:
        run = next(_runs)
        wanted = [
            {"user": _PEOPLE[number], "amount": TOKENS, "idempotency_key": f"run{run}.{number}"}
            for number in range(_BATCH)
        ]
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = json.dumps({"holds": wanted}).encode()
        asked = Request(f"{self.url}{HOLD}", body, headers)  # noqa: S310 - our own server
        with urlopen(asked) as answer:  # noqa: S310
            return [one["hold"]["id"] for one in json.load(answer)["results"]]


def _key(database: Database) -> str:
    made = api_keys.create(
        database,
        worlds.WORKSPACE,
        name="bench",
        scopes=[Scope.HOLDS],
        user_id=None,
        actor="bench",
        now=worlds.BEGAN,
    )
    return str(made.credential)
