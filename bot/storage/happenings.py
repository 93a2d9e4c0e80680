"""The newest entries and notices, by the end of their ids."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.happenings import OwedNotice
from bot.domain.ledger import EntryId
from bot.domain.notices import NoticeId
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.tables import EntryRow, OutboxRow, table

_entry = table(EntryRow)
_outbox = table(OutboxRow)


def entry_ids(
    tx: Transaction, workspace_id: WorkspaceId, *, since: datetime, limit: int
) -> list[EntryId]:
    """The newest entries made since then, as many as fit."""
    found = tx.connection.execute(
        sa.select(_entry.c.entry_id)
        .where(_entry.c.workspace_id == workspace_id, _entry.c.entry_id >= ids.first_at(since))
        .order_by(_entry.c.entry_id.desc())
        .limit(limit)
    ).scalars()
    return [EntryId(one) for one in found]


def notices(
    tx: Transaction,
    workspace_id: WorkspaceId,
    *,
    since: datetime,
    also: Collection[NoticeId],
    limit: int,
) -> list[OwedNotice]:
    """The newest notices owed since then, and those that are named; the oldest first."""
    names = tuple(OwedNotice.__dataclass_fields__)
    newest = (_outbox.c.notice_id >= ids.first_at(since)) | _outbox.c.notice_id.in_(also)
    rows = tx.connection.execute(
        sa.select(*(_outbox.c[name] for name in names))
        .where(_outbox.c.workspace_id == workspace_id, newest)
        .order_by(_outbox.c.notice_id.desc())
        .limit(limit)
    ).mappings()
    return [OwedNotice(**row) for row in rows][::-1]
