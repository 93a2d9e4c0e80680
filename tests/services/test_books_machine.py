"""Any sequence of wishes, on both databases, against a model that shares no code with us."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from itertools import count
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.domain import notices
from bot.domain.directory import UserId
from bot.domain.ledger import UNCACHED, EntryId, Receipt
from bot.domain.refusals import KeyReused, Refusal
from bot.domain.topups import TopUpId
from bot.services import books
from bot.storage.database import Database
from tests.company import Company, Written
from tests.services import machines
from tests.services.books_model import TREASURY, BooksModel

ACTIVE = ("UALICE", "UBOB", "UCARLA", "UMIA", "ULEO")
ABSENT = {"UROBO": "MemberIsBot", "UDORA": "MemberDeactivated"}
PEOPLE = (*ACTIVE, *ABSENT)
FROM_BEFORE = {"UALICE": 1_000_000, "UBOB": 250_000, "UMIA": 400_000}
#: Runs of the machine, and the most steps in each; some hundred steps on each database.
LENGTH = machines.length(quick=(40, 25), mutants=(300, 25), soak=(200, 50))

people = st.sampled_from((*ACTIVE, *PEOPLE))
approvers = st.sampled_from(("UMIA", "UMIA", "ULEO", "ULEO", "UALICE"))
amounts = st.sampled_from((1, 250_000, 400_000))
workspaces = count(1)
T = TypeVar("T")


class BooksMachine(RuleBasedStateMachine):
    """Wishes of seven people, of whom one is a bot and one has left."""

    databases: Iterator[Database]

    def __init__(self) -> None:
        super().__init__()
        self.database = next(self.databases)
        self.keys = count(1)
        #: Every wish that came to an entry, to be heard again.
        self.heard: dict[str, Callable[[], Receipt]] = {}
        self.ids: dict[str, EntryId] = {}

    @initialize(has_admin=st.sampled_from((True, True, False)))
    def found(self, *, has_admin: bool) -> None:
        self.company = Company(self.database, f"T{next(workspaces)}")
        for name, tokens in FROM_BEFORE.items():
            self.company.member(name.removeprefix("U").lower(), available=tokens)
        for name in ("carla", *(() if has_admin else ("leo",))):
            self.company.member(name)
        self.company.approver("mia")
        if has_admin:
            self.company.admin("leo")
        self.company.bot("robo")
        self.company.deactivate(self.company.member("dora"))
        self.model = self.modelled(["UMIA", "ULEO"] if has_admin else ["UMIA"])
        for name, tokens in FROM_BEFORE.items():
            self.model.begin(name, tokens)

    def modelled(self, approvers: list[str]) -> BooksModel:
        """The rules a second time."""
        return BooksModel(ABSENT, approvers)

    @rule(
        actor=approvers,
        recipients=st.lists(people, min_size=1, max_size=3),
        tokens=st.sampled_from((1, 250_000, 1_000_000)),
    )
    def grant(self, actor: str, recipients: list[str], tokens: int) -> None:
        key, at = self.key(), self.at()
        self.entry(
            self.model.refuses_grant(actor, recipients),
            key,
            lambda: self.company.grant(
                UserId(actor), *map(UserId, recipients), tokens=tokens, key=key
            ),
            lambda name: self.model.grant(name, actor, recipients, tokens, at),
        )

    @rule(recipients=st.lists(st.sampled_from(ACTIVE[:3]), min_size=1, max_size=3), tokens=amounts)
    def grant_as_one_may(self, recipients: list[str], tokens: int) -> None:
        self.grant("UMIA", recipients, tokens)

    @rule(sender=people, recipient=people, tokens=amounts)
    def transfer(self, sender: str, recipient: str, tokens: int) -> None:
        key, at = self.key(), self.at()
        self.entry(
            self.model.refuses_transfer(sender, recipient, tokens),
            key,
            lambda: self.company.transfer(UserId(sender), UserId(recipient), tokens, key=key),
            lambda name: self.model.transfer(name, sender, recipient, tokens, at),
        )

    @precondition(lambda self: self.model.rich)
    @rule(data=st.data(), recipient=people, left=st.sampled_from((-1, 0, 0, 100_000)))
    def transfer_about_all_of_it(self, data: st.DataObject, recipient: str, left: int) -> None:
        sender = data.draw(st.sampled_from(self.model.rich))
        self.transfer(sender, recipient, max(self.model.available(sender) - left, 1))

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), actor=approvers, is_confirmed=st.booleans())
    def reverse(self, data: st.DataObject, actor: str, *, is_confirmed: bool) -> None:
        self.take_back(self.one_of(data, self.model.entries), actor, is_confirmed=is_confirmed)

    @precondition(lambda self: self.model.spent)
    @rule(data=st.data(), is_confirmed=st.booleans())
    def reverse_what_was_spent(self, data: st.DataObject, *, is_confirmed: bool) -> None:
        of = self.one_of(data, self.model.spent)
        self.take_back(of, "UMIA", is_confirmed=is_confirmed)

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data(), actor=st.sampled_from(("", "", "UBOB")))
    def undo(self, data: st.DataObject, actor: str) -> None:
        key, at, of = self.key(), self.at(), self.one_of(data, self.model.entries)
        actor = actor or self.model.entries[of].actor
        self.entry(
            self.model.refuses_undo(actor, of, at),
            key,
            lambda: self.company.undo(UserId(actor), self.ids[of], key=key),
            lambda name: self.model.reverse(name, actor, of, at, "undone"),
            is_heard_again=False,  # too late is too late, for a second click too
        )

    @precondition(lambda self: len(self.model.topups) < 8)
    @rule(requester=st.sampled_from(("UALICE",) * 5 + PEOPLE), tokens=st.sampled_from((1, 250_000)))
    def ask(self, requester: str, tokens: int) -> None:
        key = self.key()
        topup = self.outcome(
            self.model.refuses_ask(requester),
            lambda: self.company.ask(UserId(requester), tokens, key=key),
        )
        if topup is not None:
            assert self.company.ask(UserId(requester), tokens, key=key) == topup
            self.model.ask(topup.topup_id, requester, tokens)

    @precondition(lambda self: self.model.topups)
    @rule(data=st.data(), actor=approvers, tokens=st.sampled_from((None, None, 100_000)))
    def approve(self, data: st.DataObject, actor: str, tokens: int | None) -> None:
        at, of = self.at(), self.one_of(data, self.model.topups)
        decision = self.outcome(
            self.model.refuses_decision(actor, of),
            lambda: self.company.approve(UserId(actor), TopUpId(of), tokens=tokens),
        )
        if decision is not None:
            assert decision.receipt is not None
            name = self.key()
            self.ids[name] = decision.receipt.entry_id
            self.model.approve(name, actor, of, tokens or self.model.topups[of].tokens, at)

    @precondition(lambda self: self.model.topups)
    @rule(data=st.data(), actor=approvers)
    def deny(self, data: st.DataObject, actor: str) -> None:
        of = self.one_of(data, self.model.topups)
        refusal = self.model.refuses_decision(actor, of)
        if self.outcome(refusal, lambda: self.company.deny(UserId(actor), TopUpId(of))):
            self.model.deny(actor, of)

    @precondition(lambda self: self.model.topups)
    @rule(data=st.data(), actor=st.sampled_from(("", "", "UCARLA")))
    def withdraw(self, data: st.DataObject, actor: str) -> None:
        of = self.one_of(data, self.model.topups)
        actor = actor or self.model.topups[of].requester
        refusal = self.model.refuses_withdrawal(actor, of)
        if self.outcome(refusal, lambda: self.company.withdraw(UserId(actor), TopUpId(of))):
            self.model.withdraw(actor, of)

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def say_the_same_again(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.heard)))
        receipt = self.heard[key]()
        assert (receipt.entry_id, receipt.is_new) == (self.ids[key], False)

    @precondition(lambda self: self.heard)
    @rule(data=st.data())
    def say_something_else_with_a_used_key(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.heard)))
        with pytest.raises(KeyReused):
            self.company.transfer(UserId("UALICE"), UserId("UBOB"), 3, note="else", key=key)

    @rule(seconds=st.sampled_from((5, 30, 61)))
    def let_time_pass(self, seconds: int) -> None:
        self.company.later(seconds=seconds)

    @invariant()
    def the_books_hold(self) -> None:
        self.tokens_are_conserved_and_balances_are_the_sums_of_postings()
        self.everyone_has_what_the_model_says()
        self.every_entry_is_recorded_once()
        self.every_request_stands_where_it_was_left()
        self.every_effect_has_its_notice_and_no_other_is_owed()
        if machines.PROFILE != "mutants":  # there is no hurry
            self.the_auditor_finds_nothing()

    def teardown(self) -> None:
        self.the_auditor_finds_nothing()

    def the_auditor_finds_nothing(self) -> None:
        assert [str(wrong) for wrong in books.check(self.database)] == []

    def tokens_are_conserved_and_balances_are_the_sums_of_postings(self) -> None:
        rows = self.company.rows(
            "SELECT source, destination, tokens FROM posting WHERE workspace_id = :workspace_id"
        )
        summed: Counter[str] = Counter()
        for row in rows:
            summed[str(row["source"])] -= int(str(row["tokens"]))
            summed[str(row["destination"])] += int(str(row["tokens"]))
        accounts = self.company.rows(
            "SELECT account_id, balance, held FROM account"
            " WHERE workspace_id = :workspace_id AND balance IS NOT NULL"
        )
        cached = {str(row["account_id"]): row["balance"] for row in accounts}
        assert cached == {account: summed[account] for account in cached}
        assert set(summed) <= {*cached, *UNCACHED}
        assert summed.total() == 0
        self.held_is_as_it_should_be({str(row["account_id"]): row["held"] for row in accounts})

    def held_is_as_it_should_be(self, held: Mapping[str, object]) -> None:
        """Nobody here holds anything."""
        assert set(held.values()) <= {0}

    def everyone_has_what_the_model_says(self) -> None:
        rows = self.company.rows(
            "SELECT account_id, balance FROM account"
            " WHERE workspace_id = :workspace_id AND kind = 'member'"
        )
        has = {str(row["account_id"]): int(str(row["balance"])) for row in rows}
        has = {name: tokens for name, tokens in has.items() if name in map(account, PEOPLE)}
        assert has == {account(one): self.model.balance[one] for one in self.model.reached}
        assert self.model.below_zero == self.model.overdrawn

    def every_entry_is_recorded_once(self) -> None:
        written = self.written()
        assert len({entry.key for entry in written}) == len(written)
        assert [
            (e.kind, e.actor, e.reverses or "", e.is_self_approved, sorted(e.postings))
            for e in written
        ] == [
            (
                e.kind,
                e.actor,
                self.ids.get(e.reverses, ""),
                e.is_self_approved,
                sorted((account(s), account(d), tokens) for s, d, tokens in e.moves),
            )
            for e in self.model.entries.values()
        ]

    def written(self) -> list[Written]:
        """What people did, as it was recorded."""
        return self.company.entries()

    def every_request_stands_where_it_was_left(self) -> None:
        rows = self.company.rows("SELECT * FROM topup WHERE workspace_id = :workspace_id")
        assert {
            row["topup_id"]: (row["state"], row["decided_by"] or "", row["decided_tokens"] or 0)
            for row in rows
        } == {name: (t.state, t.decided_by, t.granted) for name, t in self.model.topups.items()}

    def every_effect_has_its_notice_and_no_other_is_owed(self) -> None:
        owed = Counter(self.facts(notice) for notice in self.owed())
        assert owed == self.model.notices

    def owed(self) -> list[notices.Notice]:
        """What is owed for what people did."""
        return self.company.notices()

    def entry(
        self,
        refusal: str | None,
        key: str,
        wish: Callable[[], Receipt],
        move: Callable[[str], None],
        *,
        is_heard_again: bool = True,
    ) -> None:
        """Wish for an entry; the model moves when it was made."""
        receipt = self.outcome(refusal, wish)
        if receipt is None:
            return
        self.ids[key] = receipt.entry_id
        assert receipt.is_new
        if is_heard_again:
            self.heard[key] = wish
        move(key)
        assert receipt.available == {
            account(one): self.model.available(one)
            for one, change in self.model.entries[key].gains(backwards=False).items()
            if change and one != TREASURY
        }

    def take_back(self, of: str, actor: str, *, is_confirmed: bool) -> None:
        key, at = self.key(), self.at()
        self.entry(
            self.model.refuses_reversal(actor, of, is_confirmed=is_confirmed),
            key,
            lambda: self.company.reverse(
                UserId(actor), self.ids[of][-8:], is_confirmed=is_confirmed, key=key, note="oops"
            ),
            lambda name: self.model.reverse(name, actor, of, at, "oops"),
        )

    def outcome(self, refusal: str | None, wish: Callable[[], T]) -> T | None:
        """What the wish came to; None when it was refused, which must be as the model says."""
        try:
            result: T | None = wish()
        except Refusal as refused:
            came_to: str | None = type(refused).__name__
            result = None
        else:
            came_to = None
        assert came_to == refusal
        return result

    def key(self) -> str:
        return f"key:{next(self.keys)}"

    def at(self) -> int:
        return int(self.company.now.timestamp())

    def one_of(self, data: st.DataObject, names: Iterable[str]) -> str:
        """Mostly the latest."""
        latest = list(reversed(list(names)))
        return data.draw(st.sampled_from((*latest[:2], *latest)))

    def facts(self, notice: notices.Notice) -> tuple[object, ...]:
        """A notice as the model words it."""
        fields = asdict(notice)
        names = {entry_id: name for name, entry_id in self.ids.items()}
        match notices.kind_of(notice):
            case "tokens_received":
                entry = names[fields["entry_id"]]
                giver, tokens = fields["giver"], fields["tokens"]
                flags = ("transfer" if fields["is_transfer"] else "grant", fields["is_first"])
                return ("received", notice.recipient, giver, tokens, entry, *flags)
            case "entry_reversed":
                ends = names[fields["entry_id"]], names[fields["reversal_id"]]
                return ("reversed", notice.recipient, fields["actor"], fields["change"], *ends)
            case kind:
                return (
                    kind.removeprefix("topup_").removeprefix("copy_"),
                    notice.recipient,
                    fields["topup_id"],
                )


def account(one: str) -> str:
    return f"member:{one}" if one else "treasury"


@pytest.mark.timeout(machines.TIMEOUT)
def test_the_books_hold_whatever_people_wish_for(several: list[Database]) -> None:
    machines.run(BooksMachine, several, LENGTH)
