"""The rule of a reversal: an entry taken back whole, once, by swapping its ends."""

from collections.abc import Mapping
from datetime import datetime

from bot.domain import permission
from bot.domain.directory import Member, UserId
from bot.domain.ledger import (
    EXPIRED,
    REVERSIBLE,
    UNDO_WINDOW,
    AccountId,
    AccountKind,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    RecordedEntry,
    account_kind,
    member_account,
    members_of,
    net_changes,
    swapped,
)
from bot.domain.refusals import NotAllowed, NothingLeft, NotReversible, SelfGrant, UndoTooLate
from bot.domain.roles import Deed


def taking_back(entry: RecordedEntry, expired: Mapping[AccountId, int]) -> tuple[Posting, ...]:
    """The postings that take an entry back, less what has expired of it since, by account.

    What an allowance's entry let expire stays so, and what it repaid of an advance stays repaid:
    only its credit is taken back. Raises `NothingLeft`.
    """
    credited = [
        posting
        for posting in entry.postings
        if entry.kind is not EntryKind.ALLOWANCE or not _goes_along(posting)
    ]
    left = [
        Posting(posting.source, posting.destination, tokens)
        for posting in credited
        if (tokens := posting.tokens - expired.get(posting.destination, 0)) > 0
    ]
    if not left:
        raise NothingLeft(entry.entry_id)
    return swapped(left)


def _goes_along(posting: Posting) -> bool:
    """Whether a posting of an allowance's entry is another than its credit."""
    is_repaid = account_kind(posting.source) is AccountKind.MEMBER
    return posting.destination == EXPIRED or is_repaid


def reversal(
    actor: Member,
    people: Mapping[UserId, Member],
    entry: RecordedEntry,
    *,
    expired: Mapping[AccountId, int],
    is_only_approver: bool,
    may_overdraw: bool,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Entry:
    """By an approver of everyone whose account it touches.

    Raises `NotAllowed`, `NotReversible`, `NothingLeft`, and `SelfGrant` when it would bring tokens
    back to the actor's own account.
    """
    permission.require_for_someone(actor, Deed.REVERSE)
    if entry.kind not in REVERSIBLE:
        raise NotReversible(entry.entry_id, entry.kind)
    touched = members_of(entry.postings)
    for user_id in touched:
        permission.require(actor, Deed.REVERSE, people[user_id])
    if not touched and not actor.is_admin:  # what fills a pool is an admin's to take back
        raise NotAllowed(Deed.REVERSE)
    postings = taking_back(entry, expired)
    gain = dict(net_changes(postings)).get(member_account(actor.user_id), 0)
    if gain > 0 and not is_only_approver:
        raise SelfGrant(Deed.REVERSE)
    return Entry(
        kind=EntryKind.REVERSAL,
        actor=actor.user_id,
        postings=postings,
        note=note,
        key=key,
        now=now,
        reverses=entry.entry_id,
        is_self_approved=gain > 0,
        may_overdraw=may_overdraw,
    )


def undo(
    actor: Member,
    entry: RecordedEntry,
    *,
    expired: Mapping[AccountId, int],
    key: IdempotencyKey,
    now: datetime,
) -> Entry:
    """By the one who made the entry, within a minute, of what the recipients still have.

    Raises `NotAllowed`, `NotReversible`, `UndoTooLate`.
    """
    if entry.actor != actor.user_id:
        raise NotAllowed(Deed.REVERSE)
    if entry.kind not in {EntryKind.GRANT, EntryKind.TRANSFER, EntryKind.ISSUE}:
        raise NotReversible(entry.entry_id, entry.kind)
    if now - entry.recorded_at > UNDO_WINDOW:
        raise UndoTooLate(entry.entry_id, int(UNDO_WINDOW.total_seconds()))
    return Entry(
        kind=EntryKind.REVERSAL,
        actor=actor.user_id,
        postings=taking_back(entry, expired),
        note="undone",
        key=key,
        now=now,
        reverses=entry.entry_id,
    )
