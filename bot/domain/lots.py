"""Lots: credited tokens that expire. The soonest to expire is spent first.

A lot is no separate purse: it says until when a part of the balance is good. So the lots of an
account never exceed its balance, and wherever its tokens go within the company they keep their
expiry (docs/allowances.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from bot.domain.ledger import UNCACHED, AccountId, EntryId, Expiring, Posting

LotId = NewType("LotId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What remains of tokens that one entry credited to an account until a moment."""

    lot_id: LotId
    account: AccountId
    entry_id: EntryId
    remaining: int
    expires_at: datetime
    #: The rule that credited it; None for tokens that somebody passed on.
    allowance_id: str | None = None

    def less(self, tokens: int) -> "Lot":
        """What is left of it; at a midnight this is made for everybody, in half of `replace`."""
        return Lot(
            lot_id=self.lot_id,
            account=self.account,
            entry_id=self.entry_id,
            remaining=self.remaining - tokens,
            expires_at=self.expires_at,
            allowance_id=self.allowance_id,
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of a lot that leaves it."""

    lot: Lot
    tokens: int


def in_order(lots: Iterable[Lot]) -> list[Lot]:
    """Soonest expiry first, ties by id: the order in which they are spent."""
    return sorted(lots, key=lambda lot: (lot.expires_at, lot.lot_id))


def take(lots: Iterable[Lot], tokens: int, *, first: str | None = None) -> list[Taken]:
    """What spending so much takes from lots; what they don't have is taken from the rest.

    What goes back to a rule's source comes out of that rule's lots before all others: `first` is
    the rule.
    """
    queue = in_order(lots)
    if first is not None:
        queue.sort(key=lambda lot: lot.allowance_id != first)
    taken = []
    for lot in queue:
        part = min(lot.remaining, tokens)
        if part > 0:
            taken.append(Taken(lot, part))
            tokens -= part
    return taken


def take_back(
    lots: Sequence[Lot], tokens: int, *, made_by: str, lasting: int, balance: int
) -> list[Taken]:
    """What taking an entry back takes from lots: first from those that it made.

    Of what it credited `lasting` doesn't expire. That comes next, as far as the account still has
    it, so that whoever has spent nothing since has afterwards what was there before; only then come
    other lots. `balance` is the account's before.
    """
    own = take([lot for lot in lots if lot.entry_id == made_by], tokens)
    free = max(0, balance - sum(lot.remaining for lot in lots))
    left = tokens - sum(one.tokens for one in own) - min(lasting, free)
    return [*own, *take([lot for lot in lots if lot.entry_id != made_by], left)]


def without(lots: Iterable[Lot], taken: Iterable[Taken]) -> list[Lot]:
    """What remains of the lots once that was taken."""
    parts = {one.lot.lot_id: one.tokens for one in taken}
    left = [lot.less(parts.get(lot.lot_id, 0)) for lot in lots]
    return [lot for lot in left if lot.remaining]


def by_moment(lots: Iterable[Lot]) -> tuple[Expiring, ...]:
    """How many tokens expire at which moment, the soonest first."""
    tokens: dict[datetime, int] = {}
    for lot in lots:
        tokens[lot.expires_at] = tokens.get(lot.expires_at, 0) + lot.remaining
    return tuple(Expiring(at, tokens[at]) for at in sorted(tokens))


def passed_on(
    postings: Sequence[Posting], taken: Mapping[AccountId, Sequence[Taken]]
) -> dict[AccountId, list[Expiring]]:
    """Which expiring tokens arrive where: each source's soonest go out first, in posting order."""
    left = {
        source: [Expiring(one.lot.expires_at, one.tokens) for one in in_spending_order]
        for source, in_spending_order in taken.items()
    }
    arrived: dict[AccountId, list[Expiring]] = {}
    for posting in postings:
        parts = _cut(left.get(posting.source, []), posting.tokens)
        if parts and posting.destination not in UNCACHED:
            arrived.setdefault(posting.destination, []).extend(parts)
    return arrived


def kept(arrived: Iterable[Expiring], *, credited: int, balance: int) -> list[Expiring]:
    """What becomes lots of what arrived, on an account that has `balance` after the credit.

    A debt is repaid first, by the soonest to expire; a moment that several share is one lot.
    """
    by_moment: dict[datetime, int] = {}
    for one in arrived:
        by_moment[one.expires_at] = by_moment.get(one.expires_at, 0) + one.tokens
    queue = [Expiring(at, by_moment[at]) for at in sorted(by_moment)]
    _cut(queue, credited - min(credited, max(balance, 0)))
    return queue


def _cut(queue: list[Expiring], tokens: int) -> list[Expiring]:
    """Remove so many from the front of the queue, and return them."""
    removed = []
    while queue and tokens > 0:
        first = queue[0]
        part = min(first.tokens, tokens)
        removed.append(Expiring(first.expires_at, part))
        tokens -= part
        if part == first.tokens:
            queue.pop(0)
        else:
            queue[0] = Expiring(first.expires_at, first.tokens - part)
    return removed
