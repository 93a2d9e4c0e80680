"""Teams that are simply there, for what happens in them."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import Role, TeamId, UserId, WorkspaceId
from bot.storage import roles
from bot.storage.database import Database
from bot.storage.tables import MemberRow, TeamRow, table


def found_team(
    database: Database,
    workspace_id: WorkspaceId,
    name: str,
    *people: UserId,
    now: datetime,
    zone: str = "UTC",
    managers: tuple[UserId, ...] = (),
) -> TeamId:
    """A team with these people in it, known by its name in lower case."""
    team_id = TeamId(name.lower())
    with database.writing() as tx:
        tx.connection.execute(
            sa.insert(table(TeamRow)).values(
                workspace_id=workspace_id,
                team_id=team_id,
                name=name,
                zone=zone,
                created_at=now,
                digest_weekday=0,
                digest_hour=9,
                shows_leaderboard=False,
            )
        )
        put_into(tx.connection, workspace_id, team_id, *people)
        for user_id in managers:
            roles.give(tx, workspace_id, user_id, role=Role.MANAGER, team_id=team_id, now=now)
    return team_id


def put_into(
    connection: sa.Connection, workspace_id: WorkspaceId, team_id: TeamId, *people: UserId
) -> None:
    """Let the team pay for these people from now on."""
    member = table(MemberRow)
    connection.execute(
        sa.update(member)
        .where(member.c.workspace_id == workspace_id, member.c.user_id.in_(people))
        .values(team_id=team_id)
    )
