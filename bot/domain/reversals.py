"""The rule of a reversal: an entry taken back whole, once, by swapping its ends."""

from collections.abc import Mapping
from datetime import datetime

from bot.domain import permission
from bot.domain.directory import Member, UserId
from bot.domain.ledger import (
    REVERSIBLE,
    UNDO_WINDOW,
    Entry,
    EntryKind,
    IdempotencyKey,
    RecordedEntry,
    member_account,
    members_of,
    net_changes,
    swapped,
)
from bot.domain.refusals import NotAllowed, NotReversible, SelfGrant, UndoTooLate
from bot.domain.roles import Deed


def reversal(
    actor: Member,
    people: Mapping[UserId, Member],
    entry: RecordedEntry,
    *,
    is_only_approver: bool,
    may_overdraw: bool,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Entry:
    """By an approver of everyone whose account it touches.

    Raises `NotAllowed`, `NotReversible`, and `SelfGrant` when it would bring tokens back to the
    actor's own account.
    """
    permission.require_for_someone(actor, Deed.REVERSE)
    if entry.kind not in REVERSIBLE:
        raise NotReversible(entry.entry_id, entry.kind)
    for user_id in members_of(entry.postings):
        permission.require(actor, Deed.REVERSE, people[user_id])
    gain = dict(net_changes(swapped(entry.postings))).get(member_account(actor.user_id), 0)
    if gain > 0 and not is_only_approver:
        raise SelfGrant(Deed.REVERSE)
    return Entry(
        kind=EntryKind.REVERSAL,
        actor=actor.user_id,
        postings=swapped(entry.postings),
        note=note,
        key=key,
        now=now,
        reverses=entry.entry_id,
        is_self_approved=gain > 0,
        may_overdraw=may_overdraw,
    )


def undo(actor: Member, entry: RecordedEntry, *, key: IdempotencyKey, now: datetime) -> Entry:
    """By the one who made the entry, within a minute, of what the recipients still have.

    Raises `NotAllowed`, `NotReversible`, `UndoTooLate`.
    """
    if entry.actor != actor.user_id:
        raise NotAllowed(Deed.REVERSE)
    if entry.kind not in {EntryKind.GRANT, EntryKind.TRANSFER}:
        raise NotReversible(entry.entry_id, entry.kind)
    if now - entry.recorded_at > UNDO_WINDOW:
        raise UndoTooLate(entry.entry_id, int(UNDO_WINDOW.total_seconds()))
    return Entry(
        kind=EntryKind.REVERSAL,
        actor=actor.user_id,
        postings=swapped(entry.postings),
        note="undone",
        key=key,
        now=now,
        reverses=entry.entry_id,
    )
