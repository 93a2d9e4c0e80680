"""Five people call models through a real proxy, and a real tokenbot charges them, each call once.

Both are stopped and started again while people work, in the ways of `docs/sources/litellm.md`.
"""

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from bot import bootstrap
from bot.playground.people import ANA, BEN, CAST, LEO, MIA, Person
from bot.playground.server import SimulatedSlack
from tests.e2e import processes
from tests.e2e.processes import Process
from tests.gateway import proxy
from tests.gateway.calls import Called, Caller, nonce
from tests.gateway.manual import METERING
from tests.gateway.proxy import Proxy
from tests.gateway.upstream import Prompt
from tests.gateway.wire import free_port
from tests.threads import Running
from tests.waiting import until

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(600)]

CLEO = Person(id="U05CLEO", name="cleo", real_name="Cleo Roy", email="Cleo@example.com")
DAN = Person(id="U06DAN", name="dan", real_name="Dan Wu", email="dan@example.com")
FIVE = (ANA, BEN, MIA, CLEO, DAN)
GRANTED = 1_000_000
#: A proxy's longest wait between two tries, after tokenbot was away for some seconds, and more.
_ARRIVAL_SECONDS = 200.0


class Metered:
    """A tokenbot and a proxy, either of which can be exchanged for a new one."""

    def __init__(self, stack: ExitStack, slack: SimulatedSlack, folder: Path, upstream: str):
        self._stack = stack
        self._folder = folder
        self._upstream = upstream
        self._environment = processes.of(slack, PORT=str(free_port()))
        self.calls: dict[str, list[Called]] = {person.name: [] for person in FIVE}
        self.bot = self._start_bot()
        slack.bot_url = self.bot.url
        until(lambda: self.rows("SELECT count(*) FROM member WHERE email IS NOT NULL") >= [(6,)])
        self._secret = self._make_key()
        self.proxy = self._start_proxy()

    def work(self, calls_each: int) -> list[Running[None]]:
        """All five call at the same time, each so often."""
        return [
            Running(partial(self._call, person.name, place, calls_each))
            for place, person in enumerate(FIVE)
        ]

    @property
    def called(self) -> int:
        """How many calls were answered so far."""
        return sum(map(len, self.calls.values()))

    def said(self, person: Person) -> int:
        """The tokens that this person's answers said were used."""
        return sum(called.counts.total for called in self.calls[person.name])

    @property
    def arrived(self) -> int:
        """How many calls tokenbot knows."""
        ((events,),) = self.rows("SELECT count(*) FROM usage_event") or [(0,)]
        return int(str(events))

    def restart_bot(self, *, by_force: bool) -> None:
        if by_force:
            self.bot.kill()
        else:
            self.bot.terminate()
        self.bot = self._start_bot()

    def restart_proxy(self) -> None:
        """As the manual says: take it out of service, wait until all has arrived, stop it."""
        self.proxy.drain()
        until(lambda: self.arrived == self.called, seconds=_ARRIVAL_SECONDS)
        self.proxy.terminate()
        self.proxy = self._start_proxy()

    def ran(self, *arguments: str) -> tuple[int, str]:
        """A command's exit code, and what it printed."""
        done = processes.ran(self._folder, *arguments, **self._environment)
        return done.returncode, done.stdout

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a stranger reads from tokenbot's file."""
        reader = sqlite3.connect(f"file:{self._folder / 'tokenbot.db'}?mode=ro", uri=True)
        try:
            return reader.execute(sql).fetchall()
        except sqlite3.OperationalError:  # not there yet, or just being opened
            return []
        finally:
            reader.close()

    def _start_bot(self) -> Process:
        process = self._stack.enter_context(
            processes.started(self._folder, "serve", **self._environment)
        )
        assert process.url
        return process

    def _make_key(self) -> str:
        (command,) = METERING.commands("tokenbot")
        code, printed = self.ran(*shlex.split(command))
        assert code == 0
        return printed.splitlines()[-1]

    def _start_proxy(self) -> Proxy:
        return self._stack.enter_context(
            proxy.started(
                self._folder,
                endpoint=f"{self.bot.url}/v1/usage/litellm",
                upstream=self._upstream,
                authorization=f"Bearer {self._secret}",
            )
        )

    def _call(self, name: str, place: int, times: int) -> None:
        with Caller(self.proxy.url, name) as caller:
            for number in range(times):
                self.calls[name].append(_one_call(caller, place, number))


def _one_call(caller: Caller, place: int, number: int) -> Called:
    """Each route in turn, streaming and not; no two of a person's calls use the same."""
    prompt = Prompt(
        input=1_000 + 101 * place + number,
        cached=300 + number,
        output=40 + 7 * place + number,
        nonce=nonce(),
    )
    is_stream = number % 2 == 0
    match number % 5:
        case 0 | 1:
            return caller.chat(prompt, stream=is_stream)
        case 2:
            return caller.messages(prompt, stream=is_stream)
        case 3:
            return caller.responses(prompt, stream=is_stream)
        case _:
            return caller.chat(f"Say hello, {prompt.nonce}", model="mock", stream=is_stream)


@pytest.fixture
def slack() -> Iterator[SimulatedSlack]:
    with SimulatedSlack(
        clock=bootstrap.system_clock, people=[*CAST, CLEO, DAN], answer_seconds=10.0
    ) as made:
        yield made


@pytest.fixture
def metered(slack: SimulatedSlack, tmp_path: Path, provider: str) -> Iterator[Metered]:
    with ExitStack() as stack:
        yield Metered(stack, slack, tmp_path, provider)


def test_500_calls_with_restarts_of_both_sides_are_charged_exactly_once(
    slack: SimulatedSlack, metered: Metered
) -> None:
    granted = slack.command(LEO, f"grant {' '.join(f'@{one.name}' for one in FIVE)} {GRANTED}")

    for calls_each, by_force in ((34, False), (33, True)):
        enough = metered.called + 20
        at_work = metered.work(calls_each)
        until(lambda: metered.arrived > enough)  # noqa: B023 - asked in this turn only
        metered.restart_bot(by_force=by_force)
        for one in at_work:
            one.result()
        metered.restart_proxy()
    for one in metered.work(33):
        one.result()
    until(lambda: metered.arrived == metered.called, seconds=_ARRIVAL_SECONDS)

    assert "granted" in granted.shown
    assert metered.called == 500
    assert metered.rows("SELECT count(*) FROM usage_event WHERE is_estimate") == [(0,)]
    left = metered.rows("SELECT account_id, balance FROM account WHERE kind = 'member'")
    assert sorted(left) == sorted(
        (f"member:{person.id}", GRANTED - metered.said(person)) for person in FIVE
    )
    assert metered.ran("check") == (0, "The books add up.\n")
