"""Sources of which nothing is heard, and who was told of that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.silences import REMINDED_AFTER
from bot.domain.sources import KNOWN, LOOKED_AT, SILENT, first_day
from bot.storage.database import Transaction
from bot.storage.tables import RunRow, SourceDayRow, table

_day = table(SourceDayRow)
_run = table(RunRow)

#: Rows of `run`: a source, and since when it is silent; all admins were told, or reminded.
TOLD, REMINDED = "source silent", "source still silent"
#: Rows of `run`: a person who was told, and the silence's key.
TOLD_TO = "source silent, told to"


def untold(now: datetime) -> sa.Select[Any]:
    """The workspaces of known sources that were not heard for a day, and not told of since then.

    Or told of a week ago, and not reminded of since. Whether a source should have been heard is
    for `domain.sources` to say.
    """
    heard = (
        sa.select(
            _day.c.workspace_id,
            _day.c.source,
            sa.func.max(_day.c.last_received_at).label("heard_at"),
        )
        .where(_day.c.day >= first_day(now, KNOWN).isoformat())
        .group_by(_day.c.workspace_id, _day.c.source)
        .subquery()
    )
    is_told, is_reminded = _since(heard, TOLD), _since(heard, REMINDED)
    was_told = _since(heard, TOLD).where(_run.c.done_at <= now - REMINDED_AFTER)
    return (
        sa.select(heard.c.workspace_id)
        .where(heard.c.heard_at < now - SILENT, ~is_told | (was_told & ~is_reminded))
        .distinct()
    )


def workspaces(tx: Transaction, now: datetime) -> list[WorkspaceId]:
    """Those of `untold`, in order."""
    found = tx.connection.execute(untold(now).order_by("workspace_id")).scalars()
    return [WorkspaceId(workspace_id) for workspace_id in found]


def last_done(
    tx: Transaction, workspace_id: WorkspaceId, job: str, now: datetime
) -> Mapping[str, datetime]:
    """When all were last told, or reminded, that a source is silent; of those that are known."""
    rows = tx.connection.execute(
        sa.select(_run.c.subject, sa.func.max(_run.c.done_at).label("done_at"))
        .where(
            _run.c.workspace_id == workspace_id,
            _run.c.job == job,
            _run.c.done_at > now - LOOKED_AT,
        )
        .group_by(_run.c.subject)
    )
    return {row.subject: row.done_at for row in rows}


def _since(heard: sa.Subquery, job: str) -> sa.Exists:
    return sa.exists().where(
        _run.c.workspace_id == heard.c.workspace_id,
        _run.c.job == job,
        _run.c.subject == heard.c.source,
        _run.c.done_at > heard.c.heard_at,
    )
