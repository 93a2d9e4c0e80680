"""A quarter in three-hour steps: two workers on one PostgreSQL, which are killed again and again.

What has to come of it is lived through beforehand (`quarter.expected`), by purses and watches that
share no code with the bot. `make soak` lives through twenty such quarters.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from bot.playground.server import SimulatedSlack
from bot.storage import opening
from bot.storage.database import Database
from tests.company import Company
from tests.databases import Databases
from tests.e2e import processes
from tests.e2e.quarter import cast, expected, findings, founding
from tests.e2e.quarter.cast import BEGIN, END, STEP, STEPS, WEEK
from tests.e2e.quarter.commands import Command
from tests.e2e.quarter.expected import MINUTE, Expected
from tests.e2e.quarter.workers import BUSY, DONE, KILLED, Aim, Death, Order, Worker

pytestmark = [pytest.mark.quarter, pytest.mark.timeout(1_800)]

SEEDS = int(os.environ.get("QUARTER_SEEDS", "3"))
#: How likely each worker is killed at a step with something due, after tokens were used, and else.
DUE, USES, REST = 0.6, 0.1, 0.02
#: Where something is due, so many of the kills are just before a commit or just after one: what is
#: done in two commits and belongs into one shows between them, where few other kills fall.
AT_COMMITS = 0.8
#: Of the others so many come from outside, and the rest at a call of the bot's code.
FROM_OUTSIDE = 0.35
#: A tick has some 1,000 to 15,000 calls. What the clock does is in its first commits, up to eight;
#: those after them are of deliveries.
CALLS_MAX, COMMITS_MAX, SECONDS_MAX = 12_000, 9, 0.08
#: Steps of which one tick is the command line's, in a process of its own.
COMMANDS = (1, 60, 180, 216, 300, 420, 540, 660, STEPS)


class StoryClock:
    """What Slack's clock shows: the time of the step."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


class Quarter:
    """The story as it runs: who ticks, who is killed, and what people do in between."""

    def __init__(self, company: Company, slack: SimulatedSlack, plan: Expected, seed: int) -> None:
        self.company, self.slack, self.plan = company, slack, plan
        self.dice = random.Random(seed)  # noqa: S311 (a story)
        self.kills = self.busy = 0
        #: To whom something was being sent by somebody who was killed.
        self.cut_off: Counter[str] = Counter()
        #: Who was owed something at a step's end that is only told while it is so.
        self.late: Counter[str] = Counter()

    @property
    def summary(self) -> str:
        return f"{self.kills} kills, {self.cut_off.total()} cut off, {self.busy} busy"

    def live(self, clock: StoryClock, workers: list[Worker], command: Command) -> None:
        self._go_on(0, BEGIN)
        for number in range(1, STEPS + 1):
            clock.now = now = BEGIN + number * STEP
            if number in COMMANDS:
                with command.ticking(now) as ticking:
                    self._tick(number, now, workers)
                    self.kills += ticking.ended(self.dice, last=number == STEPS)
            else:
                self._tick(number, now, workers)
            self._go_on(number, now)

    def _tick(self, number: int, now: datetime, workers: list[Worker]) -> None:
        """Both tick at once, again and again until one is through; each dies whenever it does.

        Whoever was killed leaves the rest to the other, or to both where both were.
        """
        outcomes = [KILLED]
        while DONE not in outcomes:
            seconds = [self._begin(worker, number, now) for worker in workers]
            for worker, wait in zip(workers, seconds, strict=True):
                if wait is not None:
                    worker.kill_after(wait)
            outcomes = [worker.outcome() for worker in workers]
            assert set(outcomes) <= {DONE, KILLED, BUSY}, outcomes
            self.kills += outcomes.count(KILLED)
            self.busy += outcomes.count(BUSY)

    def _begin(self, worker: Worker, number: int, now: datetime) -> float | None:
        """Give the order; after how many seconds to kill the worker from outside."""
        is_due = number in self.plan.due
        odds = USES if number - 1 in self.plan.uses else REST
        odds = DUE if is_due else odds
        death, wait = None, None
        if self.dice.random() < odds:
            if is_due and self.dice.random() < AT_COMMITS:
                aim = self.dice.choice((Aim.COMMIT, Aim.COMMITTED, Aim.COMMITTED))
                death = Death(aim, self._few(COMMITS_MAX))
            elif self.dice.random() < FROM_OUTSIDE:
                wait = self.dice.random() * SECONDS_MAX
            else:
                death = Death(Aim.CALL, self._few(CALLS_MAX))
        worker.order(Order(now, death))
        return wait

    def _few(self, most: int) -> int:
        """More likely few than many."""
        return int(most ** self.dice.random())

    def _go_on(self, number: int, now: datetime) -> None:
        """What has not come; and a minute later, people use tokens and ask for more."""
        if number % WEEK == 0:  # rather than a quarter later, far from what went wrong
            assert findings.amiss(self.company, self.slack, self.plan, number) == []
        self.cut_off += findings.in_hand(self.company)
        self.late += findings.late(self.company)
        for name, tokens in self.plan.uses.get(number, ()):
            founding.use(self.company, name, tokens, now + MINUTE)
        for name, at in cast.ASKING.items():
            if at == now:
                founding.ask(self.company, name, now + MINUTE)
        if now == cast.LEAN_GETS_AT:
            founding.issue_to_lean(self.company, cast.LEAN_GETS, now + MINUTE)


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with databases.migrated("postgresql") as made:
        yield made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = opening.connect(url)
    yield opened
    opened.close()


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_each_allowance_expiry_digest_and_alert_of_a_quarter_comes_once(
    database: Database, url: str, tmp_path: Path, seed: int
) -> None:
    plan, clock = expected.live(seed), StoryClock()
    with SimulatedSlack(clock=clock, people=founding.people(), channels=()) as slack:
        company = founding.found_company(database, slack)
        environment = processes.of(slack, DATABASE_URL=url)
        quarter = Quarter(company, slack, plan, seed)
        with two_workers(environment, tmp_path) as workers:
            quarter.live(clock, workers, Command(tmp_path, environment))
        after = (END + 2 * MINUTE).isoformat()  # leases of whoever was killed have ended
        last = processes.ran(tmp_path, "tick", "--at", after, **environment)
        check = processes.ran(tmp_path, "check", **environment)

        assert quarter.kills >= 150
        assert (last.returncode, last.stdout) == (0, "")
        assert (check.returncode, check.stdout) == (0, "The books add up.\n")
        assert findings.states(company) == {"sent"}
        assert findings.diaries(company) == plan.diaries
        assert findings.told(company, slack) == plan.told
        assert findings.alerts_told_twice(company) == []
        assert findings.claims(company) == expected.claims(plan.told)
        assert findings.wrongly_arrived(company, slack, quarter.cut_off, quarter.late) == []
    print(f"seed {seed}: {quarter.summary}", file=sys.stderr)  # noqa: T201 (shown by -s)


@contextmanager
def two_workers(environment: dict[str, str], folder: Path) -> Iterator[list[Worker]]:
    workers = [Worker(environment, folder / f"worker{number}.log") for number in (1, 2)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()
