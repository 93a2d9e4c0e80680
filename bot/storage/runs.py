"""The rows that say a job was done for a subject and a period."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import RunRow, table

_run = table(RunRow)


def claim(
    tx: Transaction,
    workspace_id: WorkspaceId,
    *,
    job: str,
    subjects: Sequence[str],
    period: str,
    now: datetime,
) -> set[str]:
    """Those subjects for which nobody did the job yet: it is ours, if this transaction commits.

    The primary key makes it once: another that claims the same waits for our end, and then finds
    the row.
    """
    rows = [
        {
            "workspace_id": workspace_id,
            "job": job,
            "subject": subject,
            "period": period,
            "done_at": now,
        }
        for subject in sorted(subjects)  # the one order of locks
    ]
    if not rows:
        return set()
    claimed = tx.connection.execute(
        upsert.insert(tx)(_run).values(rows).on_conflict_do_nothing().returning(_run.c.subject)
    )
    return set(claimed.scalars())


def is_done(columns: sa.FromClause, job: str, subject: sa.ColumnElement[str]) -> sa.Exists:
    """For a query: whether the job without periods was done for the row's subject."""
    return sa.exists().where(
        _run.c.workspace_id == columns.c.workspace_id,
        _run.c.job == job,
        _run.c.subject == subject,
        _run.c.period == "",
    )
