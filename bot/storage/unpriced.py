"""What is missing for the sums to be whole: prices that nobody knows, people whom nobody knows."""

from datetime import date

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.identities import NO_TEAM
from bot.domain.settings_views import UnpricedModel
from bot.storage.database import Transaction
from bot.storage.tables import RollupRow, TeamRow, table

_rollup = table(RollupRow)
_team = table(TeamRow)


def models(
    tx: Transaction, workspace_id: WorkspaceId, *, since: date, limit: int
) -> list[UnpricedModel]:
    """Models of calls whose cost is not known, the most used first."""
    # Named one by one, so that the sums of these days alone are read.
    teams = sa.select(_team.c.team_id).where(_team.c.workspace_id == workspace_id)
    calls = sa.func.sum(_rollup.c.unpriced).label("calls")
    rows = tx.connection.execute(
        sa.select(_rollup.c.model, calls, sa.func.sum(_rollup.c.tokens))
        .where(
            _rollup.c.workspace_id == workspace_id,
            _rollup.c.team_id.in_(teams) | (_rollup.c.team_id == NO_TEAM),
            _rollup.c.day >= since.isoformat(),
            _rollup.c.unpriced > 0,
        )
        .group_by(_rollup.c.model)
        .order_by(calls.desc(), _rollup.c.model)
        .limit(limit)
    )
    return [UnpricedModel(row[0], int(row[1]), int(row[2])) for row in rows]


def waiting_tokens(tx: Transaction, workspace_id: WorkspaceId) -> int:
    """What was charged to nobody yet."""
    total = sa.func.coalesce(sa.func.sum(_rollup.c.tokens), 0)
    return int(
        tx.connection.execute(
            sa.select(total).where(
                _rollup.c.workspace_id == workspace_id, _rollup.c.team_id == NO_TEAM
            )
        ).scalar_one()
    )
