"""Slack's events that have had their effect: each is let through once."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage.database import Transaction
from bot.storage.statements import Statement
from bot.storage.tables import SeenEventRow, table

_seen = table(SeenEventRow)

#: So many at a time, so that nobody waits long behind them.
_FORGET_MAX = 5_000

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
    """Forget the oldest events that Slack can't send again, up to a limit; how many went."""
    old = (
        sa.select(_seen.c.workspace_id, _seen.c.event_id)
        .where(_seen.c.seen_at < before)
        .order_by(_seen.c.seen_at)
        .limit(_FORGET_MAX)
    )
    gone = tx.connection.execute(
        sa.delete(_seen).where(sa.tuple_(_seen.c.workspace_id, _seen.c.event_id).in_(old))
    )
    return gone.rowcount
