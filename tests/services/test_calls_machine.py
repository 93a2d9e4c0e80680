"""Whatever people wish for while calls are held for, made and charged: one machine with all of it.

To what people do (`test_books_machine`) come holds, settlements whole and by parts, voids,
extensions, expiries of holds and of lots, and policies that change in between.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from bot.domain import notices
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import UserId
from bot.domain.holds import HoldEnded, HoldRefused
from bot.domain.ledger import IdempotencyKey
from bot.domain.limits import LimitReached
from bot.domain.periods import Period
from bot.domain.policies import Mode, Policy
from bot.domain.usage_events import EventRefused
from bot.services import allowances, balances, dues, holds, settlements
from bot.services.holds import Standing
from bot.storage.database import Database
from tests import held
from tests.company import Written
from tests.services import machines
from tests.services.calls_model import ZOE, CallsModel
from tests.services.holds_model import Account
from tests.services.test_books_machine import ABSENT, BooksMachine, account

LENGTH = machines.length(quick=(12, 40), mutants=(300, 40), soak=(200, 60))
CALLERS = ("UALICE", "UBOB", "UMIA", ZOE)
WEEKLY, LASTING = 500_000, 300_000
LAST_MONDAY = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
#: What no wish of a person came to.
_OF_CALLS = {"settlement", "allowance", "expiry"}
_OF_PEOPLE = ("tokens_received", "entry_reversed", "topup_", "copy_")
Say = Callable[[], Standing]

tokens_of_a_call = st.sampled_from((1, 100_000, 250_000, 600_000))


class CallsMachine(BooksMachine):
    """The same people, and Zoe; programs make calls for four of them."""

    model: CallsModel

    @initialize(has_admin=st.sampled_from((True, True, False)))
    def found(self, *, has_admin: bool) -> None:
        super().found(has_admin=has_admin)
        self.company.member(ZOE.removeprefix("U").lower(), available=LASTING)
        self.names, self.standings = count(1), dict[str, Standing]()
        for one in CALLERS:
            self.model.accounts[one] = Account(self.company.now)
        zoes = self.model.accounts[ZOE]
        zoes.balance = LASTING
        self.has_admin = has_admin
        if not has_admin:
            return
        wish = AllowanceWish(
            subject=Subject(SubjectKind.MEMBER, UserId(ZOE)), tokens=WEEKLY, period=Period.WEEK
        )
        allowances.start(
            self.database,
            self.company.workspace_id,
            actor=UserId("ULEO"),
            wish=wish,
            key=IdempotencyKey("weekly"),
            now=self.company.now,
        )
        zoes.weekly, zoes.next_monday = WEEKLY, LAST_MONDAY
        self.at()

    def modelled(self, approvers: list[str]) -> CallsModel:
        return CallsModel(ABSENT, approvers)

    def at(self) -> int:
        """Whoever asks for the time is about to do something: the model has come as far."""
        self.model.pass_until(self.company.now)
        return super().at()

    @rule(who=st.sampled_from(CALLERS), tokens=tokens_of_a_call, minutes=st.sampled_from((5, 60)))
    def hold(self, who: str, tokens: int, minutes: int) -> None:
        now, ttl, name = self.moment(), timedelta(minutes=minutes), f"call {next(self.names)}"
        asked = held.wish(UserId(who), tokens, ttl=ttl, key=name)

        def ask() -> Standing:
            whose = held.of(self.company, UserId(who), now)
            return holds.hold(self.database, self.company.workspace_id, whose, asked, now=now)

        if self.model.refuses_hold(who, tokens):
            with pytest.raises(LimitReached):
                ask()
            return
        made = ask()
        assert made.hold.held == self.model.hold(name, who, tokens, now + ttl)
        assert made.available == self.model.available(who)
        assert ask().hold == made.hold
        self.standings[name] = made

    @precondition(lambda self: self.standings)
    @rule(
        data=st.data(),
        tokens=st.sampled_from((0, 50_000, 100_000, 700_000)),
        is_final=st.booleans(),
    )
    def settle(self, data: st.DataObject, tokens: int, *, is_final: bool) -> None:
        now, name = self.moment(), self.one_of(data, self.standings)
        external_id = name if is_final else f"part {next(self.names)}"
        wanted = held.settlement(
            self.standings[name], tokens, now, external_id=external_id, is_final=is_final
        )

        def say() -> Standing:
            return settlements.settle(self.database, self.company.workspace_id, wanted, now=now)

        refusal = self.model.refuses_settlement(name, tokens, is_final=is_final)
        told = self.said(refusal, say)
        if told is None:
            return
        self.model.settle(name, tokens, is_final=is_final)
        assert told.hold.held == self.kept(name)
        assert not is_final or say().hold == told.hold

    @precondition(lambda self: self.standings)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        now, name = self.moment(), self.one_of(data, self.standings)
        refusal = "HoldEnded" if self.model.calls[name].end == "settled" else None
        told = self.said(
            refusal,
            lambda: holds.void(
                self.database,
                self.company.workspace_id,
                self.standings[name].hold.hold_id,
                now=now,
            ),
        )
        if told is not None:
            self.model.void(name)
            assert told.hold.held == 0

    @precondition(lambda self: self.standings)
    @rule(data=st.data(), minutes=st.sampled_from((2, 60 * 10, 60 * 24)))
    def extend(self, data: st.DataObject, minutes: int) -> None:
        now, name, span = (
            self.moment(),
            self.one_of(data, self.standings),
            timedelta(minutes=minutes),
        )
        told = self.said(
            self.model.refuses_longer(name, now + span),
            lambda: holds.extend(
                self.database,
                self.company.workspace_id,
                self.standings[name].hold.hold_id,
                span,
                now=now,
            ),
        )
        if told is not None:
            self.model.extend(name, now + span)
            assert told.hold.held == self.kept(name)

    @precondition(lambda self: self.has_admin)
    @rule(mode=st.sampled_from(("hard", "hard", "off", "warn", "soft")))
    def change_the_policy(self, mode: str) -> None:
        self.model.mode, self.model.grace = mode, 150_000 if mode == "soft" else 0
        policy = Policy(mode=Mode(mode), grace_tokens=self.model.grace)
        held.set_policy(self.company, UserId("ULEO"), policy)

    @rule(minutes=st.sampled_from((6, 61, 60 * 24, 60 * 24 * 3)))
    def let_calls_run_on(self, minutes: int) -> None:
        self.company.later(minutes=minutes)

    @rule()
    def let_the_clock_run(self) -> None:
        dues.settle_all(self.database, self.company.now)

    # What is looked at after each step, besides what people did.

    def held_is_as_it_should_be(self, held: Mapping[str, object]) -> None:
        """Each account's is the sum of its open holds; those past their end count no more."""
        self.model.pass_until(self.company.now)
        rows = self.company.rows(
            "SELECT account_id, SUM(held) AS of_all,"
            " SUM(CASE WHEN expires_at > :now THEN held ELSE 0 END) AS of_those_that_count"
            " FROM hold WHERE workspace_id = :workspace_id AND state = 'open' GROUP BY account_id",
            now=self.company.now.isoformat(timespec="microseconds"),
        )
        summed = {str(row["account_id"]): int(str(row["of_all"])) for row in rows}
        assert {one: tokens for one, tokens in held.items() if tokens} == {
            one: tokens for one, tokens in summed.items() if tokens
        }
        counting = {str(row["account_id"]): int(str(row["of_those_that_count"])) for row in rows}
        for one in CALLERS:
            assert counting.get(account(one), 0) == self.model.held(one)
        self.zoe_has_what_the_model_says()
        self.every_call_was_charged_once()

    def zoe_has_what_the_model_says(self) -> None:
        zoe, zoes = UserId(ZOE), self.model.accounts[ZOE]
        found = balances.balance(
            self.database,
            self.company.workspace_id,
            viewer=zoe,
            subject=zoe,
            now=self.company.now,
        )
        assert (found.balance, found.held) == (zoes.balance, zoes.held)

    def every_call_was_charged_once(self) -> None:
        settled = [one for one in self.company.entries() if one.kind == "settlement"]
        assert [one.postings for one in settled] == [
            ((account(who), "consumed", tokens),) for who, tokens in self.model.settlements
        ]

    def written(self) -> list[Written]:
        return [one for one in super().written() if one.kind not in _OF_CALLS]

    def owed(self) -> list[notices.Notice]:
        return [one for one in super().owed() if notices.kind_of(one).startswith(_OF_PEOPLE)]

    # Small things.

    def moment(self) -> datetime:
        """The time of an act, and the model has come as far."""
        now = self.company.later(seconds=1)
        self.model.pass_until(now)
        return now

    def kept(self, name: str) -> int:
        """What the model holds for a call still."""
        kept = self.model.accounts[self.model.calls[name].who].holds.get(name)
        return kept.tokens if kept else 0

    def said(self, refusal: str | None, say: Say) -> Standing | None:
        """What came of it; None when it was refused, which must be as the model says."""
        try:
            result = say()
        except (LimitReached, HoldEnded, HoldRefused, EventRefused) as refused:
            names = {one.__name__ for one in type(refused).__mro__}
            assert refusal in names
            return None
        assert refusal is None
        return result


@pytest.mark.timeout(machines.TIMEOUT)
def test_the_books_hold_whatever_people_wish_for_while_calls_are_made(
    several: list[Database],
) -> None:
    machines.run(CallsMachine, several, LENGTH)
