"""Reading the books: entries with their postings, by id, by account, by the end of an id."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain import ledger as rules
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId, EntryId, EntryKind, IdempotencyKey, Posting, RecordedEntry
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.tables import EntryRow, PostingRow, table

_entry = table(EntryRow)
_posting = table(PostingRow)

_ID_LENGTH = 36
_SHORT_ID_FROM = 29  # as in the index entry_short_id


def entry(tx: Transaction, workspace_id: WorkspaceId, entry_id: EntryId) -> RecordedEntry | None:
    """One entry with its postings."""
    found = entries(tx, workspace_id, [entry_id])
    return found[0] if found else None


def by_key(tx: Transaction, workspace_id: WorkspaceId, key: IdempotencyKey) -> RecordedEntry | None:
    """The entry that was recorded for this key."""
    entry_id = tx.connection.execute(
        sa.select(_entry.c.entry_id).where(
            _entry.c.workspace_id == workspace_id, _entry.c.idempotency_key == key
        )
    ).scalar_one_or_none()
    return entry(tx, workspace_id, EntryId(entry_id)) if entry_id else None


def entries(
    tx: Transaction, workspace_id: WorkspaceId, entry_ids: Sequence[EntryId]
) -> list[RecordedEntry]:
    """These entries with all their postings, newest first."""
    return _entries(tx, workspace_id, entry_ids, _postings(tx, workspace_id, entry_ids))


def _entries(
    tx: Transaction,
    workspace_id: WorkspaceId,
    entry_ids: Sequence[EntryId],
    postings: Mapping[EntryId, Sequence[Posting]],
) -> list[RecordedEntry]:
    reversal = _entry.alias("reversal")
    rows = tx.connection.execute(
        sa.select(_entry, reversal.c.entry_id.label("reversed_by"))
        .outerjoin(
            reversal,
            (reversal.c.workspace_id == _entry.c.workspace_id)
            & (reversal.c.reverses == _entry.c.entry_id),
        )
        .where(_entry.c.workspace_id == workspace_id, _entry.c.entry_id.in_(entry_ids))
        .order_by(_entry.c.entry_id.desc())
    ).mappings()
    return [
        RecordedEntry(
            entry_id=row["entry_id"],
            kind=EntryKind(row["kind"]),
            actor=row["actor"],
            postings=tuple(postings[row["entry_id"]]),
            note=row["note"],
            recorded_at=row["recorded_at"],
            reverses=row["reverses"],
            reversed_by=row["reversed_by"],
            key=row["idempotency_key"],
            is_self_approved=bool(row["is_self_approved"]),
        )
        for row in rows
    ]


def page(
    tx: Transaction,
    workspace_id: WorkspaceId,
    account: AccountId,
    *,
    before: EntryId | None,
    limit: int,
) -> list[RecordedEntry]:
    """Entries that touch the account, newest first, older than `before`.

    With their postings that do: an entry of usage has some for many people, each their own.
    """
    ends = [
        sa.select(_posting.c.entry_id)
        .where(
            _posting.c.workspace_id == workspace_id,
            end == account,
            *([_posting.c.entry_id < before] if before else []),
        )
        .order_by(_posting.c.entry_id.desc())
        .limit(limit)
        .subquery()
        for end in (_posting.c.source, _posting.c.destination)
    ]
    newest = sa.union(*(sa.select(end.c.entry_id) for end in ends)).subquery()
    found = tx.connection.execute(
        sa.select(newest.c.entry_id).order_by(newest.c.entry_id.desc()).limit(limit)
    ).scalars()
    found_ids = list(found)
    its_own = (_posting.c.source == account) | (_posting.c.destination == account)
    return _entries(tx, workspace_id, found_ids, _postings(tx, workspace_id, found_ids, its_own))


def ending_in(tx: Transaction, workspace_id: WorkspaceId, typed: str) -> list[EntryId]:
    """Entries whose id ends in what was typed, which is at least a short id."""
    short = typed[_SHORT_ID_FROM - 1 - _ID_LENGTH :]
    rows = tx.connection.execute(
        sa.select(_entry.c.entry_id)
        .where(
            _entry.c.workspace_id == workspace_id,
            sa.func.substr(_entry.c.entry_id, sa.literal_column(str(_SHORT_ID_FROM))) == short,
        )
        .order_by(_entry.c.entry_id.desc())
        .limit(10)
    ).scalars()
    return [EntryId(found) for found in rows if found.endswith(typed)]


def flow(
    tx: Transaction,
    workspace_id: WorkspaceId,
    account: AccountId,
    *,
    since: datetime,
) -> tuple[int, int]:
    """Tokens that came into the account and that were consumed from it since then."""
    recent = (
        _posting.c.workspace_id == workspace_id,
        _posting.c.entry_id >= ids.first_at(since),
    )
    total = sa.func.coalesce(sa.func.sum(_posting.c.tokens), 0)
    got = sa.select(total).where(*recent, _posting.c.destination == account).scalar_subquery()
    used = (
        sa.select(total)
        .where(*recent, _posting.c.source == account, _posting.c.destination == rules.CONSUMED)
        .scalar_subquery()
    )
    row = tx.connection.execute(sa.select(got, used)).one()
    return int(row[0]), int(row[1])


def _postings(
    tx: Transaction,
    workspace_id: WorkspaceId,
    entry_ids: Sequence[EntryId],
    *which: sa.ColumnElement[bool],
) -> dict[EntryId, list[Posting]]:
    rows = tx.connection.execute(
        sa.select(_posting)
        .where(_posting.c.workspace_id == workspace_id, _posting.c.entry_id.in_(entry_ids), *which)
        .order_by(_posting.c.entry_id, _posting.c.position)
    ).mappings()
    found: dict[EntryId, list[Posting]] = {entry_id: [] for entry_id in entry_ids}
    for row in rows:
        found[row["entry_id"]].append(Posting(row["source"], row["destination"], row["tokens"]))
    return found
