"""The audit table: what people changed that is no entry. Rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.tables import AuditRow, table

_audit = table(AuditRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Who changed what, from what to what; `actor` is a user id, or `command line`."""

    actor: str
    what: str
    subject: str
    before: str
    after: str


def add(tx: Transaction, workspace_id: WorkspaceId, change: Change, now: datetime) -> None:
    add_all(tx, workspace_id, [change], now)


def add_all(
    tx: Transaction, workspace_id: WorkspaceId, changes: Sequence[Change], now: datetime
) -> None:
    """Several that were made together."""
    rows = [
        {
            "workspace_id": workspace_id,
            "audit_id": ids.new(now),
            "at": now,
            "actor": change.actor,
            "what": change.what,
            "subject": change.subject,
            "before": change.before,
            "after": change.after,
        }
        for change in changes
    ]
    if rows:
        tx.connection.execute(sa.insert(_audit), rows)


def changes(tx: Transaction, workspace_id: WorkspaceId) -> list[Change]:
    """All changes, oldest first."""
    rows = tx.connection.execute(
        sa.select(_audit).where(_audit.c.workspace_id == workspace_id).order_by(_audit.c.audit_id)
    ).mappings()
    return [Change(**{name: row[name] for name in Change.__dataclass_fields__}) for row in rows]
