"""Slack's events that have had their effect: each is let through once."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage.database import Transaction
from bot.storage.statements import Statement
from bot.storage.tables import SeenEventRow, table

_seen = table(SeenEventRow)

ADD = Statement(
    lambda insert: (
        insert(_seen)
        .values(
            {
                name: sa.bindparam(name, type_=_seen.c[name].type)
                for name in ("workspace_id", "event_id", "seen_at")
            }
        )
        .on_conflict_do_nothing()
        .returning(_seen.c.event_id)
    )
)


def is_first_time(tx: Transaction, workspace_id: WorkspaceId, event_id: str, now: datetime) -> bool:
    """Mark the event as seen, with the commit of its effect; False if it was before."""
    values = {"workspace_id": workspace_id, "event_id": event_id, "seen_at": now}
    return bool(tx.fetch(ADD, values))


def forget(tx: Transaction, *, before: datetime) -> int:
    """Forget events that Slack can't send again."""
    return tx.connection.execute(sa.delete(_seen).where(_seen.c.seen_at < before)).rowcount
