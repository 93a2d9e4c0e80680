"""Many who can't be served together wait once for what is in nobody's hands but another's."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.services import holds, settlements
from bot.storage import holds as stored
from bot.storage import new_holds
from bot.storage.database import DatabaseBusy, DatabaseFault
from tests import held
from tests.company import Company


class Waits:
    """Statements that fail in the end, wherever an account is among what they are about."""

    def __init__(self, fault: DatabaseFault, account: str) -> None:
        self.fault = fault
        self.account = account
        self.count = 0

    @contextmanager
    def instead_of(self, module: object, name: str) -> Iterator[None]:
        plain = getattr(module, name)

        def waiting(*given: object) -> object:
            if self.account in repr(given):
                self.count += 1
                raise self.fault
            return plain(*given)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, name, waiting)
            yield


@pytest.fixture
def ana(company: Company) -> UserId:
    return company.member("ana", available=1_000)


@pytest.fixture
def ben(company: Company) -> UserId:
    return company.member("ben", available=1_000)


def test_many_calls_of_one_account_wait_for_its_lock_twice_at_most(
    company: Company, ana: UserId, ben: UserId
) -> None:
    now = company.now
    wished = [(held.of(company, one, now), held.wish(one, 10)) for one in [ana] * 8 + [ben]]
    waits = Waits(DatabaseBusy("locked"), member_account(ana))

    with waits.instead_of(new_holds, "add"):
        found = holds.hold_each(company.database, company.workspace_id, wished, now=now)

    assert found[:8] == [waits.fault] * 8
    assert not isinstance(found[8], Exception)
    assert waits.count == 2


def test_many_settlements_of_one_account_wait_for_its_lock_twice_at_most(
    company: Company, ana: UserId, ben: UserId
) -> None:
    made = [held.hold(company, one, 10) for one in [ana] * 8 + [ben]]
    asked = [held.settlement(one, 5, company.now) for one in made]
    waits = Waits(DatabaseBusy("locked"), member_account(ana))

    with waits.instead_of(stored, "locking"):
        found = settlements.settle_each(
            company.database, company.workspace_id, asked, now=company.now
        )

    assert found[:8] == [waits.fault] * 8
    assert not isinstance(found[8], Exception)
    assert waits.count == 2


def test_a_database_that_is_away_is_asked_twice_at_most(
    company: Company, ana: UserId, ben: UserId
) -> None:
    now = company.now
    wished = [(held.of(company, one, now), held.wish(one, 10)) for one in (ana, ben) * 4]
    waits = Waits(DatabaseFault("away"), "member:")

    with waits.instead_of(new_holds, "add"):
        found = holds.hold_each(company.database, company.workspace_id, wished, now=now)

    assert found == [waits.fault] * 8
    assert waits.count == 2
