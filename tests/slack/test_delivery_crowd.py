"""Everybody is credited at midnight, and Slack takes every second call."""

import itertools
import os
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import Person, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.playground.faults import _Dice
from bot.playground.server import SimulatedSlack
from bot.services import allowances, directory
from tests.company import Company
from tests.slack.postbox import Postbox, person

#: `HYPOTHESIS_PROFILE=soak` takes the ten thousand, which are ten minutes.
MEMBERS = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 500
#: Of eight calls at once, every second is answered; the next go when Slack's second is over.
TAKEN_A_SECOND = 4


class EverySecond(random.Random):
    """Dice that fail every second call, and none that took effect."""

    def __init__(self) -> None:
        super().__init__()
        self._thrown = itertools.cycle((0.9, 0.1, 0.9))

    def random(self) -> float:
        return next(self._thrown)

    def choice(self, kinds: object) -> str:  # type: ignore[override]  # there is but one
        return "429"


@pytest.fixture
def crowd(company: Company) -> Iterator[Postbox]:
    """All of a team are credited for the first time, and owed a word of it."""
    members = [UserId(f"U{number:05}") for number in range(MEMBERS)]
    directory.learn(
        company.database,
        company.workspace_id,
        [Person(user_id=member, name=member) for member in members],
        company.now,
    )
    company.team("Ops", *members)
    wish = AllowanceWish(
        subject=Subject(SubjectKind.TEAM, "ops"),
        tokens=1_000_000,
        period=Period.WEEK,
        starts_on=company.now.date() + timedelta(days=1),
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=company.admin("leo"),
        wish=wish,
        key=IdempotencyKey("command:1"),
        now=company.now,
    )
    with SimulatedSlack(
        clock=lambda: company.now, people=[person(one) for one in members], team_id="T1"
    ) as slack:
        schedule.tick(company.database, company.later(days=1))
        made = Postbox(company, slack)
        yield made
        made.close()


@pytest.mark.timeout(1_800)
def test_all_hear_of_it_once_in_bounded_time(crowd: Postbox) -> None:
    crowd.slack.faults._dice = _Dice(0.5, ("429",), "*", EverySecond())
    seconds = 0

    while crowd.states() != {"sent": MEMBERS}:
        crowd.deliver()
        seconds += 1
        assert seconds < 4 * MEMBERS / TAKEN_A_SECOND, crowd.states()

    received = Counter(call["channel"] for call in crowd.sent() if call.performed)
    assert len(received) == MEMBERS
    assert set(received.values()) == {1}
    assert sum(call.outcome == "429" for call in crowd.slack.calls()) >= MEMBERS


def test_no_more_is_claimed_than_is_being_sent(crowd: Postbox) -> None:
    """Whatever waits, a process that dies leaves eight to be freed by their leases."""
    crowd.slack.faults.always("timeout", "chat.postMessage")
    sender = crowd.sender()

    sender.step()
    sender.step()
    leased = claimed(crowd)
    crowd.slack.wait_until(lambda: len(crowd.sent()) == 8)
    crowd.slack.faults.clear()

    assert leased == 8
    assert len(crowd.sent()) == 8


def claimed(crowd: Postbox) -> int:
    with crowd.company.database.reading() as tx:
        leased = "SELECT count(*) FROM outbox WHERE leased_until IS NOT NULL"
        return int(tx.connection.execute(sa.text(leased)).scalar_one())


def test_a_burst_is_sent_at_once_and_the_rest_at_a_pace_that_slack_takes(crowd: Postbox) -> None:
    began = crowd.company.now

    crowd.deliver(seconds=12)

    times = Counter((call.at - began) // timedelta(seconds=1) for call in crowd.sent())
    assert 100 <= times[0] <= 108
    assert all(times[second] <= 18 for second in range(1, 12))
    assert sum(times.values()) <= 100 + 12 * 10 + 8
