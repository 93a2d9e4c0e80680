"""Jobs that were done for a subject and a period: each once, whoever does it."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import RunRow, table

_run = table(RunRow)

#: A subject and a period.
Key = tuple[str, str]


def claim(
    tx: Transaction, workspace_id: WorkspaceId, job: str, keys: Iterable[Key], now: datetime
) -> set[Key]:
    """Mark these as done, with the commit of their effect; those that were not done before."""
    rows = [
        {"workspace_id": workspace_id, "job": job, "subject": s, "period": p, "done_at": now}
        for s, p in sorted(set(keys))  # the one order of locks
    ]
    if not rows:
        return set()
    claimed = tx.connection.execute(
        upsert.insert(tx)(_run).on_conflict_do_nothing().returning(_run.c.subject, _run.c.period),
        rows,
    )
    return {(subject, period) for subject, period in claimed}


def done(tx: Transaction, workspace_id: WorkspaceId, job: str, subjects: Iterable[str]) -> set[Key]:
    """What was done for these subjects, in any period."""
    found = tx.connection.execute(
        sa.select(_run.c.subject, _run.c.period).where(
            _run.c.workspace_id == workspace_id,
            _run.c.job == job,
            _run.c.subject.in_(sorted(set(subjects))),
        )
    )
    return {(subject, period) for subject, period in found}


def is_done(columns: sa.FromClause, job: str, subject: sa.ColumnElement[str]) -> sa.Exists:
    """For a query: whether the job without periods was done for the row's subject."""
    return sa.exists().where(
        _run.c.workspace_id == columns.c.workspace_id,
        _run.c.job == job,
        _run.c.subject == subject,
        _run.c.period == "",
    )


def claim_one(
    tx: Transaction,
    workspace_id: WorkspaceId,
    *,
    job: str,
    subject: str,
    period: str,
    now: datetime,
) -> bool:
    """Whether the job is this caller's to do; it is done with the same commit, or not at all."""
    return bool(claim(tx, workspace_id, job, [(subject, period)], now))


def last(
    tx: Transaction, workspace_id: WorkspaceId, job: str, subject: str
) -> tuple[str, datetime] | None:
    """The latest period in which the job was done for the subject, and when."""
    row = tx.connection.execute(
        sa.select(_run.c.period, _run.c.done_at)
        .where(_run.c.workspace_id == workspace_id, _run.c.job == job, _run.c.subject == subject)
        .order_by(_run.c.period.desc())
        .limit(1)
    ).one_or_none()
    return (row.period, row.done_at) if row else None


def put_only(tx: Transaction, workspace_id: WorkspaceId, job: str, key: Key, now: datetime) -> None:
    """Mark it as done in this period, and in no other: of some jobs only the latest counts."""
    subject, period = key
    tx.connection.execute(
        sa.delete(_run).where(
            _run.c.workspace_id == workspace_id,
            _run.c.job == job,
            _run.c.subject == subject,
            _run.c.period != period,
        )
    )
    tx.connection.execute(
        upsert.insert(tx)(_run)
        .values(workspace_id=workspace_id, job=job, subject=subject, period=period, done_at=now)
        .on_conflict_do_update(
            index_elements=["workspace_id", "job", "subject", "period"], set_={"done_at": now}
        )
    )


def claim_all(
    tx: Transaction,
    workspace_id: WorkspaceId,
    *,
    job: str,
    subjects: Iterable[str],
    period: str,
    now: datetime,
) -> list[str]:
    """The same for many subjects at once: those that nobody had."""
    mine = claim(tx, workspace_id, job, [(subject, period) for subject in subjects], now)
    return sorted(subject for subject, _ in mine)
