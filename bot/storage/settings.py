"""A workspace's settings; what has no row is as it comes out of the box."""

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage.database import Transaction
from bot.storage.tables import SettingRow, table

_setting = table(SettingRow)


def value(tx: Transaction, workspace_id: WorkspaceId, name: str) -> str | None:
    return tx.connection.execute(
        sa.select(_setting.c.value).where(
            _setting.c.workspace_id == workspace_id, _setting.c.name == name
        )
    ).scalar_one_or_none()


def put(tx: Transaction, workspace_id: WorkspaceId, name: str, new: str) -> None:
    changed = tx.connection.execute(
        sa.update(_setting)
        .where(_setting.c.workspace_id == workspace_id, _setting.c.name == name)
        .values(value=new)
    )
    if changed.rowcount == 0:
        tx.connection.execute(
            sa.insert(_setting).values(workspace_id=workspace_id, name=name, value=new)
        )
