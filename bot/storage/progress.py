"""How far jobs have read that read on where they stopped."""

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
