"""Usage added up for dashboards: read from rollups, however many events there were."""

from collections.abc import Mapping
from types import MappingProxyType

import sqlalchemy as sa

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.usage import FIGURES
from bot.domain.usage_sums import By, Question, Sums
from bot.storage.database import Transaction
from bot.storage.tables import RollupRow, table

_rollup = table(RollupRow)

_PARTS: Mapping[By, sa.Column[str]] = MappingProxyType(
    {
        By.DAY: _rollup.c.day,
        By.MODEL: _rollup.c.model,
        By.PROJECT: _rollup.c.project,
        By.TEAM: _rollup.c.team_id,
        By.MEMBER: _rollup.c.user_id,
    }
)


def sums(
    tx: Transaction, workspace_id: WorkspaceId, question: Question, *, whose: UserId | None
) -> list[Sums]:
    """The rows asked for, and one more where there is one; of one member alone if `whose` says."""
    parts = [_PARTS[by] for by in question.by]
    where = [
        _rollup.c.workspace_id == workspace_id,
        _rollup.c.day >= question.since.isoformat(),
        _rollup.c.day < question.until.isoformat(),
    ]
    if whose is not None:
        where.append(_rollup.c.user_id == whose)
    if question.after is not None:
        where.append(sa.tuple_(*parts) > sa.tuple_(*map(sa.literal, question.after)))
    added = [sa.func.sum(_rollup.c[name]).label(name) for name in FIGURES]
    asked = (
        sa.select(*parts, *added)
        .where(*where)
        .group_by(*parts)
        # Without parts there is one row also where nothing was used, and all in it is NULL.
        .having(sa.func.count() > 0)
        .order_by(*parts)
        .limit(question.limit + 1)
    )
    return [
        Sums(
            parts=tuple(row[: len(parts)]),
            **{name: int(row[len(parts) + at]) for at, name in enumerate(FIGURES)},
        )
        for row in tx.connection.execute(asked)
    ]
