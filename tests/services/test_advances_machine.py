"""Any sequence of what pools, budgets and allowances meet, with advances, against a naive model."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.domain.advances import Taken
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.domain.periods import Period
from bot.domain.policies import Policy
from bot.domain.refusals import AdvanceFault, AdvanceRefused, PoolShort
from bot.services import advances
from bot.storage.database import Database
from tests import held
from tests.clockwork import use
from tests.services import machines
from tests.services.advances_model import AdvancesModel
from tests.services.test_pools_machine import (
    LENGTH,
    WEEKLY,
    PoolsMachine,
    amounts,
    names,
)

everyone = st.sampled_from(("ana", "ben", "cyd"))
FAULTS = {AdvanceFault.OWED: "owed", AdvanceFault.NOT_OFFERED: "none"}


class AdvancesMachine(PoolsMachine):
    """The same people, and Cyd with an allowance of her own from the treasury."""

    terms: Mapping[str, Any] = MappingProxyType({"carry_max": None})
    naive = AdvancesModel

    @initialize(filled=st.sampled_from((300_000, 500_000, 2_000_000)), most=st.just(40_000))
    def found(self, filled: int, most: int) -> None:
        super().found(filled)
        self.cyd = self.company.member("cyd")
        subject = Subject(SubjectKind.MEMBER, self.cyd)
        leo = self.search.leo
        self.search.rule(leo, subject, WEEKLY, Period.WEEK, carry_max=None)
        self.mine.next_week["cyd"] = self.model.first
        self.mine.settle("cyd", self.company.now)
        self.offer(most)

    @property
    def mine(self) -> AdvancesModel:
        return cast("AdvancesModel", self.model)

    @rule(most=st.sampled_from((0, 40_000, 100_000, 500_000)))
    def offer(self, most: int) -> None:
        self.most = most
        held.set_policy(self.company, self.search.leo, Policy(advance=most))

    @rule(name=everyone)
    def take_an_advance(self, name: str) -> None:
        at = self.company.later(seconds=1)
        expected = self.mine.advance(name, self.most, at)

        assert self.ask(self.person(name), at) == expected

    @rule(name=everyone, is_late=st.booleans())
    def take_an_advance_into_the_next_week(self, name: str, is_late: bool) -> None:  # noqa: FBT001 (by name)
        self.take_an_advance(name)
        self.tick(24 * (14 if is_late else 7))

    @rule(name=everyone, tokens=amounts)
    def use_some(self, name: str, tokens: int) -> None:
        at = self.company.later(seconds=1)
        self.mine.settle(name, at)
        use(self.company, self.person(name), tokens)
        self.mine.give(name, -tokens)

    @rule(name=names, tokens=amounts)
    def grant(self, name: str, tokens: int) -> None:
        before = len(self.grants)
        super().grant(name, tokens)
        if len(self.grants) > before:
            self.mine.give(name, tokens)

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def take_a_grant_back(self, data: st.DataObject) -> None:
        before = list(self.grants)
        super().take_a_grant_back(data)
        ((_, name, tokens),) = [one for one in before if one not in self.grants]
        self.mine.give(name, -tokens)

    @invariant()
    def each_has_and_owes_what_the_model_says(self) -> None:
        rows = self.company.rows(
            "SELECT account_id, SUM(tokens - repaid) AS owed FROM advance "
            "WHERE workspace_id = :workspace_id GROUP BY account_id",
        )
        owed = {str(row["account_id"]): int(str(row["owed"])) for row in rows}
        for name in ("ana", "ben", "cyd"):
            account = member_account(self.person(name))
            assert owed.get(account, 0) == self.mine.owes.get(name, 0)
            assert self.company.available(self.person(name)) == self.mine.has.get(name, 0)

    def ask(self, user: UserId, at: datetime) -> str:
        """Look and take; how that ends, in the model's words."""
        database, workspace_id = self.company.database, self.company.workspace_id
        try:
            on = advances.look(database, workspace_id, actor=user, now=at).repaid_on
            done = advances.take(database, workspace_id, actor=user, repaid_on=on, now=at)
        except AdvanceRefused as refused:
            return FAULTS[refused.fault]
        except PoolShort:
            return "short"
        return "taken" if isinstance(done, Taken) and done.receipt.is_new else "again"

    def person(self, name: str) -> UserId:
        return self.cyd if name == "cyd" else super().person(name)


@pytest.mark.timeout(machines.TIMEOUT)
def test_advances_are_repaid_whatever_is_wished_for(several: list[Database]) -> None:
    machines.run(AdvancesMachine, several, LENGTH)
