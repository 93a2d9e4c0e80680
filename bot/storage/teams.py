"""Teams, as they stand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import EVERYONE, Role, Standing, TeamId, UserId, WorkspaceId
from bot.domain.teams import Team
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, RoleRow, TeamRow, table

_team = table(TeamRow)
_member = table(MemberRow)
_role = table(RoleRow)

#: Who counts as present in a team.
PRESENT = (Standing.ACTIVE.value, Standing.GUEST.value)


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


def present(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId], *, shown: int
) -> dict[TeamId, tuple[int, tuple[UserId, ...]]]:
    """How many present members each of the teams has, and the first few of them by id."""
    place = sa.func.row_number().over(partition_by=_member.c.team_id, order_by=_member.c.user_id)
    numbered = (
        sa.select(
            _member.c.team_id,
            _member.c.user_id,
            place.label("place"),
            sa.func.count().over(partition_by=_member.c.team_id).label("people"),
        )
        .where(
            _member.c.workspace_id == workspace_id,
            _member.c.team_id.in_(list(team_ids)),
            _member.c.standing.in_(PRESENT),
        )
        .subquery()
    )
    rows = tx.connection.execute(
        sa.select(numbered.c.team_id, numbered.c.user_id, numbered.c.people)
        .where(numbered.c.place <= max(shown, 1))
        .order_by(numbered.c.user_id)
    ).all()
    found: dict[TeamId, tuple[int, tuple[UserId, ...]]] = dict.fromkeys(team_ids, (0, ()))
    for team_id, user_id, people in rows:
        listed = (*found[TeamId(team_id)][1], UserId(user_id))
        found[TeamId(team_id)] = (int(people), listed[:shown])
    return found


def managers(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]
) -> dict[TeamId, tuple[UserId, ...]]:
    """Who was named to look after each of the teams, by id."""
    rows = tx.connection.execute(
        sa.select(_role.c.team_id, _role.c.user_id)
        .where(
            _role.c.workspace_id == workspace_id,
            _role.c.role == Role.MANAGER.value,
            _role.c.team_id.in_(list(team_ids)),
        )
        .order_by(_role.c.user_id)
    ).all()
    found: dict[TeamId, tuple[UserId, ...]] = dict.fromkeys(team_ids, ())
    for team_id, user_id in rows:
        found[TeamId(team_id)] = (*found[TeamId(team_id)], UserId(user_id))
    return found


def add(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_id: TeamId,
    *,
    name: str,
    zone: str,
    now: datetime,
) -> bool:
    """Write a new team; False where another has the name, whoever was first."""
    written = tx.connection.execute(
        upsert.insert(tx)(_team)
        .values(workspace_id=workspace_id, team_id=team_id, name=name, zone=zone, created_at=now)
        .on_conflict_do_nothing()
        .returning(_team.c.team_id)
    )
    return written.first() is not None


def put(
    tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId, chosen: Mapping[str, object]
) -> None:
    """Write what was chosen of a team."""
    tx.connection.execute(
        sa.update(_team)
        .where(_team.c.workspace_id == workspace_id, _team.c.team_id == team_id)
        .values(dict(chosen))
    )


def move(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_ids: Iterable[UserId],
    *,
    source: Iterable[TeamId] | None = None,
    to: TeamId,
    now: datetime,
) -> list[UserId]:
    """Let these people be in another team from now on; those who were not already, by id.

    With `source`, only those who are in one of these teams at this moment: somebody else may have
    moved them since they were looked at.
    """
    wanted = [_member.c.team_id.in_(list(source))] if source is not None else []
    moved = tx.connection.execute(
        sa.update(_member)
        .where(
            _member.c.workspace_id == workspace_id,
            _member.c.user_id.in_(list(user_ids)),
            _member.c.team_id != to,
            *wanted,
        )
        .values(team_id=to, team_since=now)
        .returning(_member.c.user_id)
    )
    return sorted(UserId(user_id) for user_id in moved.scalars())


def empty(
    tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId, now: datetime
) -> list[UserId]:
    """Move everybody back to *Everyone*, those who were deactivated too; whom."""
    moved = tx.connection.execute(
        sa.update(_member)
        .where(_member.c.workspace_id == workspace_id, _member.c.team_id == team_id)
        .values(team_id=EVERYONE, team_since=now)
        .returning(_member.c.user_id)
    )
    return sorted(UserId(user_id) for user_id in moved.scalars())


def following(tx: Transaction, workspace_id: WorkspaceId, usergroup_id: str) -> Team | None:
    """The team that follows a user group, unless it has ended."""
    rows = tx.connection.execute(
        sa.select(_team).where(
            _team.c.workspace_id == workspace_id,
            _team.c.usergroup_id == usergroup_id,
            _team.c.ended_at.is_(None),
        )
    ).mappings()
    return next((team_of(row) for row in rows), None)


def groups_to_read(tx: Transaction, workspace_id: WorkspaceId, *, before: datetime) -> list[Team]:
    """Teams whose user group has something new, or was last read before this moment."""
    rows = tx.connection.execute(
        sa.select(_team)
        .where(
            _team.c.workspace_id == workspace_id,
            _team.c.usergroup_id.is_not(None),
            _team.c.ended_at.is_(None),
            _team.c.usergroup_read_at.is_(None) | (_team.c.usergroup_read_at < before),
        )
        .order_by(_team.c.team_id)
    ).mappings()
    return [team_of(row) for row in rows]


def mark_group_read(
    tx: Transaction, workspace_id: WorkspaceId, team: Team, now: datetime
) -> UserId | None:
    """Note that the team's user group was read; who chose it, if they were not told so far.

    Nothing where another group was chosen meanwhile, which is still to be read.
    """
    mine = (
        _team.c.workspace_id == workspace_id,
        _team.c.team_id == team.team_id,
        _team.c.usergroup_id == team.usergroup_id,
    )
    chosen_by = tx.connection.execute(
        sa.select(_team.c.usergroup_chosen_by).where(*mine).with_for_update()
    ).scalar_one_or_none()
    tx.connection.execute(
        sa.update(_team).where(*mine).values(usergroup_read_at=now, usergroup_chosen_by=None)
    )
    return UserId(chosen_by) if chosen_by else None


def team_of(row: sa.RowMapping) -> Team:
    return Team(
        **{name: row[name] for name in Team.__dataclass_fields__ if name != "shows_leaderboard"},
        shows_leaderboard=bool(row["shows_leaderboard"]),
    )
