"""Requests decided several at once, and decisions that are undone."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    reopened = sa.Column("reopened", sa.Integer(), nullable=False, server_default="0")
    op.add_column("topup", reopened)
    for name in ("told_channel", "told_ts"):
        told = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("topup", told)
    op.create_table(
        "bulk",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("undone", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('approve', 'deny')", name="bulk_kind_known"),
        sa.PrimaryKeyConstraint("workspace_id", "idempotency_key"),
    )
