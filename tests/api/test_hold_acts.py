"""What becomes of requests that are served in one go, where something fails for some of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from bot.api import hold_acts
from bot.api.auth import Doorkeeper
from bot.api.holding import Desk, Wanted
from bot.domain.api_keys import Caller, KeyId
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.holds import TTL
from bot.domain.intents import Intent
from bot.services import authorizing
from bot.services.authorizing import Answered
from bot.storage.database import Database, DatabaseFault
from tests.company import Company


@pytest.fixture
def desk(company: Company) -> Desk:
    def clock() -> datetime:
        return company.now

    return Desk(company.database, Doorkeeper(company.database, clock), clock)


def wanted(company: Company, user: UserId) -> Wanted:
    caller = Caller(
        workspace_id=company.workspace_id,
        key_id=KeyId("k1"),
        name="gateway",
        scopes=frozenset(),
    )
    return Wanted(caller, [Intent(user=user, amount=600, ttl=TTL)])


def test_a_fault_of_one_workspace_is_told_to_no_other_whose_holds_were_made(
    company: Company, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Company(company.database, "T2")
    both = [wanted(one, one.member("ana", available=1_000)) for one in (company, other)]
    hold_each = authorizing.hold_each

    def failing(
        database: Database, workspace_id: WorkspaceId, *given: Any, **named: Any
    ) -> Sequence[object]:
        if workspace_id == other.workspace_id:
            raise DatabaseFault("away")
        return hold_each(database, workspace_id, *given, **named)

    monkeypatch.setattr(authorizing, "hold_each", failing)
    (made,), (fault,) = hold_acts.hold(desk, company.database, both)

    assert isinstance(made, Answered)
    assert made.available == company.available(UserId("UANA")) == 400
    assert isinstance(fault, DatabaseFault)
