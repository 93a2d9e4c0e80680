"""What happened on a member's account, newest first."""

from bot.domain import due_keys, permission
from bot.domain import ledger as books
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.history import Line, Page
from bot.domain.ledger import AccountKind, EntryId, EntryKind, RecordedEntry
from bot.domain.roles import Deed
from bot.storage import directory, entries
from bot.storage.database import Database

#: Lines that one message shows.
PAGE_LENGTH = 8


def page(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: UserId,
    before: EntryId | None = None,
    length: int = PAGE_LENGTH,
) -> Page:
    """Entries on the subject's account, older than `before`. Raises `NotAllowed`."""
    account = books.member_account(subject)
    with database.snapshot() as tx:
        who, person = directory.pair(tx, workspace_id, viewer, subject)
        permission.require(who, Deed.SEE_HISTORY, person)
        found = entries.page(tx, workspace_id, account, before=before, limit=length + 1)
    shown = found[:length]
    return Page(
        viewer=who,
        subject=subject,
        lines=tuple(_line(entry, account) for entry in shown),
        older=shown[-1].entry_id if len(found) > length else None,
        is_newest=before is None,
    )


def _line(entry: RecordedEntry, account: books.AccountId) -> Line:
    change = dict(books.net_changes(entry.postings)).get(account, 0)
    ends = [
        posting.destination if posting.source == account else posting.source
        for posting in entry.postings
        if account in {posting.source, posting.destination}
    ]
    others = [end for end in ends if books.account_kind(end) is AccountKind.MEMBER]
    is_allowance = entry.kind is EntryKind.ALLOWANCE
    return Line(
        entry_id=entry.entry_id,
        kind=entry.kind,
        recorded_at=entry.recorded_at,
        change=change,
        actor=entry.actor,
        counterparty=UserId(books.account_owner(others[0])) if others else None,
        note=entry.note,
        is_reversed=entry.reversed_by is not None,
        reverses=entry.reverses,
        is_self_approved=entry.is_self_approved,
        period_on=due_keys.day_of_credit(entry.key) if is_allowance else None,
        expired=sum(p.tokens for p in entry.postings if p.destination == books.EXPIRED)
        if is_allowance
        else 0,
        repaid=sum(
            p.tokens
            for p in entry.postings
            if p.source == account and p.destination != books.EXPIRED
        )
        if is_allowance
        else 0,
    )
