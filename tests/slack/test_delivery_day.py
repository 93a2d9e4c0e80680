"""A day with a Slack that fails three calls in ten: all comes, in order, at Slack's pace."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot import schedule
from bot.domain.directory import UserId
from bot.domain.notices import HomeStale
from bot.domain.topups import TopUpId
from bot.playground.server import SimulatedSlack
from bot.services import outbox
from tests.company import Company
from tests.slack.postbox import Postbox, person

MEMBERS = tuple(UserId(f"U{number:02}") for number in range(24))
LEO, GONE = UserId("ULEO"), MEMBERS[-1]
SLOT = timedelta(minutes=15)
SLOTS = 24 * 4
#: Slack's silence costs real time, so that there is less of it.
KINDS = (*("429", "500", "drop", "error:internal_error") * 6, "timeout")


class Day:
    """What happens in a quarter of an hour at a time, and whom it has to reach in which order."""

    def __init__(self, postbox: Postbox) -> None:
        self.postbox = postbox
        self.company = postbox.company
        self.owed: dict[UserId, list[str]] = defaultdict(list)
        self._asked: list[tuple[UserId, TopUpId]] = []

    def pass_slot(self, slot: int) -> None:
        until = self.company.now + SLOT
        self._grants(slot)
        if slot % 3 == 0:
            self._request(slot)
        if slot % 3 == 1:
            self._decision(slot)
        schedule.tick(self.company.database, self.company.now)
        self.postbox.deliver(seconds=8)
        self.company.now = max(until, self.company.now)

    def end(self) -> None:
        """Slack works again, and a few minutes pass."""
        self.postbox.slack.faults.clear()
        self.postbox.deliver(seconds=300, step=5)

    def _grants(self, slot: int) -> None:
        some = [MEMBERS[(slot * step) % len(MEMBERS)] for step in (1, 5, 7)]
        told = list(dict.fromkeys(some))
        self.company.grant(LEO, *told, tokens=100, note=f"g{slot}")
        for member in told:
            self.owed[member].append(f"g{slot}")
        giver, taker = told[0], MEMBERS[(slot + 1) % len(MEMBERS)]
        if giver != taker:
            self.company.transfer(giver, taker, 10, note=f"t{slot}")
            self.owed[taker].append(f"t{slot}")
        for member in {*told, taker}:
            stale = HomeStale(recipient=member)
            outbox.owe(self.company.database, self.company.workspace_id, stale, self.company.now)

    def _request(self, slot: int) -> None:
        asker = MEMBERS[slot % (len(MEMBERS) - 1)]
        topup = self.company.ask(asker, 1_000, note=f"r{slot}")
        self._asked.append((asker, topup.topup_id))
        self.owed[LEO].append(f"r{slot}")

    def _decision(self, slot: int) -> None:
        asker, topup_id = self._asked.pop()
        self.company.deny(LEO, topup_id, note=f"d{slot}")
        self.owed[asker].append(f"d{slot}")


@pytest.fixture
def day(company: Company) -> Iterator[Day]:
    company.admin("leo")
    for member in MEMBERS:
        company.member(member.removeprefix("U"))
    cast = [person(user) for user in (LEO, *MEMBERS)]
    with SimulatedSlack(clock=lambda: company.now, people=cast, team_id="T1") as slack:
        postbox = Postbox(company, slack)
        yield Day(postbox)
        postbox.close()


@pytest.mark.timeout(240)
def test_through_a_day_of_failures_nothing_is_missing_and_all_is_in_order(day: Day) -> None:
    postbox, slack = day.postbox, day.postbox.slack
    slack.faults.random(0.3, 7, KINDS)

    for slot in range(SLOTS):
        if slot == SLOTS // 2:
            slack.change_person(GONE, tell=False, deleted=True)
        day.pass_slot(slot)
    day.end()

    assert sum(call.outcome != "ok" for call in slack.calls()) > 0.2 * len(slack.calls())
    assert_all_arrived_in_order(day)
    assert_copies_only_of_the_unknown(postbox)
    assert_a_second_between_messages(postbox)
    assert_only_the_departed_are_dead(day)


def assert_all_arrived_in_order(day: Day) -> None:
    for member, expected in day.owed.items():
        arrived = [note for note, _ in itertools.groupby(day.postbox.notes(member)) if note]
        if member == GONE:
            assert arrived == expected[: len(arrived)]
            continue
        assert arrived == expected
        if member != LEO:
            shown = day.postbox.slack.as_text(day.postbox.slack.home(member))
            available = day.company.available(member)
            assert f"{available:,}" in shown


def assert_copies_only_of_the_unknown(postbox: Postbox) -> None:
    """Never more than calls whose outcome nobody could know."""
    unknown = postbox.unknown_outcomes()
    assert sum(unknown.values()) > 10
    for name, count in postbox.taken().items():
        assert count <= 1 + unknown[name], name


def assert_a_second_between_messages(postbox: Postbox) -> None:
    times = defaultdict(list)
    for call in postbox.sent():
        times[call["channel"]].append(call.at)
    for at in times.values():
        gaps = [later - earlier for earlier, later in itertools.pairwise(at)]
        assert min(gaps, default=SLOT) >= timedelta(seconds=1)


def assert_only_the_departed_are_dead(day: Day) -> None:
    """And an admin was told of them, once on this day."""
    dead = outbox.listed(day.company.database, states=["dead", "stale", "waiting"], limit=1_000)
    reports = [text for text in day.postbox.messages(LEO) if "could not be delivered" in text]

    assert {(one.state, one.queue.removeprefix("home:"), one.error) for one in dead} == {
        ("dead", GONE, "user_disabled")
    }
    assert 1 <= len(set(reports)) <= 2
    assert all("user_disabled" in report for report in reports)
