"""Taking an entry back: an approver's reversal, and the undo of one's own within a minute."""

from dataclasses import replace
from datetime import datetime

from bot.domain import ledger as books
from bot.domain import notes
from bot.domain import reversals as rules
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.ledger import AccountKind, EntryId, IdempotencyKey, Receipt, RecordedEntry
from bot.domain.notices import EntryReversed
from bot.domain.refusals import (
    AlreadyReversed,
    EntryAmbiguous,
    EntryUnknown,
    NotEnoughTokens,
    Overdraft,
    Refusal,
    ReversalOverdraws,
    UndoSpent,
)
from bot.services import approvers, dues, replays
from bot.storage import accounts, directory, entries, ledger, lots, outbox, teams
from bot.storage.database import Database, Transaction

_TYPED_MIN = 8


@dues.settled_first
def reverse(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    typed_id: str,
    note: str,
    is_confirmed: bool,
    key: IdempotencyKey,
    now: datetime,
) -> Receipt:
    """Take an entry back by its id or the end of it.

    What has expired of it since is not taken back: `NothingLeft` where that is all. Raises
    `ReversalOverdraws` where it would leave somebody below zero and that was not confirmed.
    """
    note = notes.clean(note)
    try:
        with database.writing() as tx:
            entry = _find(tx, workspace_id, typed_id)
            touched = books.members_of(entry.postings)
            people = directory.members(tx, workspace_id, [actor, *touched])
            wish = rules.reversal(
                people[actor],
                people,
                entry,
                expired=lots.expired_of(tx, workspace_id, entry.entry_id),
                is_only_approver=approvers.is_only_one(tx, workspace_id, actor),
                may_overdraw=is_confirmed,
                note=note,
                key=key,
                now=now,
            )
            receipt = ledger.record(tx, workspace_id, wish)
            _tell(tx, workspace_id, receipt, entry, now)
            return _with_teams(tx, workspace_id, receipt)
    except NotEnoughTokens as short:
        raise _overdraws(database, workspace_id, typed_id, note) or short from None
    except Refusal as refusal:
        return _heard_before(database, workspace_id, refusal, actor=actor, key=key)


@dues.settled_first
def undo(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    entry_id: EntryId,
    key: IdempotencyKey,
    now: datetime,
) -> Receipt:
    """Take back what one has just granted or sent, while the recipients still have it."""
    try:
        with database.writing() as tx:
            entry = _find(tx, workspace_id, entry_id)
            person = directory.member(tx, workspace_id, actor)
            expired = lots.expired_of(tx, workspace_id, entry.entry_id)
            wish = rules.undo(person, entry, expired=expired, key=key, now=now)
            receipt = ledger.record(tx, workspace_id, wish)
            _tell(tx, workspace_id, receipt, entry, now)
            return _with_teams(tx, workspace_id, receipt)
    except NotEnoughTokens as short:
        raise UndoSpent(entry_id, short.user_id) from None
    except Refusal as refusal:
        return _heard_before(database, workspace_id, refusal, actor=actor, key=key)


def _heard_before(
    database: Database,
    workspace_id: WorkspaceId,
    refusal: Refusal,
    *,
    actor: UserId,
    key: IdempotencyKey,
) -> Receipt:
    """The receipt of what this key took back before, else the refusal, raised."""
    receipt = replays.receipt_or(database, workspace_id, refusal, actor=actor, key=key)
    with database.reading() as tx:
        return _with_teams(tx, workspace_id, receipt)


def _with_teams(tx: Transaction, workspace_id: WorkspaceId, receipt: Receipt) -> Receipt:
    """With the names of the pools it touched; people never see an account's id."""
    pools = {
        end: TeamId(books.account_owner(end))
        for posting in receipt.postings
        for end in (posting.source, posting.destination)
        if books.account_kind(end) is AccountKind.POOL
    }
    if not pools:
        return receipt
    found = teams.teams(tx, workspace_id, list(pools.values()))
    return replace(receipt, teams={pool: found[team_id].name for pool, team_id in pools.items()})


def _find(tx: Transaction, workspace_id: WorkspaceId, typed: str) -> RecordedEntry:
    wanted = typed.strip().strip("`").lower()
    if len(wanted) < _TYPED_MIN or not set(wanted) <= set("0123456789abcdef-"):
        raise EntryUnknown(typed)
    found = entries.ending_in(tx, workspace_id, wanted)
    if not found:
        raise EntryUnknown(typed)
    if len(found) > 1:
        raise EntryAmbiguous(typed, tuple(found))
    return entries.entries(tx, workspace_id, found)[0]


def _tell(
    tx: Transaction,
    workspace_id: WorkspaceId,
    receipt: Receipt,
    entry: RecordedEntry,
    now: datetime,
) -> None:
    """Tell everyone whose tokens moved, but not the one who moved them."""
    if not receipt.is_new:
        return
    for account, change in books.net_changes(receipt.postings):
        user_id = UserId(books.account_owner(account))
        if books.account_kind(account) is not AccountKind.MEMBER or user_id == receipt.actor:
            continue
        notice = EntryReversed(
            recipient=user_id,
            actor=receipt.actor,
            entry_id=entry.entry_id,
            reversal_id=receipt.entry_id,
            change=change,
            note=receipt.note,
        )
        outbox.add(tx, workspace_id, notice, now)


def _overdraws(
    database: Database, workspace_id: WorkspaceId, typed_id: str, note: str
) -> ReversalOverdraws | AlreadyReversed | None:
    """Whom the reversal would take below zero, and how far; None where a credit came meanwhile."""
    with database.snapshot() as tx:
        entry = _find(tx, workspace_id, typed_id)
        if entry.reversed_by is not None:
            return AlreadyReversed(entry.entry_id, entry.reversed_by)
        expired = lots.expired_of(tx, workspace_id, entry.entry_id)
        changes = books.net_changes(rules.taking_back(entry, expired))
        after = [
            Overdraft(UserId(books.account_owner(account)), left)
            for account, change in changes
            if books.account_kind(account) is AccountKind.MEMBER
            and (left := accounts.available(tx, workspace_id, account) + change) < 0
        ]
    return ReversalOverdraws(entry.entry_id, note, tuple(after)) if after else None
