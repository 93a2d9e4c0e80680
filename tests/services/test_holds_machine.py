"""Any sequence of holds, settlements, expiries, transfers and reversals, on both databases.

The model (`holds_model`) shares no code with the product, and nobody tells it when the clock ran.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import UserId
from bot.domain.holds import HoldEnded
from bot.domain.ledger import EntryId, IdempotencyKey
from bot.domain.limits import LimitReached
from bot.domain.periods import Period
from bot.domain.refusals import NotEnoughTokens, ReversalOverdraws
from bot.domain.usage_events import EventRefused
from bot.services import allowances, balances, books, dues, holds, settlements
from bot.services.holds import Standing
from bot.storage.database import Database
from tests import held
from tests.company import Company
from tests.metered import take, used
from tests.services import machines
from tests.services.holds_model import Account, Kept

PEOPLE = ("UANA", "UBEN")
LENGTH = machines.length(quick=(40, 30), mutants=(300, 30), soak=(300, 50))
WEEKLY = 500
MONDAY = datetime(2026, 3, 9, tzinfo=UTC)

people = st.sampled_from(PEOPLE)
workspaces = count(1)


class HoldsMachine(RuleBasedStateMachine):
    """Two people of whom one has something each week that expires, and calls made for them."""

    databases: Iterator[Database]

    def __init__(self) -> None:
        super().__init__()
        self.database = next(self.databases)
        self.names = count(1)
        self.made: dict[str, tuple[str, Standing]] = {}
        self.ended: dict[str, str] = {}
        #: What each hold that was settled was settled with.
        self.settled: dict[str, int] = {}
        self.grants: dict[str, tuple[str, int]] = {}

    @initialize()
    def found(self) -> None:
        self.company = company = Company(self.database, f"T{next(workspaces)}")
        company.admin("leo")
        for name in ("ana", "ben"):
            company.member(name, available=300)
        wish = AllowanceWish(
            subject=Subject(SubjectKind.MEMBER, UserId("UANA")), tokens=WEEKLY, period=Period.WEEK
        )
        allowances.start(
            self.database,
            company.workspace_id,
            actor=UserId("ULEO"),
            wish=wish,
            key=IdempotencyKey("weekly"),
            now=company.now,
        )
        self.model = {name: Account(company.now, balance=300) for name in PEOPLE}
        ana = self.model["UANA"]
        ana.weekly, ana.next_monday = WEEKLY, MONDAY - timedelta(days=7)
        self.move_on()

    def move_on(self) -> None:
        for account in self.model.values():
            account.pass_until(self.company.now)

    def later(self, **span: float) -> None:
        self.company.later(**span)
        self.move_on()

    @rule(
        who=people,
        tokens=st.sampled_from((1, 100, 250, 400, 800)),
        minutes=st.sampled_from((5, 60, 1_440)),
    )
    def hold(self, who: str, tokens: int, minutes: int) -> None:
        self.later(seconds=1)
        name, account = f"call {next(self.names)}", self.model[who]
        now, ttl = self.company.now, timedelta(minutes=minutes)
        asked = held.wish(UserId(who), tokens, ttl=ttl, key=name)

        def ask() -> Standing:
            whose = held.of(self.company, UserId(who), now)
            return holds.hold(self.database, self.company.workspace_id, whose, asked, now=now)

        if account.available < tokens:
            with pytest.raises(LimitReached):
                ask()
            return
        standing = ask()
        account.holds[name] = Kept(now + ttl, tokens)
        self.made[name] = (who, standing)
        assert standing.available == account.available
        assert ask() == standing

    @precondition(lambda self: self.made)
    @rule(data=st.data(), tokens=st.sampled_from((0, 1, 100, 600)), is_final=st.booleans())
    def settle(self, data: st.DataObject, tokens: int, *, is_final: bool) -> None:
        self.later(seconds=1)
        name = data.draw(st.sampled_from(sorted(self.made)))
        who, standing = self.made[name]
        account, now = self.model[who], self.company.now
        wanted = held.settlement(
            standing,
            tokens,
            now,
            external_id=name if is_final else f"part {next(self.names)}",
            is_final=is_final,
        )

        def say() -> Standing:
            return settlements.settle(self.database, self.company.workspace_id, wanted, now=now)

        if name in self.ended:
            self.settle_what_has_ended(name, say, tokens, is_final=is_final)
            return
        is_late = name not in account.holds
        told = say()
        account.use(tokens)
        if name in account.holds:
            account.holds[name].tokens = max(account.holds[name].tokens - tokens, 0)
        if is_final:
            self.ended[name] = "settled"
            self.settled[name] = tokens
            account.end(name)
        account.expire()
        assert told.hold.is_late or not is_late
        if is_final:
            assert say().hold == told.hold

    def settle_what_has_ended(
        self, name: str, say: Callable[[], Standing], tokens: int, *, is_final: bool
    ) -> None:
        """The same again is the same answer; other figures or another call are not."""
        if not is_final or name not in self.settled:
            with pytest.raises(HoldEnded):
                say()
        elif tokens != self.settled[name]:
            with pytest.raises(EventRefused):
                say()
        else:
            assert say().hold.settled >= tokens

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        self.later(seconds=1)
        name = data.draw(st.sampled_from(sorted(self.made)))
        who, standing = self.made[name]

        def say() -> Standing:
            return holds.void(
                self.database,
                self.company.workspace_id,
                standing.hold.hold_id,
                now=self.company.now,
            )

        if self.ended.get(name) == "settled":
            with pytest.raises(HoldEnded):
                say()
            return
        account = self.model[who]
        if name in account.holds:
            self.ended[name] = "voided"
            account.end(name)
        say()

    @precondition(lambda self: self.made)
    @rule(data=st.data(), minutes=st.sampled_from((1, 90)))
    def extend(self, data: st.DataObject, minutes: int) -> None:
        self.later(seconds=1)
        name = data.draw(st.sampled_from(sorted(self.made)))
        who, standing = self.made[name]
        account, span = self.model[who], timedelta(minutes=minutes)

        def say() -> Standing:
            return holds.extend(
                self.database,
                self.company.workspace_id,
                standing.hold.hold_id,
                span,
                now=self.company.now,
            )

        if name not in account.holds:
            with pytest.raises(HoldEnded):
                say()
            return
        kept = account.holds[name]
        until = max(kept.until, self.company.now + span)
        if until <= standing.hold.expires_at + timedelta(days=1):
            say()
            kept.until = until

    @rule(who=people, tokens=st.sampled_from((50, 700)))
    def use_without_asking(self, who: str, tokens: int) -> None:
        self.later(seconds=1)
        take(self.company, used(who, tokens, self.company.now))
        self.model[who].use(tokens)
        self.model[who].expire()

    @rule(who=people, tokens=st.sampled_from((50, 200, 450)))
    def transfer(self, who: str, tokens: int) -> None:
        giver = self.model[who]
        other = PEOPLE[1 - PEOPLE.index(who)]
        if giver.available < tokens:
            with pytest.raises(NotEnoughTokens):
                self.company.transfer(UserId(who), UserId(other), tokens)
            self.move_on()
            return
        self.company.transfer(UserId(who), UserId(other), tokens)
        self.model[other].get(tokens, giver.give(tokens))
        self.move_on()

    @rule(who=people, tokens=st.sampled_from((100, 300)))
    def grant(self, who: str, tokens: int) -> None:
        receipt = self.company.grant(UserId("ULEO"), UserId(who), tokens=tokens)
        self.grants[receipt.entry_id] = (who, tokens)
        self.model[who].get(tokens, [])
        self.move_on()

    @precondition(lambda self: self.grants)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        entry_id = data.draw(st.sampled_from(sorted(self.grants)))
        who, tokens = self.grants[entry_id]
        account = self.model[who]

        def say() -> None:
            self.company.reverse(UserId("ULEO"), EntryId(entry_id)[-8:])

        if account.available < tokens:
            with pytest.raises(ReversalOverdraws):
                say()
            self.move_on()
            return
        say()
        del self.grants[entry_id]
        account.give_back(tokens)
        self.move_on()

    @rule(minutes=st.sampled_from((3, 60, 60 * 24, 60 * 24 * 3)))
    def let_time_pass(self, minutes: int) -> None:
        self.later(minutes=minutes)

    @rule()
    def let_the_clock_run(self) -> None:
        dues.settle_all(self.database, self.company.now)

    @invariant()
    def everyone_has_what_the_model_says(self) -> None:
        for name, account in self.model.items():
            found = balances.balance(
                self.database,
                self.company.workspace_id,
                viewer=UserId(name),
                subject=UserId(name),
                now=self.company.now,
            )
            assert (found.balance, found.held) == (account.balance, account.held), name

    @invariant()
    def the_auditor_finds_nothing(self) -> None:
        assert [str(wrong) for wrong in books.check(self.database)] == []


@pytest.mark.timeout(machines.TIMEOUT)
def test_any_sequence_leaves_what_the_model_says(several: list[Database]) -> None:
    machines.run(HoldsMachine, several, LENGTH)
