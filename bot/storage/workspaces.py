"""The workspaces that the bot serves, each with its own treasury and sinks."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import EVERYONE, WorkspaceId
from bot.domain.ledger import UNCACHED, account_kind
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import AccountRow, TeamRow, WorkspaceRow, table

_workspace = table(WorkspaceRow)
_team = table(TeamRow)
_account = table(AccountRow)


def add(tx: Transaction, workspace_id: WorkspaceId, now: datetime) -> None:
    """The workspace with its team *Everyone*, its treasury and its sinks; once."""
    mine = {"workspace_id": workspace_id}
    rows: list[tuple[sa.Table, dict[str, object]]] = [
        (_workspace, {**mine, "created_at": now}),
        (_team, {**mine, "team_id": EVERYONE, "name": "Everyone", "created_at": now}),
    ]
    for account in sorted(UNCACHED):
        kind = account_kind(account).value
        rows.append((_account, {**mine, "account_id": account, "kind": kind, "held": 0}))
    for target, values in rows:
        tx.connection.execute(upsert.insert(tx)(target).values(values).on_conflict_do_nothing())


def describe(
    tx: Transaction, workspace_id: WorkspaceId, *, name: str, url: str, bot_user_id: str
) -> None:
    """What `auth.test` said of it."""
    tx.connection.execute(
        sa.update(_workspace)
        .where(_workspace.c.workspace_id == workspace_id)
        .values(name=name, url=url, bot_user_id=bot_user_id)
    )


def app_id(tx: Transaction, workspace_id: WorkspaceId) -> str:
    """The app's id; empty where no request of Slack's came yet."""
    found = tx.connection.execute(
        sa.select(_workspace.c.app_id).where(_workspace.c.workspace_id == workspace_id)
    )
    return found.scalar_one_or_none() or ""


def put_app_id(tx: Transaction, workspace_id: WorkspaceId, app_id: str) -> None:
    tx.connection.execute(
        sa.update(_workspace).where(_workspace.c.workspace_id == workspace_id).values(app_id=app_id)
    )


def every(tx: Transaction) -> list[WorkspaceId]:
    found = tx.connection.execute(sa.select(_workspace.c.workspace_id).order_by("workspace_id"))
    return [WorkspaceId(workspace_id) for workspace_id in found.scalars()]


def directory_read_at(tx: Transaction, workspace_id: WorkspaceId) -> datetime | None:
    """When the whole list of people was last read from Slack."""
    return tx.connection.execute(
        sa.select(_workspace.c.directory_read_at).where(_workspace.c.workspace_id == workspace_id)
    ).scalar_one_or_none()


def mark_directory_read(tx: Transaction, workspace_id: WorkspaceId, now: datetime) -> None:
    tx.connection.execute(
        sa.update(_workspace)
        .where(_workspace.c.workspace_id == workspace_id)
        .values(directory_read_at=now)
    )
