"""Roles that people were given here."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import Member, Role, UserId, WorkspaceId
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.directory import MEMBER_COLUMNS, SLACK_ADMINS_COUNT, WITH_ROLES, people_of
from bot.storage.tables import MemberRow, RoleRow, table

_member = table(MemberRow)
_role = table(RoleRow)


def approvers(tx: Transaction, workspace_id: WorkspaceId) -> list[Member]:
    """Active people with the role of an admin or of a manager, by id."""
    rows = tx.connection.execute(
        sa.select(*MEMBER_COLUMNS)
        .select_from(WITH_ROLES)
        .where(
            _member.c.workspace_id == workspace_id,
            _role.c.role.is_not(None) | (_member.c.is_slack_admin & SLACK_ADMINS_COUNT),
        )
        .order_by(_member.c.user_id)
    )
    return [m for m in people_of([tuple(row) for row in rows]).values() if m.is_approver]


def give(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_id: UserId,
    *,
    role: Role,
    team_id: str,
    now: datetime,
) -> bool:
    """False when they had it already."""
    row = {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "role": role.value,
        "team_id": team_id,
        "given_at": now,
    }
    given = tx.connection.execute(
        upsert.insert(tx)(_role).values(row).on_conflict_do_nothing().returning(_role.c.user_id)
    )
    return given.first() is not None  # an INSERT's row count is -1 on PostgreSQL


def take(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, *, role: Role, team_id: str
) -> bool:
    """False when they did not have it."""
    taken = tx.connection.execute(
        sa.delete(_role).where(
            _role.c.workspace_id == workspace_id,
            _role.c.user_id == user_id,
            _role.c.role == role.value,
            _role.c.team_id == team_id,
        )
    )
    return taken.rowcount == 1
