"""A workspace's welcome, and whether it has let go of the bot.

Workspaces with entries are at home by now: nobody there is welcomed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("arrived_at", _MOMENT, nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("ts", sa.String(), nullable=True),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_table(
        "skipped_step",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("skipped_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "step"),
    )
    op.create_table(
        "knock",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_table(
        "departure",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("left_at", _MOMENT, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.execute(
        "INSERT INTO arrival (workspace_id, arrived_at, finished_at)"
        " SELECT workspace_id, created_at, created_at FROM workspace WHERE EXISTS"
        " (SELECT 1 FROM entry WHERE entry.workspace_id = workspace.workspace_id)"
    )
