"""Workspaces that let go of the bot, while they have not taken it back."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import DepartureRow, OutboxRow, table

_departure = table(DepartureRow)
_outbox = table(OutboxRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Since when nothing is sent to a workspace, and what told us so."""

    workspace_id: WorkspaceId
    left_at: datetime
    why: str


def begin(tx: Transaction, departure: Departure) -> bool:
    """False where it had left before: the first word of it stays written."""
    added = tx.connection.execute(
        upsert.insert(tx)(_departure)
        .values(workspace_id=departure.workspace_id, left_at=departure.left_at, why=departure.why)
        .on_conflict_do_nothing()
        .returning(_departure.c.workspace_id)
    )
    return added.first() is not None


def end(tx: Transaction, workspace_id: WorkspaceId) -> Departure | None:
    """It took the bot back; the departure that is over, if it had left."""
    gone = (
        tx.connection.execute(
            sa.delete(_departure)
            .where(_departure.c.workspace_id == workspace_id)
            .returning(*_departure.c)
        )
        .mappings()
        .one_or_none()
    )
    return Departure(**gone) if gone else None


def every(tx: Transaction) -> list[Departure]:
    """All that have left, by id."""
    rows = tx.connection.execute(sa.select(_departure).order_by(_departure.c.workspace_id))
    return [Departure(**row) for row in rows.mappings()]


def names(tx: Transaction) -> frozenset[WorkspaceId]:
    """The ids of all that have left."""
    found = tx.connection.execute(sa.select(_departure.c.workspace_id))
    return frozenset(WorkspaceId(workspace_id) for workspace_id in found.scalars())


def stale(now: datetime) -> sa.Select[str, str]:
    """Notices that waited for such a workspace past their time."""
    return sa.select(_outbox.c.workspace_id, _outbox.c.notice_id).where(
        _outbox.c.workspace_id.in_(sa.select(_departure.c.workspace_id)),
        _outbox.c.state == sa.literal_column("'waiting'"),
        _outbox.c.good_until < now,
    )


def end_stale(tx: Transaction, *, now: datetime, limit: int, error: str) -> int:
    """End some of what waits for them past its time; how many."""
    some = stale(now).order_by(_outbox.c.workspace_id, _outbox.c.notice_id).limit(limit)
    ended = tx.connection.execute(
        sa.update(_outbox)
        .where(sa.tuple_(_outbox.c.workspace_id, _outbox.c.notice_id).in_(some))
        .values(state="stale", ended_at=now, error=error, leased_until=None)
    )
    return ended.rowcount


def waiting(tx: Transaction, workspace_id: WorkspaceId) -> int:
    """How many notices wait for it to come back."""
    return tx.connection.execute(
        sa.select(sa.func.count()).where(
            _outbox.c.workspace_id == workspace_id,
            _outbox.c.state == sa.literal_column("'waiting'"),
        )
    ).scalar_one()
