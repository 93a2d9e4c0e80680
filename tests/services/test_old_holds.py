"""Holds that ended are deleted after some months; whatever they were charged stays as it was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.directory import UserId
from bot.domain.holds import HoldId, HoldState, HoldUnknown
from bot.domain.ledger import UNATTRIBUTED
from bot.services import books, dues, holders, holds, retention
from bot.services.holds import Standing
from bot.storage import holds as stored
from bot.storage import old_holds
from bot.storage.retention import Bounds
from tests import held
from tests.company import Company

#: The first day on which what was of 2 March 2026 is no longer kept.
GONE = datetime(2027, 4, 3, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clean_books(company: Company) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(company.database)] == []


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000)


def forget(company: Company, now: datetime = GONE, *, limit: int = 10_000) -> int:
    return retention.forget(company.database, company.workspace_id, now, limit=limit)


def kept(company: Company) -> list[str]:
    rows = company.rows("SELECT state FROM hold WHERE workspace_id = :workspace_id ORDER BY state")
    return [str(row["state"]) for row in rows]


def of_nobody(company: Company) -> Standing:
    with company.database.reading() as tx:
        whose = holders.of_account(tx, company.workspace_id, UNATTRIBUTED, company.now)
    wish = held.wish(UserId("nobody@corp.test"), 100)
    return holds.hold(company.database, company.workspace_id, whose, wish, now=company.now)


def test_holds_go_with_the_calls_of_their_time_and_what_they_were_charged_stays(
    company: Company, ana: UserId
) -> None:
    first, second, _ = (held.hold(company, ana, 100) for _ in range(3))
    held.settle(company, first, 60)
    held.void(company, second)
    dues.settle_all(company.database, company.later(hours=1))
    entries, before = company.entries(), company.available(ana)

    assert forget(company, GONE - timedelta(days=1)) == 0
    assert kept(company) == ["expired", "settled", "voided"]
    forget(company)

    assert kept(company) == []
    assert (company.entries(), company.available(ana)) == (entries, before)


def test_one_that_is_open_is_kept_however_old_until_it_expires(
    company: Company, ana: UserId
) -> None:
    held.hold(company, ana, 100)

    assert forget(company) == 0
    dues.settle_all(company.database, GONE)
    assert forget(company) == 1


def test_one_of_nobody_counts_for_nothing_past_its_end_and_goes_too(company: Company) -> None:
    left, done = of_nobody(company), of_nobody(company)
    held.settle(company, done, 60)
    dues.settle_all(company.database, company.later(hours=1))

    assert held.get(company, left).hold.state is HoldState.EXPIRED
    assert forget(company) == 2
    assert kept(company) == []


def test_holds_go_in_pieces_and_the_next_time_goes_on(company: Company, ana: UserId) -> None:
    for _ in range(5):
        held.void(company, held.hold(company, ana, 1))

    assert [forget(company, limit=3) for _ in range(2)] == [3, 2]
    assert kept(company) == []


def test_a_hold_that_comes_to_be_open_meanwhile_is_kept(company: Company, ana: UserId) -> None:
    standing = held.hold(company, ana, 100)
    bounds = Bounds(company.workspace_id, kept_from=GONE.date(), linked_since=GONE)

    with company.database.writing() as tx:
        found = old_holds.old(tx, bounds, limit=9)
        old_holds.forget(tx, bounds, [standing.hold.hold_id])

    assert found == []
    assert kept(company) == ["open"]


def test_a_settlement_whose_hold_was_deleted_meanwhile_is_of_no_hold(
    company: Company, ana: UserId
) -> None:
    account = held.hold(company, ana, 100).hold.account

    with company.database.writing() as tx, pytest.raises(HoldUnknown):
        stored.locked(tx, company.workspace_id, {HoldId("gone"): account}, company.now)
    with company.database.writing() as tx, pytest.raises(HoldUnknown):
        stored.locked(tx, company.workspace_id, {HoldId("gone"): UNATTRIBUTED}, company.now)


def test_a_hold_whose_late_call_was_deleted_with_its_day_is_no_fault(
    company: Company, ana: UserId
) -> None:
    """It is of a day before the hold, and goes sooner than that."""
    standing = held.hold(company, ana, 100)
    held.settle(company, standing, 60, at=company.now - timedelta(days=80))
    soon = datetime(2027, 3, 2, tzinfo=UTC)

    forget(company, soon)

    assert kept(company) == ["settled"]
