"""What could not be delivered, and how far admins were told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.moments import as_moment, as_text
from bot.storage.tables import OutboxRow, ProgressRow, WorkspaceRow, table

_outbox, _progress, _workspace = table(OutboxRow), table(ProgressRow), table(WorkspaceRow)
_JOB = "report_dead"
#: Dead, but for reports of that: one that can't be delivered must not lead to another.
_DEAD = (_outbox.c.state == sa.literal_column("'dead'"), _outbox.c.kind != "dead_reported")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreported:
    """A workspace with dead notices that nobody was told of, and until when all were told."""

    workspace_id: WorkspaceId
    told_until: datetime | None


def unreported(tx: Transaction) -> list[Unreported]:
    """All of them, by one query that looks at the last dead notice of each workspace."""
    last_dead = (
        sa.select(sa.func.max(_outbox.c.ended_at))
        .where(_outbox.c.workspace_id == _workspace.c.workspace_id, *_DEAD)
        .scalar_subquery()
    )
    told = sa.and_(_progress.c.workspace_id == _workspace.c.workspace_id, _progress.c.job == _JOB)
    rows = tx.connection.execute(
        sa.select(_workspace.c.workspace_id, last_dead, _progress.c.position).select_from(
            _workspace.outerjoin(_progress, told)
        )
    )
    return [
        Unreported(workspace_id=WorkspaceId(workspace_id), told_until=as_moment(position))
        for workspace_id, died_at, position in rows
        if died_at is not None and as_text(died_at) > (position or "")
    ]


def reasons(tx: Transaction, which: Unreported, *, until: datetime) -> Mapping[str, int]:
    """How many died since the last report and until then, by reason."""
    since = () if which.told_until is None else (_outbox.c.ended_at > which.told_until,)
    rows = tx.connection.execute(
        sa.select(_outbox.c.error, sa.func.count())
        .where(
            _outbox.c.workspace_id == which.workspace_id,
            *_DEAD,
            *since,
            _outbox.c.ended_at <= until,
        )
        .group_by(_outbox.c.error)
        .order_by(sa.func.count().desc(), _outbox.c.error)
    )
    return {row[0]: row[1] for row in rows}


def claim_report(tx: Transaction, which: Unreported, *, until: datetime) -> bool:
    """Whether it is for this database transaction to tell; of two that ask, for one.

    The row moves only from where `which` was read, and whoever comes second waits for the first.
    """
    row = {"workspace_id": which.workspace_id, "job": _JOB, "position": as_text(until)}
    before = "" if which.told_until is None else as_text(which.told_until)
    moved = tx.connection.execute(
        upsert.insert(tx)(_progress)
        .values(row)
        .on_conflict_do_update(
            index_elements=["workspace_id", "job"],
            set_={"position": row["position"]},
            where=_progress.c.position == before,
        )
        .returning(_progress.c.position)
    )
    return moved.first() is not None
