"""Decisions undone within a minute: what was granted comes back, and the requests are open again.

Nothing is deleted: the grant stays and its reversal beside it, what was decided is in the audit
table. The requester's message of the decision is changed in its place, so that no second one comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain import reversals as rules
from bot.domain import topups as requests
from bot.domain.bulks import Bulk, Item, Verdict
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.ledger import (
    UNCACHED,
    UNDO_WINDOW,
    AccountId,
    Entry,
    EntryId,
    IdempotencyKey,
    RecordedEntry,
    member_account,
)
from bot.domain.notices import TopUpCopyChanged, TopUpReopened
from bot.domain.refusals import DecisionRefused, NotAllowed, NothingLeft, TopUpUnknown
from bot.domain.refusals.topups import DecisionFault
from bot.domain.roles import Deed
from bot.domain.topups import TopUp, TopUpId, TopUpState
from bot.services import dues
from bot.services.topups import ClickedCopy, known, tell_copies
from bot.storage import (
    accounts,
    allowance_turns,
    budgets,
    bulks,
    directory,
    entries,
    expired_lots,
    ledger,
    outbox,
    reopening,
    topups,
)
from bot.storage.database import Database, Transaction
from bot.storage.ledger import AccountsDue


@dataclass(frozen=True, slots=True)
class Undone:
    """A decision on several requests, and what its undoing made of each that it had decided."""

    bulk: Bulk
    items: tuple[Item, ...]


@dues.settled_first
def undo(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    topup_id: TopUpId,
    reopened: int,
    clicked: ClickedCopy | None,
    now: datetime,
) -> TopUp:
    """Open a request again that the actor has just decided; twice is once.

    `reopened` says which of its decisions is meant. Raises `DecisionRefused`.
    """
    with database.writing() as tx:
        topup = known(topups.locked(tx, workspace_id, topup_id))
        if topup.state is TopUpState.OPEN and topup.reopened == reopened + 1:
            return tell_copies(tx, workspace_id, topup_id, clicked=clicked, now=now)
        _refuse(topup, actor, reopened, now)
        (item,) = _take_back(tx, workspace_id, actor, [topup], now)
        if item.verdict is not Verdict.UNDONE:
            fault = DecisionFault(item.verdict.value)
            raise DecisionRefused(fault, topup, item.available)
        _tell(tx, workspace_id, [topup], now)
        return tell_copies(tx, workspace_id, topup_id, clicked=clicked, now=now)


@dues.settled_first
def undo_all(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    key: IdempotencyKey,
    now: datetime,
) -> Undone:
    """Open those requests again that were decided together; those that can't be are named.

    Heard again it says what became of it. Raises `DecisionRefused`.
    """
    with database.writing() as tx:
        found = bulks.locked(tx, workspace_id, key)
        if found is None:
            raise TopUpUnknown
        bulk, before = found
        if bulk.actor != actor:
            raise NotAllowed(Deed.DECIDE)
        if before:
            return Undone(bulk, before)
        if now - bulk.made_at > UNDO_WINDOW:
            raise DecisionRefused(DecisionFault.TOO_LATE)
        items = _undo_all(tx, workspace_id, bulk, now)
        bulks.undo(tx, workspace_id, key, items)
    return Undone(bulk, tuple(items))


def _undo_all(tx: Transaction, workspace_id: WorkspaceId, bulk: Bulk, now: datetime) -> list[Item]:
    ids = [one.topup_id for one in bulk.decided]
    found = bulks.topups(tx, workspace_id, ids, lock=True)
    same = [one for one in found.values() if requests.is_decision(one, bulk.actor, bulk.made_at)]
    taken = {one.topup_id: one for one in _take_back(tx, workspace_id, bulk.actor, same, now)}
    opened = [one for one in same if taken[one.topup_id].verdict is Verdict.UNDONE]
    _tell(tx, workspace_id, opened, now)
    have = topups.copies_of(tx, workspace_id, [one.topup_id for one in opened])
    for topup_id, holders in have.items():
        for user_id in holders:
            changed = TopUpCopyChanged(recipient=user_id, topup_id=topup_id)
            outbox.add(tx, workspace_id, changed, now)
    return [
        taken.get(one.topup_id) or replace(one, verdict=Verdict.CHANGED) for one in bulk.decided
    ]


def _refuse(topup: TopUp, actor: UserId, reopened: int, now: datetime) -> None:
    if topup.state not in requests.DECIDED or topup.reopened != reopened:
        raise DecisionRefused(DecisionFault.CHANGED, topup)
    if topup.decided_by != actor:
        raise NotAllowed(Deed.DECIDE, topup.requester)
    if not requests.may_undo(topup, actor, now):
        raise DecisionRefused(DecisionFault.TOO_LATE, topup)


def _take_back(
    tx: Transaction,
    workspace_id: WorkspaceId,
    actor: UserId,
    decided: Sequence[TopUp],
    now: datetime,
) -> list[Item]:
    """Reverse what approvals of these locked requests granted, and open those where that goes.

    Their entries are locked before the accounts: whoever reverses one of them meanwhile has
    written its row, which needs the entry's, before it asks for an account.
    """
    made = [EntryId(one.entry_id) for one in decided if one.entry_id is not None]
    reopening.lock_entries(tx, workspace_id, made)
    recorded = {one.entry_id: one for one in entries.entries(tx, workspace_id, made)}
    touched = sorted(
        {
            end
            for entry in recorded.values()
            for posting in entry.postings
            for end in (posting.source, posting.destination)
        }
        - UNCACHED
    )
    allowance_turns.lock_accounts(tx, workspace_id, touched)
    due = accounts.due_of(tx, workspace_id, touched, now)
    if due:
        raise AccountsDue(workspace_id, due)
    person = directory.member(tx, workspace_id, actor)
    back = _Back(
        by=person,
        recorded=recorded,
        expired=expired_lots.of_each(tx, workspace_id, made),
        left=accounts.available_of(tx, workspace_id, touched),
        now=now,
    )
    items = [back.take(topup) for topup in decided]
    _reverse(tx, workspace_id, back.wishes)
    opened = [
        topup for topup, item in zip(decided, items, strict=True) if item.verdict is Verdict.UNDONE
    ]
    if reopening.reopen(tx, workspace_id, opened, actor=actor, now=now) != len(opened):
        raise LookupError("a request that was locked and decided is not as it was")
    return items


def _reverse(tx: Transaction, workspace_id: WorkspaceId, wishes: Sequence[Entry]) -> None:
    """Their pools' budgets are told of all at once: a look for each would be most of the work."""
    if wishes:
        postings = tuple(posting for wish in wishes for posting in wish.postings)
        budgets.count(tx, workspace_id, replace(wishes[0], postings=postings))
    for wish in wishes:
        ledger.record(tx, workspace_id, wish, is_counted=True)


