"""People: by what programs call them, and one at a time."""

import sqlalchemy as sa

from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, table

_member = table(MemberRow)


def named(tx: Transaction, workspace_id: WorkspaceId, name: str) -> UserId | None:
    """Who has this Slack id or e-mail; of several with one e-mail, whoever is active."""
    return tx.connection.execute(
        sa.select(_member.c.user_id)
        .where(
            _member.c.workspace_id == workspace_id,
            (_member.c.user_id == name) | (sa.func.lower(_member.c.email) == name.lower()),
        )
        .order_by(_member.c.standing != Standing.ACTIVE.value, _member.c.user_id)
        .limit(1)
    ).scalar_one_or_none()


def lock(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> None:
    """Make others wait who write this person's requests, leaves, lifts or news of limits.

    On SQLite all writers do anyway.
    """
    tx.connection.execute(
        sa.select(_member.c.user_id)
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id == user_id)
        .with_for_update()
    )
