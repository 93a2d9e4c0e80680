"""What was used lately, as limits count it: by the days of a period, from rollups."""

from collections.abc import Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.periods import Span
from bot.storage.database import Transaction
from bot.storage.statements import Statement, among
from bot.storage.tables import RollupRow, TeamRow, table

_rollup = table(RollupRow)
_team = table(TeamRow)

_MINE = sa.bindparam("workspace_id", type_=sa.String())
_SUM = sa.func.coalesce(sa.func.sum(_rollup.c.tokens), sa.literal_column("0"))
BY_MODEL = Statement(
    lambda _insert: (
        sa.select(_rollup.c.model, _SUM)
        .where(
            _rollup.c.workspace_id == _MINE,
            _rollup.c.user_id == sa.bindparam("user_id", type_=sa.String()),
            _rollup.c.day >= sa.bindparam("since", type_=sa.String()),
            _rollup.c.day < sa.bindparam("until", type_=sa.String()),
        )
        .group_by(_rollup.c.model)
    )
)
#: Day by day, so that the index finds the project's rows and no others.
OF_PROJECT = Statement(
    lambda insert: sa.select(_SUM).where(
        _rollup.c.workspace_id == _MINE,
        among(_rollup.c.team_id, "teams", insert),
        among(_rollup.c.day, "days", insert),
        _rollup.c.project == sa.bindparam("project", type_=sa.String()),
    )
)
#: Models used; more than anybody reads are of no use.
_MODELS_MAX = 1_000
MODELS = Statement(
    lambda insert: (
        sa.select(_rollup.c.model)
        .distinct()
        .where(
            _rollup.c.workspace_id == _MINE,
            among(_rollup.c.team_id, "teams", insert),
            among(_rollup.c.day, "days", insert),
        )
        .order_by(_rollup.c.model)
        .limit(sa.literal_column(str(_MODELS_MAX)))
    )
)
TEAMS = Statement(lambda _insert: sa.select(_team.c.team_id).where(_team.c.workspace_id == _MINE))


def by_model(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, span: Span
) -> dict[str, int]:
    """What a person used of each model on these days, whichever team paid."""
    values = {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "since": span.start.isoformat(),
        "until": span.end.isoformat(),
    }
    return {model: int(tokens) for model, tokens in tx.fetch(BY_MODEL, values)}


def of_project(
    tx: Transaction,
    workspace_id: WorkspaceId,
    teams: Sequence[TeamId],
    project: str,
    span: Span,
) -> int:
    """What these teams used for a project on these days."""
    values = {
        "workspace_id": workspace_id,
        "teams": tuple(teams),
        "days": tuple(_days(span)),
        "project": project,
    }
    return int(tx.fetch(OF_PROJECT, values)[0][0])


def models(
    tx: Transaction, workspace_id: WorkspaceId, teams: Sequence[TeamId], span: Span
) -> list[str]:
    """The models that these teams used on these days, by name."""
    values = {"workspace_id": workspace_id, "teams": tuple(teams), "days": tuple(_days(span))}
    return [model for (model,) in tx.fetch(MODELS, values)]


def teams(tx: Transaction, workspace_id: WorkspaceId) -> list[TeamId]:
    """All there ever were: what an ended one used counts as well."""
    return [TeamId(row[0]) for row in tx.fetch(TEAMS, {"workspace_id": workspace_id})]


def _days(span: Span) -> list[str]:
    first: date = span.start
    return [(first + timedelta(days=n)).isoformat() for n in range(span.days)]
