"""Which signal of an agent's session is counted: the first that comes keeps it."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.telemetry import Signal
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import SignalRow, WorkspaceRow, table

_signal = table(SignalRow)
_workspace = table(WorkspaceRow)

#: How exactly a row says when its session was last heard of, so that it is seldom written.
_SEEN_EXACTNESS = timedelta(days=1)


def known(
    tx: Transaction, workspace_id: WorkspaceId, sessions: Collection[str], now: datetime
) -> dict[str, Signal]:
    """The signal of each of these sessions that has one and was heard of within a day."""
    found = tx.connection.execute(
        sa.select(_signal.c.session_key, _signal.c.signal).where(
            *_among(workspace_id, sessions), _signal.c.seen_at > now - _SEEN_EXACTNESS
        )
    )
    return {row.session_key: Signal(row.signal) for row in found}


def claim(
    tx: Transaction,
    workspace_id: WorkspaceId,
    sessions: Collection[str],
    *,
    signal: Signal,
    now: datetime,
) -> dict[str, Signal]:
    """The signal of each of these sessions: this one where none had come before."""
    rows = [
        {"workspace_id": workspace_id, "session_key": key, "signal": signal.value, "seen_at": now}
        for key in sorted(sessions)  # the one order of locks
    ]
    if not rows:
        return {}
    keys = ["workspace_id", "session_key"]
    insert = upsert.insert(tx)(_signal)
    seen = {"seen_at": insert.excluded.seen_at}
    tx.connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=seen), rows)
    found = tx.connection.execute(
        sa.select(_signal.c.session_key, _signal.c.signal).where(*_among(workspace_id, sessions))
    )
    return {row.session_key: Signal(row.signal) for row in found}


def old(before: datetime) -> sa.Select[tuple[str]]:
    """The workspace of a session that was not heard of since then."""
    return sa.select(_signal.c.workspace_id).where(
        _signal.c.workspace_id == _workspace.c.workspace_id, _signal.c.seen_at < before
    )


def forget(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Delete so many of those that were not heard of since then; how many there were."""
    some = (
        sa.select(_signal.c.workspace_id, _signal.c.session_key)
        .join(_workspace, _workspace.c.workspace_id == _signal.c.workspace_id)
        .where(_signal.c.seen_at < before)
        .limit(limit)
    )
    key = sa.tuple_(_signal.c.workspace_id, _signal.c.session_key)
    return tx.connection.execute(sa.delete(_signal).where(key.in_(some))).rowcount


def _among(
    workspace_id: WorkspaceId, sessions: Collection[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _signal.c.workspace_id == workspace_id,
        _signal.c.session_key.in_(sorted(sessions)),
    )
