"""Metered usage: API keys, identities, events and what they were charged, by source and by day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
#: What a rollup counts besides tokens and calls.
_COUNTED = ("input_uncached", "cache_read", "cache_write", "output", "cost_nano", "unpriced")


def upgrade() -> None:
    for name in _COUNTED:
        counted = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("rollup", counted)
    op.create_index("member_by_email", "member", ["workspace_id", sa.text("lower(email)")])
    _api_keys()
    _identities()
    _events()
    _revisions()
    _true_ups()
    _meters()
    _source_days()
    _rate_cards()
    _series()
    _signals()
    _append_only()


def _api_keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("last_used_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "key_id"),
    )
    op.create_index(
        "api_key_name",
        "api_key",
        ["workspace_id", "name"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _identities() -> None:
    op.create_table(
        "identity",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("identity_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("matched_by", sa.String(), nullable=True),
        sa.Column("first_seen_at", _MOMENT, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=True),
        sa.CheckConstraint("(account_id IS NULL) = (matched_by IS NULL)", name="identity_matched"),
        sa.PrimaryKeyConstraint("workspace_id", "identity_id"),
    )
    op.create_index("identity_by_account", "identity", ["workspace_id", "account_id"], unique=False)
    op.create_index("identity_key", "identity", ["workspace_id", "source", "name"], unique=True)
    op.create_index(
        "identity_unmatched",
        "identity",
        ["workspace_id", "identity_id"],
        unique=False,
        sqlite_where=sa.text("account_id IS NULL"),
        postgresql_where=sa.text("account_id IS NULL"),
    )


def _events() -> None:
    op.create_table(
        "usage_event",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("identity_id", sa.String(), nullable=True),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("occurred_at", _MOMENT, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("input_uncached", sa.BigInteger(), nullable=False),
        sa.Column("cache_read", sa.BigInteger(), nullable=False),
        sa.Column("cache_write", sa.BigInteger(), nullable=False),
        sa.Column("output", sa.BigInteger(), nullable=False),
        sa.Column("reasoning", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.Column("cost_nano", sa.BigInteger(), nullable=True),
        sa.Column("cost_is_estimate", sa.Boolean(), nullable=False),
        sa.Column("is_estimate", sa.Boolean(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.Column("team_label", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('gateway', 'telemetry', 'report')", name="usage_event_role"),
        sa.CheckConstraint(
            "input_uncached BETWEEN 0 AND 10000000000 AND cache_read BETWEEN 0 AND 10000000000 "
            "AND cache_write BETWEEN 0 AND 10000000000 AND output BETWEEN 0 AND 10000000000 "
            "AND reasoning BETWEEN 0 AND output",
            name="usage_event_counts",
        ),
        sa.CheckConstraint("tokens = 0 OR entry_id IS NOT NULL", name="usage_event_entry"),
        sa.CheckConstraint("tokens >= 0", name="usage_event_tokens"),
        sa.PrimaryKeyConstraint("workspace_id", "source", "external_id"),
    )
    op.create_index(
        "usage_event_by_account",
        "usage_event",
        ["workspace_id", "account_id", "occurred_at"],
        unique=False,
    )
    op.create_index(
        "usage_event_unattributed",
        "usage_event",
        ["workspace_id", "identity_id"],
        unique=False,
        sqlite_where=sa.text("account_id = 'unattributed'"),
        postgresql_where=sa.text("account_id = 'unattributed'"),
    )
    reported = sa.text("role = 'report'")
    op.create_index(
        "usage_event_reported",
        "usage_event",
        ["workspace_id", "occurred_at"],
        sqlite_where=reported,
        postgresql_where=reported,
    )


def _revisions() -> None:
    op.create_table(
        "usage_revision",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source", "external_id"],
            ["usage_event.workspace_id", "usage_event.source", "usage_event.external_id"],
        ),
        sa.PrimaryKeyConstraint("workspace_id", "source", "external_id", "revision"),
    )
    op.create_index(
        "usage_revision_by_entry", "usage_revision", ["workspace_id", "entry_id"], unique=False
    )


def _true_ups() -> None:
    op.create_table(
        "true_up",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("trued_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "provider", "day", "account_id", "model"),
    )


def _meters() -> None:
    op.create_table(
        "meter",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("last_at", _MOMENT, nullable=True),
        sa.CheckConstraint("role IN ('gateway', 'telemetry', 'report')", name="meter_role"),
        sa.PrimaryKeyConstraint("workspace_id", "team_id", "provider", "since"),
    )


def _source_days() -> None:
    op.create_table(
        "source_day",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("last_occurred_at", _MOMENT, nullable=False),
        sa.Column("last_received_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "source", "provider", "day"),
    )


def _rate_cards() -> None:
    op.create_table(
        "rate_card",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("card_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("preset", sa.String(), nullable=False),
        sa.Column("usd_per_million_nano", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("effective_from", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.CheckConstraint("preset IN ('raw', 'cost', 'table')", name="rate_card_preset"),
        sa.PrimaryKeyConstraint("workspace_id", "card_id"),
    )
    op.create_index(
        "rate_card_by_time", "rate_card", ["workspace_id", "effective_from"], unique=False
    )


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("series_id", sa.String(), nullable=False),
        sa.Column("started_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_ns", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "series_id"),
    )
    op.create_index("series_by_age", "series", ["workspace_id", "seen_at"], unique=False)


def _signals() -> None:
    op.create_table(
        "signal",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("session_key", sa.String(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "session_key"),
    )
    op.create_index("signal_by_age", "signal", ["workspace_id", "seen_at"], unique=False)


def _append_only() -> None:
    """A version of a rate card stands for ever: past charges name it."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER rate_card_no_{verb.lower()} BEFORE {verb} ON rate_card "
                "BEGIN SELECT RAISE(ABORT, 'rate_card is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER rate_card_append_only BEFORE UPDATE OR DELETE ON rate_card "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER rate_card_no_truncate BEFORE TRUNCATE ON rate_card "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
