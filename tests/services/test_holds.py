"""Tokens are held before a call, and charged for what it used after it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import UserId
from bot.domain.holds import OPEN_MAX, HoldEnded, HoldRefused, HoldState, HoldUnknown, TooManyHolds
from bot.domain.ledger import TOKENS_MAX, IdempotencyKey
from bot.domain.limits import LimitReached, Measure
from bot.domain.periods import Period
from bot.domain.refusals import KeyReused
from bot.domain.usage_events import EventRefused
from bot.services import allowances, balances, books, dues, holds
from tests import held
from tests.company import Company
from tests.metered import take, used


@pytest.fixture(autouse=True)
def clean_books(company: Company) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(company.database)] == []


def available(company: Company, user: UserId) -> int:
    """As the person would be told."""
    found = balances.balance(
        company.database, company.workspace_id, viewer=user, subject=user, now=company.now
    )
    return found.balance - found.held


def test_what_is_held_is_not_available(company: Company) -> None:
    ana = company.member("ana", available=1_000)

    standing = held.hold(company, ana, 600)

    assert standing.available == 400
    assert available(company, ana) == 400
    assert company.entries() == company.entries()[:1]


def test_a_hold_that_does_not_fit_is_refused_and_leaves_nothing(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    held.hold(company, ana, 600)

    with pytest.raises(LimitReached) as refused:
        held.hold(company, ana, 401)

    assert (refused.value.needed, refused.value.limit.left) == (401, 400)
    assert refused.value.limit.measure is Measure.ALLOWANCE
    assert company.rows("SELECT COUNT(*) AS n FROM hold") == [{"n": 1}]
    assert held.hold(company, ana, 400).available == 0


def test_whoever_has_no_account_yet_has_nothing_to_hold(company: Company) -> None:
    ben = company.member("ben")

    with pytest.raises(LimitReached):
        held.hold(company, ben, 1)


def test_settling_charges_what_was_used_and_frees_the_rest(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)

    after = held.settle(company, standing, 250)

    assert (after.hold.state, after.hold.settled, after.hold.held) == (HoldState.SETTLED, 250, 0)
    assert after.available == available(company, ana) == 750
    assert company.entries()[-1].kind == "settlement"
    assert company.entries()[-1].postings == (("member:UANA", "consumed", 250),)


def test_a_call_that_used_more_than_was_held_is_charged_whole_below_zero_too(
    company: Company,
) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)

    after = held.settle(company, standing, 1_200)

    assert after.available == available(company, ana) == -200


def test_settling_twice_with_the_same_content_is_the_same_answer(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)
    at = company.now
    first = held.settle(company, standing, 250, at=at)

    assert held.settle(company, standing, 250, at=at) == first
    with pytest.raises(EventRefused):
        held.settle(company, standing, 251, at=at)
    with pytest.raises(HoldEnded):
        held.settle(company, standing, 10, external_id="another call", at=at)
    assert available(company, ana) == 750


def test_an_agent_that_runs_long_settles_part_by_part(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)

    part = held.settle(company, standing, 250, external_id="part 1", is_final=False)
    assert (part.hold.state, part.hold.held, part.available) == (HoldState.OPEN, 350, 400)
    beyond = held.settle(company, standing, 400, external_id="part 2", is_final=False)
    assert (beyond.hold.held, beyond.available) == (0, 350)
    end = held.settle(company, standing, 50, external_id="part 3")

    assert (end.hold.settled, end.available) == (700, 300)


def test_a_part_that_is_sent_again_frees_nothing_more(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)
    at = company.now
    held.settle(company, standing, 250, external_id="part 1", is_final=False, at=at)

    again = held.settle(company, standing, 250, external_id="part 1", is_final=False, at=at)

    assert (again.hold.held, again.hold.settled, again.available) == (350, 250, 400)


def test_a_void_frees_all_of_it_once(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)

    assert held.void(company, standing).available == 1_000
    assert held.void(company, standing).available == 1_000
    with pytest.raises(HoldEnded) as ended:
        held.settle(company, standing, 10)
    assert ended.value.state is HoldState.VOIDED


def test_what_an_answer_says_is_available_counts_no_expired_hold_though_no_clock_ran(
    company: Company,
) -> None:
    ana = company.member("ana", available=1_000)
    extended, voided, settled = (held.hold(company, ana, 100) for _ in range(3))
    at = company.now
    held.settle(company, settled, 50, at=at)
    for minutes, tokens in ((1, 200), (2, 300), (3, 100)):
        held.hold(company, ana, tokens, ttl=timedelta(minutes=minutes))

    company.later(seconds=61)
    assert held.extend(company, extended, timedelta(minutes=20)).available == 350
    company.later(seconds=61)
    assert held.void(company, voided).available == 750
    company.later(seconds=61)
    assert held.settle(company, settled, 50, at=at).available == 850


def test_an_expired_hold_counts_for_nothing_though_no_clock_ran(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)

    company.later(minutes=10)

    assert available(company, ana) == 1_000
    assert held.get(company, standing).hold.state is HoldState.EXPIRED
    assert held.hold(company, ana, 1_000).available == 0


def test_a_call_that_ends_after_its_hold_is_charged_all_the_same(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)
    company.later(minutes=30)

    late = held.settle(company, standing, 250)

    assert late.hold.is_late
    assert late.available == available(company, ana) == 750


@pytest.mark.parametrize("tokens", [0, -1, TOKENS_MAX + 1])
def test_nothing_less_or_more_than_a_posting_moves_is_held(company: Company, tokens: int) -> None:
    ana = company.member("ana", available=1_000)

    with pytest.raises(HoldRefused, match="amount"):
        held.hold(company, ana, tokens)


def test_a_key_that_is_used_again_is_the_same_hold(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    first = held.hold(company, ana, 600, key="run-1")

    assert held.hold(company, ana, 600, key="run-1") == first
    with pytest.raises(KeyReused):
        held.hold(company, ana, 100, key="run-1")
    assert available(company, ana) == 400


def test_a_hold_can_be_made_to_stand_longer_up_to_a_day(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    standing = held.hold(company, ana, 600)

    longer = held.extend(company, standing, timedelta(hours=2))
    company.later(hours=1)

    assert longer.hold.expires_at > standing.hold.expires_at
    assert available(company, ana) == 400
    with pytest.raises(HoldRefused, match="24 hours"):
        held.extend(company, standing, timedelta(hours=24))
    company.later(hours=2)
    with pytest.raises(HoldEnded):
        held.extend(company, standing, timedelta(hours=2))


def test_nobody_has_more_open_holds_than_there_may_be(company: Company) -> None:
    ana = company.member("ana", available=10_000)
    made = [held.hold(company, ana, 1, ttl=timedelta(days=1)) for _ in range(OPEN_MAX)]

    with pytest.raises(TooManyHolds):
        held.hold(company, ana, 1)
    held.void(company, made[0])
    held.hold(company, ana, 1)


SUNDAY_NIGHT = datetime(2026, 3, 8, 23, 55, tzinfo=UTC)


def with_a_week(company: Company, lasting: int, weekly: int) -> UserId:
    """Ana with an allowance for one week only, on the evening before the next."""
    admin, ana = company.admin("leo"), company.member("ana", available=lasting)
    wish = AllowanceWish(
        subject=Subject(SubjectKind.MEMBER, ana),
        tokens=weekly,
        period=Period.WEEK,
        until=date(2026, 3, 8),
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=admin,
        wish=wish,
        key=IdempotencyKey("weekly"),
        now=company.now,
    )
    company.now = SUNDAY_NIGHT
    return ana


def test_a_hold_keeps_what_expires_payable_until_it_is_settled(company: Company) -> None:
    ana = with_a_week(company, lasting=100, weekly=500)
    standing = held.hold(company, ana, 400)
    company.later(minutes=6)

    assert available(company, ana) == 0
    after = held.settle(company, standing, 300)

    assert after.hold.settled == 300
    # Of the 500, 200 expired at midnight, 300 paid for the call, and so 100 are left of 400 held.
    assert available(company, ana) == 100


def test_what_a_void_frees_of_what_expired_meanwhile_expires_then(company: Company) -> None:
    ana = with_a_week(company, lasting=100, weekly=500)
    standing = held.hold(company, ana, 400)
    company.later(minutes=6)
    dues.settle_all(company.database, company.now)
    assert available(company, ana) == 0

    held.void(company, standing)

    assert available(company, ana) == 100
    with pytest.raises(LimitReached):
        held.hold(company, ana, 101)


@pytest.mark.parametrize("used_up", [0, 200])
def test_the_books_add_up_in_the_moment_in_which_a_hold_lets_go_of_what_expired(
    company: Company, used_up: int
) -> None:
    ana = with_a_week(company, lasting=100, weekly=500)
    standing = held.hold(company, ana, 400)
    company.later(minutes=6)
    dues.settle_all(company.database, company.now)

    if used_up:
        held.settle(company, standing, used_up)
    else:
        held.void(company, standing)

    assert [str(wrong) for wrong in books.check(company.database)] == []
    assert dues.settle_all(company.database, company.now) == 1
    assert available(company, ana) == 100


def test_what_a_hold_covered_expires_with_it_whoever_looks_and_when(company: Company) -> None:
    ana = with_a_week(company, lasting=100, weekly=500)
    held.hold(company, ana, 400)

    company.later(hours=5)

    assert available(company, ana) == 100
    dues.settle_all(company.database, company.now)
    assert available(company, ana) == 100


def test_a_hold_that_nobody_made_is_unknown(company: Company) -> None:
    with pytest.raises(HoldUnknown):
        holds.void(company.database, company.workspace_id, "none", now=company.now)


def test_the_clock_lets_holds_expire_too(company: Company) -> None:
    ana = company.member("ana", available=1_000)
    held.hold(company, ana, 600)
    company.later(minutes=10)

    assert dues.settle_all(company.database, company.now) == 1

    assert company.rows("SELECT state, held FROM hold") == [{"state": "expired", "held": 0}]
    assert company.rows("SELECT held FROM account WHERE account_id = 'member:UANA'")[0]["held"] == 0
    take(company, used(ana, 10, company.now))
    assert available(company, ana) == 990