@dataclass(kw_only=True)
class _Back:
    """What comes back, one request after the other, of accounts that are locked."""

    by: Member
    recorded: Mapping[EntryId, RecordedEntry]
    expired: Mapping[EntryId, Mapping[AccountId, int]]
    #: What the accounts have, less what was taken back of them so far.
    left: dict[AccountId, int]
    now: datetime
    wishes: list[Entry] = field(default_factory=list)

    def take(self, topup: TopUp) -> Item:
        """What becomes of the next."""
        account = member_account(topup.requester)
        left = self.left.get(account, 0)
        item = Item(
            topup_id=topup.topup_id,
            verdict=Verdict.UNDONE,
            requester=topup.requester,
            tokens=topup.tokens if topup.decided_tokens is None else topup.decided_tokens,
            entry_id=topup.entry_id,
            available=left,
        )
        if topup.entry_id is None:
            return item
        entry = self.recorded[topup.entry_id]
        if entry.reversed_by is not None:
            return replace(item, verdict=Verdict.CHANGED)
        wish = self._wish(entry)
        tokens = sum(posting.tokens for posting in wish.postings) if wish else 0
        if wish is None or tokens > left:
            return replace(item, verdict=Verdict.SPENT)
        self.left[account] = left - tokens
        self.wishes.append(wish)
        return item

    def _wish(self, entry: RecordedEntry) -> Entry | None:
        """The reversal, less what has expired; None where that is all of it."""
        expired = self.expired.get(entry.entry_id, {})
        key = IdempotencyKey(f"undo:{entry.entry_id}")
        try:
            return rules.undo(self.by, entry, expired=expired, key=key, now=self.now)
        except NothingLeft:
            return None


def _tell(
    tx: Transaction, workspace_id: WorkspaceId, opened: Sequence[TopUp], now: datetime
) -> None:
    """Have those messages changed in which the requesters were told of the decision.

    One that is yet to be sent says nothing any more.
    """
    told = reopening.told(tx, workspace_id, [one.topup_id for one in opened])
    for topup in opened:
        if topup.topup_id in told:
            reopened = TopUpReopened(
                recipient=topup.requester,
                topup_id=topup.topup_id,
                message=told[topup.topup_id],
            )
            outbox.add(tx, workspace_id, reopened, now)
