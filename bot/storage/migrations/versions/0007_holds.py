"""Tokens held for calls that are about to be made, and what policies let pass."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
_TOKENS_MAX = 10**15


def upgrade() -> None:
    count = sa.Column("open_holds", sa.Integer(), nullable=False, server_default="0")
    op.add_column("account", count)
    app_id = sa.Column("app_id", sa.String(), nullable=False, server_default="")
    op.add_column("workspace", app_id)
    op.add_column("api_key", sa.Column("team_id", sa.String(), nullable=True))
    people = sa.Column("people", sa.Text(), nullable=False, server_default="")
    op.add_column("api_key", people)
    op.create_table(
        "hold",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("promised", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("settled_source", sa.String(), nullable=True),
        sa.Column("settled_id", sa.String(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("first_end_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("user_label", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'settled', 'voided', 'expired')", name="hold_state_known"
        ),
        sa.CheckConstraint(f"tokens BETWEEN 0 AND {_TOKENS_MAX}", name="hold_tokens"),
        sa.CheckConstraint("promised BETWEEN 0 AND tokens", name="hold_promised"),
        sa.CheckConstraint("held BETWEEN 0 AND promised", name="hold_held"),
        sa.CheckConstraint("promised = 0 OR state = 'open'", name="hold_ended_holds_nothing"),
        sa.PrimaryKeyConstraint("workspace_id", "hold_id"),
    )
    op.create_index("hold_key", "hold", ["workspace_id", "idempotency_key"], unique=True)
    op.create_index(
        "hold_open",
        "hold",
        ["workspace_id", "account_id", "expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "hold_open_by_project",
        "hold",
        ["workspace_id", "team_id", "project"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "hold_beyond",
        "hold",
        ["workspace_id", "account_id"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND promised > held"),
        postgresql_where=sa.text("state = 'open' AND promised > held"),
    )
    _policies()
    _advances()


def _advances() -> None:
    op.create_table(
        "advance",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("owed_to", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("repaid", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("tokens > 0", name="advance_tokens"),
        sa.CheckConstraint("repaid BETWEEN 0 AND tokens", name="advance_repaid"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "entry_id"], ["entry.workspace_id", "entry.entry_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "entry_id"),
    )
    op.create_index(
        "advance_open",
        "advance",
        ["workspace_id", "account_id"],
        unique=False,
        sqlite_where=sa.text("repaid < tokens"),
        postgresql_where=sa.text("repaid < tokens"),
    )


def _policies() -> None:
    op.create_table(
        "policy",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("grace_tokens", sa.BigInteger(), nullable=False),
        sa.Column("grace_percent", sa.Integer(), nullable=False),
        sa.Column("request_max", sa.BigInteger(), nullable=True),
        sa.Column("day_tokens", sa.BigInteger(), nullable=True),
        sa.Column("day_percent", sa.Integer(), nullable=True),
        sa.Column("fallback_model", sa.String(), nullable=False),
        sa.Column("advance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode IN ('off', 'warn', 'soft', 'hard')", name="policy_mode"),
        sa.PrimaryKeyConstraint("workspace_id", "team_id"),
    )
    op.create_table(
        "cap",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("cap_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("fallback_model", sa.String(), nullable=False),
        sa.CheckConstraint("measure IN ('model', 'project')", name="cap_measure"),
        sa.CheckConstraint("tokens >= 0", name="cap_tokens"),
        sa.PrimaryKeyConstraint("workspace_id", "cap_id"),
    )
    op.create_index(
        "cap_by_team",
        "cap",
        ["workspace_id", "team_id", "measure", "name", "period"],
        unique=True,
    )
    op.create_table(
        "lift",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("lift_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "lift_id"),
    )
    op.create_index("lift_by_account", "lift", ["workspace_id", "account_id", "lift_id"])
