"""What goes wrong around a hold: keys met twice, clocks that differ, two who come at once."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.domain.directory import UserId
from bot.domain.holds import HoldEnded, HoldState
from bot.domain.ledger import member_account
from bot.domain.limits import LimitReached, Measure
from bot.domain.policies import CapPeriod
from bot.domain.usage_events import EventRefused
from bot.services import balances, books, holds, settlements
from bot.services.holds import Standing
from bot.storage import limit_sums, open_holds, policies, reservations
from bot.storage.database import Transaction
from tests import held
from tests.company import Company
from tests.metered import take, used
from tests.services.test_clock_races import waits
from tests.spending import LettingExpire, Settlement, each, run
from tests.threads import Running, at_once
from tests.waiting import until

SOON = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def clean_books(company: Company) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(company.database)] == []


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000)


def available(company: Company, user: UserId) -> int:
    """As the person would be told."""
    found = balances.balance(
        company.database, company.workspace_id, viewer=user, subject=user, now=company.now
    )
    return found.balance - found.held


def charged(company: Company) -> list[int]:
    """What each settlement took."""
    return [one.postings[0][2] for one in company.entries() if one.kind == "settlement"]


# Keys and figures that come again.


def test_a_key_that_is_used_again_holds_nothing_more(company: Company, ana: UserId) -> None:
    for _ in range(3):
        held.hold(company, ana, 100, key="run-1")

    assert available(company, ana) == 900


def test_the_key_of_another_caller_is_another_key(company: Company, ana: UserId) -> None:
    def ask(actor: str) -> Standing:
        now = company.later(seconds=1)
        return holds.hold(
            company.database,
            company.workspace_id,
            held.of(company, ana, now),
            replace(held.wish(ana, 100, key="run-1"), actor=actor),
            now=now,
        )

    first, other = ask("key:one"), ask("key:two")

    assert first.hold.hold_id != other.hold.hold_id
    assert available(company, ana) == 800


def test_a_part_that_is_corrected_downwards_holds_no_more_than_before(
    company: Company, ana: UserId
) -> None:
    take(company, used(ana, 500, company.now, external_id="part 1"))
    standing = held.hold(company, ana, 100)
    less = used("", 20, company.now, external_id="part 1", revision=1)
    part = replace(held.settlement(standing, 20, company.now, is_final=False), event=less)

    after = settlements.settle(
        company.database, company.workspace_id, part, now=company.later(seconds=1)
    )

    assert (after.hold.held, after.hold.promised) == (100, 100)
    assert after.available == available(company, ana) == 880


def test_a_settled_hold_can_be_neither_voided_nor_extended(company: Company, ana: UserId) -> None:
    standing = held.hold(company, ana, 600)
    held.settle(company, standing, 250)

    for act in (held.void, partial(held.extend, span=SOON)):
        with pytest.raises(HoldEnded):
            act(company, standing)
    assert (available(company, ana), charged(company)) == (750, [250])


# Clocks that differ.


@pytest.mark.parametrize("ahead", [timedelta(minutes=4), timedelta(days=-80)])
def test_a_callers_clock_may_be_ahead_or_behind_by_what_any_senders_may(
    company: Company, ana: UserId, ahead: timedelta
) -> None:
    standing = held.hold(company, ana, 600)

    after = held.settle(company, standing, 250, at=company.now + ahead)

    assert (after.hold.state, after.hold.is_late) == (HoldState.SETTLED, False)
    assert available(company, ana) == 750


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(days=-91)])
def test_a_callers_clock_that_is_further_off_is_told_so_and_the_hold_stands(
    company: Company, ana: UserId, ahead: timedelta
) -> None:
    standing = held.hold(company, ana, 600)

    with pytest.raises(EventRefused, match="at "):
        held.settle(company, standing, 250, at=company.now + ahead)

    assert held.get(company, standing).hold.state is HoldState.OPEN
    assert (available(company, ana), charged(company)) == (400, [])


# In the same instant.


def settle_at(company: Company, standing: Standing, now: datetime) -> str:
    return Settlement(standing, 250, now).make(company.database)


@pytest.mark.parametrize("is_clock_first", [True, False])
def test_settled_in_the_instant_of_its_end_it_is_charged_once_whoever_is_first(
    company: Company, ana: UserId, *, is_clock_first: bool
) -> None:
    standing = held.hold(company, ana, 600)
    end = company.now = standing.hold.expires_at
    acts = [
        partial(LettingExpire(end).make, company.database),
        partial(settle_at, company, standing, end),
    ]

    for act in acts if is_clock_first else acts[::-1]:
        act()

    found = held.get(company, standing).hold
    assert (found.state, found.is_late, found.settled) == (HoldState.SETTLED, True, 250)
    assert (available(company, ana), charged(company)) == (750, [250])


def test_two_threads_settle_and_expire_it_in_the_same_instant(company: Company) -> None:
    for number in range(8):
        person = company.member(f"p{number}", available=1_000)
        standing = held.hold(company, person, 600)
        end = company.now = standing.hold.expires_at

        done = at_once(
            [
                partial(LettingExpire(end).make, company.database),
                partial(settle_at, company, standing, end),
            ]
        )

        assert [one.error for one in done] == [None, None]
        assert available(company, person) == 750
    assert charged(company) == [250] * 8


def test_two_processes_settle_and_expire_them_in_the_same_instant(
    company: Company, database_url: str, ana: UserId
) -> None:
    made = [held.hold(company, ana, 100) for _ in range(9)]
    company.now = max(one.hold.expires_at for one in made)

    outcomes = run(
        database_url,
        each(
            2,
            9,
            lambda process, n: (
                LettingExpire(company.now) if process else Settlement(made[n], 250, company.now)
            ),
        ),
    )

    assert sorted(outcomes) == ["expired"] * 9 + ["settled"] * 9
    assert charged(company) == [250] * 9
    assert available(company, ana) == 1_000 - 9 * 250


def has_waited(
    company: Company, lock: Callable[[Transaction], object], act: Callable[[], object]
) -> bool:
    """Whether somebody waits for what another has in hand."""
    with company.database.writing() as tx:
        lock(tx)
        other = Running(act)
        until(lambda: waits(company.database) or other.is_done)
        is_waiting = not other.is_done
    other.join()
    return is_waiting


def test_whoever_counts_towards_one_project_waits_for_the_other(company: Company) -> None:
    leo, ben = company.admin("leo"), company.member("ben", available=1_000)
    held.set_cap(company, leo, Measure.PROJECT, "ranking", 1_000, period=CapPeriod.WEEK)

    def lock(tx: Transaction) -> None:
        caps = held.of(company, ben, company.now).rules.caps
        policies.lock_caps(tx, company.workspace_id, caps)

    assert has_waited(company, lock, lambda: held.hold(company, ben, 100))


def test_what_is_settled_while_a_project_is_counted_is_counted(
    company: Company, ana: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = company.member("ben", available=1_000)
    held.set_cap(company, company.admin("leo"), Measure.PROJECT, "ranking", 1_000)
    standing = held.hold(company, ben, 800)
    settling: list[Running[Standing]] = []

    def settled_after(count: Callable[..., int], *given: object) -> int:
        found = count(*given)
        if not settling:
            settling.append(Running(lambda: held.settle(company, standing, 800)))
            until(lambda: waits(company.database) or settling[0].is_done)
        return found

    for module, name in ((limit_sums, "of_project"), (open_holds, "promised_for_project")):
        monkeypatch.setattr(module, name, partial(settled_after, getattr(module, name)))
    with pytest.raises(LimitReached):
        held.hold(company, ana, 900)

    assert settling[0].result().hold.settled == 800


def test_of_one_persons_calls_whose_limits_are_counted_one_waits_for_the_other(
    company: Company, ana: UserId
) -> None:
    held.set_cap(company, company.admin("leo"), Measure.MODEL, "gpt-4o", 150)

    def lock(tx: Transaction) -> None:
        reservations.locked(tx, company.workspace_id, member_account(ana))

    assert has_waited(company, lock, lambda: held.hold(company, ana, 100))


def test_one_past_its_end_counts_towards_no_limit_though_no_clock_ran(
    company: Company, ana: UserId
) -> None:
    held.set_cap(company, company.admin("leo"), Measure.MODEL, "gpt-4o", 150)
    held.hold(company, ana, 100)

    now = company.later(minutes=10)
    whose, wish = held.of(company, ana, now), held.wish(ana, 150)

    assert holds.may(company.database, company.workspace_id, whose, wish, now).available == 1_000


def test_of_many_at_once_whose_limits_are_counted_none_goes_beyond(
    company: Company, ana: UserId
) -> None:
    held.set_cap(company, company.admin("leo"), Measure.MODEL, "gpt-4o", 550)
    now = company.now

    def ask() -> Standing:
        whose = held.of(company, ana, now)
        return holds.hold(
            company.database,
            company.workspace_id,
            whose,
            held.wish(ana, 100),
            now=now,
        )

    done = at_once([ask] * 8)

    assert [type(one.error) for one in done if one.error] == [LimitReached] * 3
    assert available(company, ana) == 500
