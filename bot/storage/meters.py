"""Which kind of source is charged for a team's use of a provider, since when."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.metering import Shift
from bot.domain.usage_events import SourceRole
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.moments import as_moment, as_text
from bot.storage.statements import Statement, among
from bot.storage.tables import MeterRow, table

_meter = table(MeterRow)

Metered = tuple[TeamId, str]


def _of_teams(insert: Any) -> sa.Select[Any]:
    return (
        sa.select(
            _meter.c.team_id, _meter.c.provider, _meter.c.since, _meter.c.role, _meter.c.last_at
        )
        .where(
            _meter.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            among(_meter.c.team_id, "teams", insert),
        )
        .order_by(_meter.c.team_id, _meter.c.provider, _meter.c.since)
    )


OF_TEAMS = Statement(_of_teams)
HOLD_TEAMS = Statement(lambda insert: _of_teams(insert).with_for_update())


def shifts(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]
) -> dict[Metered, list[Shift]]:
    """Of each team and provider, who was in charge since when, in order."""
    return _shifts(tx, workspace_id, team_ids, OF_TEAMS)


def held(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]
) -> dict[Metered, list[Shift]]:
    """The same, locked: nobody is charged for anything later meanwhile."""
    return _shifts(tx, workspace_id, team_ids, HOLD_TEAMS)


def _shifts(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId], statement: Statement
) -> dict[Metered, list[Shift]]:
    found: dict[Metered, list[Shift]] = {}
    values = {"workspace_id": workspace_id, "teams": tuple(team_ids)}
    for team_id, provider, since, role, last_at in tx.fetch(statement, values):
        shift = Shift(
            since=as_moment(since or None), role=SourceRole(role), last_at=as_moment(last_at)
        )
        found.setdefault((TeamId(team_id), provider), []).append(shift)
    return found


def put(tx: Transaction, workspace_id: WorkspaceId, changed: Mapping[Metered, Shift]) -> None:
    """Write shifts that begin, or whose last event is later now.

    Two batches at once may both begin a shift: the same row, or two roles at two moments, of which
    each is then in charge from its own.
    """
    if not changed:
        return
    rows = [
        {
            "workspace_id": workspace_id,
            "team_id": team_id,
            "provider": provider,
            "since": _since(shift.since),
            "role": shift.role.value,
            "last_at": shift.last_at,
        }
        for (team_id, provider), shift in sorted(changed.items(), key=lambda one: one[0])
    ]
    statement = upsert.insert(tx)(_meter)
    given = statement.excluded.last_at
    tx.connection.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "team_id", "provider", "since"],
            set_={"last_at": sa.case((_meter.c.last_at > given, _meter.c.last_at), else_=given)},
        ),
        rows,
    )


def _since(moment: datetime | None) -> str:
    return as_text(moment) if moment else ""
