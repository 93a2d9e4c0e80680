"""Several requests decided at once: what becomes of each, and what it does to the pools."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain import grants, roles, stand_ins
from bot.domain.budgets import BudgetState
from bot.domain.directory import Member, UserId
from bot.domain.ledger import TREASURY, AccountId, EntryId, IdempotencyKey
from bot.domain.roles import Deed
from bot.domain.stand_ins import Absence
from bot.domain.topups import TopUp, TopUpId, TopUpState

#: Of a request about which nothing is said.
NOBODY = UserId("")


class Kind(StrEnum):
    """What is decided."""

    APPROVE = "approve"
    DENY = "deny"


class Verdict(StrEnum):
    """What becomes of one of the requests."""

    #: It can be decided; once the database transaction is over, it is.
    DECIDED = "decided"
    #: There is no such request in this workspace.
    UNKNOWN = "unknown"
    NOT_ALLOWED = "not_allowed"
    OWN = "own"
    #: Decided, withdrawn or expired before.
    CLOSED = "closed"
    #: The one who asked takes no part here any more.
    ABSENT = "absent"
    #: With those before it, it asks for more than the pool has.
    POOL_SHORT = "pool_short"
    #: With those before it, it asks for more than the pool's budget has left.
    BUDGET_SHORT = "budget_short"
    #: Of an undoing: open again.
    UNDONE = "undone"
    #: Of an undoing: the requester has less left than they got.
    SPENT = "spent"
    #: Of an undoing: undone before, taken back, or decided anew.
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One of the requests, and what becomes of it."""

    topup_id: TopUpId
    verdict: Verdict
    requester: UserId = NOBODY
    tokens: int = 0
    #: What pays, where it is to be approved.
    source: AccountId = TREASURY
    #: Who closed it before, and how.
    by: UserId | None = None
    state: TopUpState = TopUpState.OPEN
    #: The grant that an approval made.
    entry_id: EntryId | None = None
    #: What the requester has left, of an undoing that comes too late for that.
    available: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """What a team's pool can pay: what it has, and what its budget lets leave it."""

    team: str
    available: int
    budget: BudgetState | None = None

    def less(self, tokens: int) -> "Purse":
        budget = self.budget
        spent = replace(budget, spent=budget.spent + tokens) if budget else None
        return replace(self, available=self.available - tokens, budget=spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What leaves one source, and how that stands before; a treasury has no purse."""

    tokens: int
    purse: Purse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a decision would do by now; others may decide, spend or fill meanwhile."""

    kind: Kind
    items: tuple[Item, ...]
    payments: tuple[Payment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """A decision on several requests, as it was made."""

    key: IdempotencyKey
    kind: Kind
    actor: UserId
    made_at: datetime
    items: tuple[Item, ...]

    @property
    def decided(self) -> tuple[Item, ...]:
        return tuple(one for one in self.items if one.verdict is Verdict.DECIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Who decides, and what there is to know of those who ask."""

    actor: UserId
    people: Mapping[UserId, Member]
    absences: Sequence[Absence]
    #: Who takes no part here, of those who ask.
    away: Collection[UserId]
    is_only_approver: bool


def judged(
    topup_ids: Iterable[TopUpId], found: Mapping[TopUpId, TopUp], bench: Bench, kind: Kind
) -> list[Item]:
    """Each of the requests once, the oldest first, by the rules of a single decision."""
    return [_judged(one, found.get(one), bench, kind) for one in sorted(set(topup_ids))]


def _judged(topup_id: TopUpId, topup: TopUp | None, bench: Bench, kind: Kind) -> Item:
    if topup is None:
        return Item(topup_id=topup_id, verdict=Verdict.UNKNOWN)
    actor, requester = bench.people[bench.actor], bench.people[topup.requester]
    if not roles.may(actor, Deed.DECIDE, requester):
        actor = stand_ins.acting(actor, bench.absences, requester)
    item = Item(
        topup_id=topup_id,
        verdict=Verdict.DECIDED,
        requester=topup.requester,
        tokens=topup.tokens,
        source=grants.source(actor, requester),
    )
    if not roles.may(actor, Deed.DECIDE, requester):  # says no more of it than that it is there
        return Item(topup_id=topup_id, verdict=Verdict.NOT_ALLOWED)
    if topup.requester == bench.actor and not bench.is_only_approver:
        return replace(item, verdict=Verdict.OWN)
    if topup.state is not TopUpState.OPEN:
        by = topup.decided_by
        return replace(item, verdict=Verdict.CLOSED, by=by, state=topup.state)
    if kind is Kind.APPROVE and topup.requester in bench.away:
        return replace(item, verdict=Verdict.ABSENT)
    return item


def fitted(items: Iterable[Item], purses: Mapping[AccountId, Purse]) -> list[Item]:
    """Those that the pools can't pay marked so: the oldest first, and each that still fits."""
    left = dict(purses)
    found = []
    for item in items:
        purse = left.get(item.source)
        if item.verdict is Verdict.DECIDED and purse is not None:
            if item.tokens > purse.available:
                found.append(replace(item, verdict=Verdict.POOL_SHORT))
                continue
            if purse.budget is not None and item.tokens > purse.budget.left:
                found.append(replace(item, verdict=Verdict.BUDGET_SHORT))
                continue
            left[item.source] = purse.less(item.tokens)
        found.append(item)
    return found


def payments(items: Iterable[Item], purses: Mapping[AccountId, Purse]) -> tuple[Payment, ...]:
    """What leaves each source, pools by their ids, the treasury last."""
    totals: dict[AccountId, int] = {}
    for item in items:
        if item.verdict is Verdict.DECIDED:
            totals[item.source] = totals.get(item.source, 0) + item.tokens
    return tuple(
        Payment(tokens=totals[source], purse=purses.get(source)) for source in sorted(totals)
    )
