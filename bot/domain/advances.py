"""Advances: what a person takes once in a period without asking, repaid from the next allowance.

Tokens of an advance don't expire (but for those of a pool that do); the next credit by a rule is
smaller by what is owed, in the same entry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.allowances import Turn
from bot.domain.directory import UserId
from bot.domain.ledger import (
    AccountId,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
    Posting,
    Receipt,
    member_account,
)
from bot.domain.refusals import AdvanceFault, AdvanceRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAdvance:
    """An advance of which something is still owed."""

    entry_id: EntryId
    #: Where it came from and goes back to; the treasury in place of a pool that has ended.
    owed_to: AccountId
    owed: int


@dataclass(frozen=True, slots=True)
class Repayment:
    """What a credit takes back of an advance."""

    entry_id: EntryId
    owed_to: AccountId
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What may be taken now: how much, from where, and the day of the credit that repays it."""

    account: AccountId
    source: AccountId
    tokens: int
    repaid_on: date
    #: What that credit brings before it is repaid.
    credit: int

    @property
    def key(self) -> IdempotencyKey:
        """One advance for a person and period, however often it is asked for."""
        return IdempotencyKey(f"advance:{self.account}:{self.repaid_on}")


@dataclass(frozen=True, slots=True)
class Taken:
    """An advance that was taken, now or before in this period."""

    receipt: Receipt
    repaid_on: date
    #: What the credit of that day will bring once it is repaid.
    then: int


def repayments(advances: Iterable[OpenAdvance], credit: int) -> tuple[Repayment, ...]:
    """What a credit of so many takes back, the oldest first: never more than it brings."""
    made = []
    for advance in advances:
        tokens = min(advance.owed, credit)
        credit -= tokens
        if tokens:
            made.append(Repayment(advance.entry_id, advance.owed_to, tokens))
    return tuple(made)


def after(advances: Iterable[OpenAdvance], made: Iterable[Repayment]) -> tuple[OpenAdvance, ...]:
    """What is owed once that was repaid."""
    repaid = {one.entry_id: one.tokens for one in made}
    return tuple(
        OpenAdvance(entry_id=one.entry_id, owed_to=one.owed_to, owed=left)
        for one in advances
        if (left := one.owed - repaid.get(one.entry_id, 0))
    )


def can_repay(turn: Turn) -> bool:
    """Whether a turn's next credit repays an advance: the parts of a package stay whole."""
    return (
        turn.next_on is not None
        and turn.takes_part
        and turn.allowance.vesting is None
        and turn.allowance.credit_on(turn.next_on).tokens > 0
    )


def offer(account: AccountId, turns: Sequence[Turn], most: int) -> Offer:
    """What an allowance that comes next can repay, and the policy allows.

    Raises `AdvanceRefused` where no allowance comes.
    """
    coming = [
        (turn.next_on, turn.allowance.allowance_id, turn)
        for turn in turns
        if turn.next_on is not None and can_repay(turn)
    ]
    if not coming:
        raise AdvanceRefused(AdvanceFault.NO_ALLOWANCE)
    on, _, turn = min(coming, key=lambda one: one[:2])
    credit = turn.allowance.credit_on(on).tokens
    return Offer(
        account=account,
        source=turn.allowance.source,
        tokens=min(most, credit),
        repaid_on=on,
        credit=credit,
    )


def entry(taker: UserId, offered: Offer, now: datetime) -> Entry:
    """The advance as it is recorded."""
    return Entry(
        kind=EntryKind.ADVANCE,
        actor=taker,
        postings=(Posting(offered.source, member_account(taker), offered.tokens),),
        note="",
        key=offered.key,
        now=now,
    )
