"""Budgets count from moment to moment; what pools still owe is found by an index.

What was counted is forgotten: the next to ask counts it anew from the books.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
_UNFINISHED = sa.text("state = 'short' OR (state = 'reserved' AND credited < needed)")


def upgrade() -> None:
    op.drop_table("budget")
    op.create_table(
        "budget",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("period_on", sa.String(length=10), nullable=False),
        sa.Column("begins_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("begins_at < ends_at", name="budget_period"),
        sa.CheckConstraint("tokens >= 0", name="budget_tokens"),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "period_on"),
    )
    op.create_index(
        "allowance_funding_unfinished",
        "allowance_funding",
        ["workspace_id", "pool"],
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )
