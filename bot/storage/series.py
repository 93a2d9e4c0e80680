"""Figures that grow since their sender began: the last value of each, so that gains are known."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.telemetry import Last, Point
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import SeriesRow, table

_series = table(SeriesRow)

#: Before any point: nothing was counted, and every time is later.
_NEVER_NS = -1


def hold(
    tx: Transaction, workspace_id: WorkspaceId, points: Sequence[Point], now: datetime
) -> dict[str, Last]:
    """The last of each of these points' series, which nobody else can move before the commit.

    So what is charged for the next ones and `put` have to be in that commit too.
    """
    if not points:
        return {}
    started = {point.series_id: point.started_ns for point in points}
    rows = [
        {
            "workspace_id": workspace_id,
            "series_id": series_id,
            "started_ns": started[series_id],
            "last_ns": _NEVER_NS,
            "value": 0,
            "seen_at": now,
        }
        for series_id in sorted(started)  # the one order of locks
    ]
    tx.connection.execute(upsert.insert(tx)(_series).on_conflict_do_nothing(), rows)
    held = (
        sa.select(_series.c.series_id, _series.c.last_ns, _series.c.value)
        .where(_series.c.workspace_id == workspace_id, _series.c.series_id.in_(sorted(started)))
        .order_by(_series.c.series_id)
        .with_for_update()
    )
    found = tx.connection.execute(held)
    return {row.series_id: Last(row.last_ns, row.value) for row in found}


def put(
    tx: Transaction, workspace_id: WorkspaceId, lasts: Mapping[str, Last], now: datetime
) -> None:
    """Note these as the last of their series, which `hold` has found."""
    if not lasts:
        return
    moved = (
        sa.update(_series)
        .where(
            _series.c.workspace_id == workspace_id,
            _series.c.series_id == sa.bindparam("of_series"),
        )
        .values(last_ns=sa.bindparam("at"), value=sa.bindparam("now_at"), seen_at=now)
    )
    tx.connection.execute(
        moved,
        [
            {"of_series": series_id, "at": last.at_ns, "now_at": last.value}
            for series_id, last in sorted(lasts.items())
        ],
    )
