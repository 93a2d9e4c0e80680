"""What Home tabs show, so that the stale ones are drawn anew."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "home",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("watched_until", _MOMENT, nullable=False),
        sa.Column("is_wide", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("tide", sa.Text(), nullable=False),
        sa.Column("look_at", _MOMENT, nullable=False),
        sa.Column("drawn", sa.String(), nullable=False),
        sa.Column("drawn_at", _MOMENT, nullable=False),
        sa.Column("drawn_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_index("home_watched", "home", ["workspace_id", "watched_until"], unique=False)
    op.create_index("audit_by_what", "audit", ["workspace_id", "what", "audit_id"], unique=False)
