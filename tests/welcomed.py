"""Workspaces whose first admin came before the story began, so that nobody is welcomed in it."""

import sqlalchemy as sa

from bot.storage import opening

_ARRIVED = "2026-01-01T00:00:00.000000+00:00"


def at_home(database_url: str, workspace_id: str) -> None:
    """Nobody is welcomed there any more."""
    engine = sa.create_engine(opening.parse(database_url), poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO arrival (workspace_id, arrived_at, finished_at)"
                " VALUES (:workspace_id, :at, :at)"
            ),
            {"workspace_id": workspace_id, "at": _ARRIVED},
        )
