"""Figures that grow since their sender began: the last value of each, so that gains are known."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.telemetry import Last, Point
from bot.storage.database import Transaction
from bot.storage.statements import Bulk, Given, Statement, among, insert_given
from bot.storage.tables import SeriesRow, WorkspaceRow, table

_series = table(SeriesRow)
_workspace = table(WorkspaceRow)

#: Before any point: nothing was counted, and every time is later.
_NEVER_NS = -1


def _open(given: Given, insert: Any) -> sa.ClauseElement:
    opened: sa.ClauseElement = insert_given(_series, given, insert).on_conflict_do_nothing()
    return opened


OPEN = Bulk(
    _series, ("workspace_id", "series_id", "started_ns", "last_ns", "value", "seen_at"), _open
)
HELD = Statement(
    lambda insert: (
        sa.select(_series.c.series_id, _series.c.last_ns, _series.c.value)
        .where(
            _series.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            among(_series.c.series_id, "ids", insert),
        )
        .order_by(_series.c.series_id)
        .with_for_update()
    )
)
MOVE = Bulk(
    _series,
    ("workspace_id", "series_id", "last_ns", "value", "seen_at"),
    lambda given, _insert: (
        sa.update(_series)
        .where(
            _series.c.workspace_id == given["workspace_id"],
            _series.c.series_id == given["series_id"],
        )
        .values({name: given[name] for name in ("last_ns", "value", "seen_at")})
    ),
)


def hold(
    tx: Transaction, workspace_id: WorkspaceId, points: Sequence[Point], now: datetime
) -> dict[str, Last]:
    """The last of each of these points' series, which nobody else can move before the commit.

    So what is charged for the next ones and `put` have to be in that commit too.
    """
    if not points:
        return {}
    started = {point.series_id: point.started_ns for point in points}
    ids = sorted(started)  # the one order of locks
    tx.bulk(OPEN, [(workspace_id, one, started[one], _NEVER_NS, 0, now) for one in ids])
    found = tx.fetch(HELD, {"workspace_id": workspace_id, "ids": tuple(ids)})
    return {series_id: Last(at_ns, value) for series_id, at_ns, value in found}


def put(
    tx: Transaction, workspace_id: WorkspaceId, lasts: Mapping[str, Last], now: datetime
) -> None:
    """Note these as the last of their series, which `hold` has found."""
    tx.bulk(
        MOVE,
        [(workspace_id, one, last.at_ns, last.value, now) for one, last in sorted(lasts.items())],
    )


def old(before: datetime) -> sa.Select[tuple[str]]:
    """The workspace of a series that was not heard of since then."""
    return sa.select(_series.c.workspace_id).where(
        _series.c.workspace_id == _workspace.c.workspace_id, _series.c.seen_at < before
    )


def forget(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Delete so many of those that were not heard of since then; how many there were."""
    some = (
        sa.select(_series.c.workspace_id, _series.c.series_id)
        .join(_workspace, _workspace.c.workspace_id == _series.c.workspace_id)
        .where(_series.c.seen_at < before)
        .limit(limit)
    )
    key = sa.tuple_(_series.c.workspace_id, _series.c.series_id)
    return tx.connection.execute(sa.delete(_series).where(key.in_(some))).rowcount
