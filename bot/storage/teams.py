"""Teams, as they stand."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.teams import Team
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, TeamRow, table

_team = table(TeamRow)
_member = table(MemberRow)


def team(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> Team | None:
    """The team, ended ones too."""
    found = teams(tx, workspace_id, [team_id])
    return found.get(team_id)


def named(tx: Transaction, workspace_id: WorkspaceId, name: str) -> Team | None:
    """The team of this name, however it is capitalised, unless it has ended."""
    rows = tx.connection.execute(
        sa.select(_team).where(
            _team.c.workspace_id == workspace_id,
            _team.c.ended_at.is_(None),
            sa.func.lower(_team.c.name) == name.lower(),
        )
    ).mappings()
    return next((team_of(row) for row in rows), None)


def lock(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> None:
    """Others who take it wait until this database transaction has ended."""
    tx.connection.execute(
        sa.select(_team.c.team_id)
        .where(_team.c.workspace_id == workspace_id, _team.c.team_id == team_id)
        .with_for_update()
    ).all()


def teams(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]
) -> dict[TeamId, Team]:
    """These teams, ended ones too."""
    rows = tx.connection.execute(
        sa.select(_team).where(
            _team.c.workspace_id == workspace_id, _team.c.team_id.in_(list(team_ids))
        )
    ).mappings()
    return {TeamId(row["team_id"]): team_of(row) for row in rows}


def every(tx: Transaction, workspace_id: WorkspaceId) -> list[Team]:
    """All that have not ended, by name; *Everyone* is among them."""
    rows = tx.connection.execute(
        sa.select(_team)
        .where(_team.c.workspace_id == workspace_id, _team.c.ended_at.is_(None))
        .order_by(sa.func.lower(_team.c.name))
    ).mappings()
    return [team_of(row) for row in rows]


def members(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> list[UserId]:
    """Whom the team pays for, by id."""
    found = tx.connection.execute(
        sa.select(_member.c.user_id)
        .where(_member.c.workspace_id == workspace_id, _member.c.team_id == team_id)
        .order_by(_member.c.user_id)
    )
    return [UserId(user_id) for user_id in found.scalars()]


def team_of(row: sa.RowMapping) -> Team:
    return Team(
        **{name: row[name] for name in Team.__dataclass_fields__ if name != "shows_leaderboard"},
        shows_leaderboard=bool(row["shows_leaderboard"]),
    )
