"""Any sequence of what a pool, its budget and its team's allowance meet, against a naive model."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import count
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot import schedule
from bot.domain.directory import UserId
from bot.domain.ledger import EntryId, member_account
from bot.domain.notices import AllowanceUnfunded
from bot.domain.periods import Period
from bot.domain.refusals import PoolShort
from bot.services import books, dues
from bot.storage.database import Database
from tests.company import Company, Written
from tests.services import machines
from tests.services.budget_company import Search
from tests.services.pools_model import PoolsModel

WEEKLY = 100_000
LENGTH = machines.length(quick=(15, 25), mutants=(60, 30), soak=(200, 60))
workspaces = count(1)
amounts = st.sampled_from((1, 100_000, 200_000, 350_000))
names = st.sampled_from(("ana", "ben"))


class PoolsMachine(RuleBasedStateMachine):
    """A manager, an admin, two people of a team, and the clock."""

    databases: Iterator[Database]
    #: What else is said of the allowance, and the model that knows of it.
    terms: Mapping[str, Any] = MappingProxyType({})
    naive: type[PoolsModel] = PoolsModel

    @initialize(filled=st.sampled_from((1_000, 250_000, 2_000_000)))
    def found(self, filled: int) -> None:
        self.company = Company(next(self.databases), f"T{next(workspaces)}")
        self.search = Search(self.company, filled=filled)
        self.model = self.naive(WEEKLY, date(2026, 3, 2), balance=filled)
        self.grants: list[tuple[EntryId, str, int]] = []
        self.fills: list[tuple[EntryId, int]] = []
        self.search.weekly(WEEKLY, **self.terms)
        self.model.next_week = {"ana": self.model.first, "ben": self.model.first}
        self.model.settle_all(self.company.now)

    @rule(tokens=amounts)
    def fill(self, tokens: int) -> None:
        self.search.fill(tokens)
        self.model.balance += tokens
        self.fills.append((self.latest("issue"), tokens))

    @rule(name=names, tokens=amounts)
    def grant(self, name: str, tokens: int) -> None:
        at = self.company.later(seconds=1)
        self.model.settle(name, at)
        is_refused = self.model.refuses(tokens, at)
        try:
            self.company.grant(self.search.mia, self.person(name), tokens=tokens)
        except PoolShort:
            assert is_refused
        else:
            assert not is_refused
            self.model.leave(tokens, at)
            self.grants.append((self.latest("grant"), name, tokens))

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def take_a_grant_back(self, data: st.DataObject) -> None:
        taken = data.draw(st.sampled_from(self.grants))
        self.grants.remove(taken)
        entry_id, name, tokens = taken
        at = self.company.later(seconds=1)
        self.model.settle(name, at)
        self.company.reverse(self.search.leo, entry_id, is_confirmed=True)
        self.model.leave(-tokens, at)

    @precondition(lambda self: self.fills)
    @rule()
    def take_a_filling_back(self) -> None:
        entry_id, tokens = self.fills.pop()
        self.company.reverse(self.search.leo, entry_id, is_confirmed=True)
        self.model.balance -= tokens

    @rule(
        tokens=st.sampled_from((None, 1, 250_000, 600_000)),
        period=st.sampled_from(("week", "month", "quarter")),
    )
    def set_the_budget(self, tokens: int | None, period: str) -> None:
        self.search.budget(tokens, Period(period))
        self.model.budget = (tokens, period) if tokens else None

    @rule(zone=st.sampled_from(("UTC", "Pacific/Auckland", "America/Los_Angeles")))
    def move_to_a_zone(self, zone: str) -> None:
        self.search.zone(zone)
        self.model.settle_all(self.company.now)
        self.model.zone = zone

    @rule(name=names)
    def ask_for_what_one_has(self, name: str) -> None:
        """Whoever spends settles an account before the clock does."""
        at, account = self.company.later(seconds=1), member_account(self.person(name))
        with self.company.database.writing() as tx:
            seen = dues.as_of(tx, self.company.workspace_id, account, at)
            dues.settle(tx, self.company.workspace_id, [account], at)
            found = dues.as_of(tx, self.company.workspace_id, account, at)
        assert (seen and seen.balance) == (found and found.balance)
        self.model.settle(name, at)

    @rule(hours=st.sampled_from((1, 7, 24, 24 * 6, 24 * 15)))
    def let_time_pass(self, hours: int) -> None:
        self.company.later(hours=hours)

    @rule(hours=st.sampled_from((0, 12, 24, 24 * 7)))
    def tick(self, hours: int) -> None:
        at = self.company.later(hours=hours, seconds=1)
        assert schedule.keep_accounts(self.company.database, at) == []
        self.model.tick(at)

    @invariant()
    def the_pool_has_what_the_model_says(self) -> None:
        assert self.search.pool_has() == (self.model.balance, self.model.held)

    @invariant()
    def the_budget_counts_what_left_in_its_period(self) -> None:
        if self.model.budget is None:
            return
        state, now = self.search.state(), self.company.now
        assert (state.spent, state.until) == (self.model.spent(now), self.model.span(now)[1])

    @invariant()
    def each_was_credited_for_the_weeks_of_the_model(self) -> None:
        keys = [e.key.rpartition(":member:")[2] for e in self.entries("allowance")]
        found = [key.partition(":")[::2] for key in keys]
        assert sorted((str(who)[1:].lower(), day) for who, day in found) == sorted(
            (who, str(week)) for who, week in self.model.credited
        )

    @invariant()
    def each_week_that_is_short_is_told_once(self) -> None:
        told = [
            str(one.period_on)
            for one in self.company.notices()
            if isinstance(one, AllowanceUnfunded) and one.recipient == self.search.mia
        ]
        assert sorted(told) == sorted(map(str, self.model.told))

    @invariant()
    def the_auditor_finds_nothing(self) -> None:
        if machines.PROFILE != "mutants":
            self.teardown()

    def teardown(self) -> None:
        assert [str(wrong) for wrong in books.check(self.company.database)] == []

    def person(self, name: str) -> UserId:
        return self.search.ana if name == "ana" else self.search.ben

    def latest(self, kind: str) -> EntryId:
        return self.entries(kind)[-1].entry_id

    def entries(self, kind: str) -> list[Written]:
        return [entry for entry in self.company.entries() if entry.kind == kind]


@pytest.mark.timeout(machines.TIMEOUT)
def test_pool_and_budget_hold_whatever_is_wished_for(several: list[Database]) -> None:
    machines.run(PoolsMachine, several, LENGTH)
