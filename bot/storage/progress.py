"""How far jobs have read that read on where they stopped."""

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import ProgressRow, table

_progress = table(ProgressRow)


def advance(tx: Transaction, workspace_id: WorkspaceId, job: str, position: str) -> None:
    """Read on from here; never from before where it was read to."""
    statement = upsert.insert(tx)(_progress).values(
        workspace_id=workspace_id, job=job, position=position
    )
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "job"],
            set_={"position": statement.excluded.position},
            where=_progress.c.position < statement.excluded.position,
        )
    )


def position(tx: Transaction, workspace_id: WorkspaceId, job: str) -> str | None:
    """How far the job has come; None before it began."""
    return tx.connection.execute(
        sa.select(_progress.c.position).where(
            _progress.c.workspace_id == workspace_id, _progress.c.job == job
        )
    ).scalar_one_or_none()


def swap(
    tx: Transaction, workspace_id: WorkspaceId, job: str, *, before: str | None, after: str
) -> bool:
    """Put the job elsewhere, unless another worker did so meanwhile; whether that was done."""
    if before is None:
        fresh = upsert.insert(tx)(_progress).values(
            workspace_id=workspace_id, job=job, position=after
        )
        added = tx.connection.execute(
            fresh.on_conflict_do_nothing().returning(_progress.c.position)
        )
        return added.scalar_one_or_none() is not None
    moved = tx.connection.execute(
        sa.update(_progress)
        .where(
            _progress.c.workspace_id == workspace_id,
            _progress.c.job == job,
            _progress.c.position == before,
        )
        .values(position=after)
    )
    return moved.rowcount == 1
