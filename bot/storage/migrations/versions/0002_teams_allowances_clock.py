"""Teams, allowances and the lots they credit, and what the clock has done."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
_MOVED = "kind NOT IN ('usage', 'settlement', 'true_up', 'attribution')"
#: Columns with their checks, which SQLite takes only together.
_CHECKED = (
    ("account", "expiring", "BIGINT NOT NULL DEFAULT 0", "account_expiring", "expiring >= 0"),
    (
        "team",
        "digest_weekday",
        "INTEGER NOT NULL DEFAULT 0",
        "team_digest_weekday",
        "digest_weekday BETWEEN 0 AND 6",
    ),
    (
        "team",
        "digest_hour",
        "INTEGER NOT NULL DEFAULT 9",
        "team_digest_hour",
        "digest_hour BETWEEN 0 AND 23",
    ),
)


def upgrade() -> None:
    _teams()
    _lots()
    _allowances()
    _clock()
    _usage()
    _outbox()
    if op.get_bind().dialect.name == "sqlite":
        _append_only_on_sqlite()
    else:
        _append_only_on_postgresql()


def _teams() -> None:
    """What a team has beside a name, and what people chose."""
    text = sa.String()
    op.add_column("team", sa.Column("zone", text, nullable=False, server_default="UTC"))
    op.add_column("team", sa.Column("channel_id", text, nullable=True))
    _add_checked("team")
    op.add_column(
        "team",
        sa.Column("shows_leaderboard", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("team", sa.Column("usergroup_id", text, nullable=True))
    op.add_column("team", sa.Column("thresholds", text, nullable=True))
    op.add_column("team", sa.Column("ended_at", _MOMENT, nullable=True))
    alive = sa.text("ended_at IS NULL")
    op.create_index(
        "team_name",
        "team",
        ["workspace_id", sa.text("lower(name)")],
        unique=True,
        sqlite_where=alive,
        postgresql_where=alive,
    )
    op.add_column("member", sa.Column("team_since", _MOMENT, nullable=True))
    op.create_index("member_by_team", "member", ["workspace_id", "team_id", "user_id"])
    op.create_table(
        "stand_in",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("stand_in", sa.String(), nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name="stand_in_time"),
        sa.CheckConstraint("stand_in <> user_id", name="stand_in_is_another"),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "starts_at"),
    )
    unfinished = sa.text("closed_at IS NULL")
    op.create_index(
        "stand_in_unfinished",
        "stand_in",
        ["workspace_id", "starts_at"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.create_table(
        "preference",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("thresholds", sa.String(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_to", sa.Integer(), nullable=False),
        sa.Column("has_quiet_weekends", sa.Boolean(), nullable=False),
        sa.Column("wants_digest", sa.Boolean(), nullable=False),
        sa.Column("is_unlisted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23", name="preference_hours"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )


def _lots() -> None:
    """Tokens that expire, and budgets of accounts."""
    _add_checked("account")
    due = sa.text("next_due_at IS NOT NULL")
    op.create_index(
        "account_due",
        "account",
        ["next_due_at", "workspace_id", "account_id"],
        sqlite_where=due,
        postgresql_where=due,
    )
    moved = sa.text(_MOVED)
    op.create_index(
        "entry_moved",
        "entry",
        ["workspace_id", "entry_id"],
        sqlite_where=moved,
        postgresql_where=moved,
    )
    op.create_table(
        "lot",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("lot_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("allowance_id", sa.String(), nullable=True),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.CheckConstraint("remaining BETWEEN 0 AND tokens", name="lot_remaining"),
        sa.CheckConstraint("tokens > 0", name="lot_tokens"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "entry_id"], ["entry.workspace_id", "entry.entry_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "lot_id"),
    )
    op.create_index("lot_by_entry", "lot", ["workspace_id", "entry_id"])
    op.create_index(
        "lot_by_expiry",
        "lot",
        ["workspace_id", "expires_at"],
        sqlite_where=sa.text("remaining > 0"),
        postgresql_where=sa.text("remaining > 0"),
    )
    op.create_index(
        "lot_live",
        "lot",
        ["workspace_id", "account_id"],
        sqlite_where=sa.text("remaining > 0"),
        postgresql_where=sa.text("remaining > 0"),
    )
    op.create_table(
        "lot_use",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("lot_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("tokens > 0", name="lot_use_tokens"),
        sa.ForeignKeyConstraint(["workspace_id", "lot_id"], ["lot.workspace_id", "lot.lot_id"]),
        sa.PrimaryKeyConstraint("workspace_id", "lot_id", "entry_id"),
    )
    op.create_table(
        "budget",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("period_on", sa.String(length=10), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("spent >= 0", name="budget_spent"),
        sa.CheckConstraint("tokens >= 0", name="budget_tokens"),
        sa.PrimaryKeyConstraint("workspace_id", "account_id", "period_on"),
    )
    op.create_table(
        "budget_rule",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("anchor_on", sa.String(length=10), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "account_id"),
    )


def _allowances() -> None:
    """Rules, their terms, and whose turn is next."""
    op.create_table(
        "allowance",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("allowance_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("anchor_on", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.String(length=10), nullable=False),
        sa.Column("ends_on", sa.String(length=10), nullable=True),
        sa.Column("is_prorated", sa.Boolean(), nullable=False),
        sa.Column("returns_on_leaving", sa.Boolean(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("cliff", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.CheckConstraint(
            "period IN ('week', 'month', 'quarter', 'year')", name="allowance_period_known"
        ),
        sa.CheckConstraint("state IN ('active', 'paused', 'ended')", name="allowance_state_known"),
        sa.CheckConstraint("parts > 0 AND cliff BETWEEN 0 AND parts", name="allowance_vesting"),
        sa.PrimaryKeyConstraint("workspace_id", "allowance_id"),
    )
    op.create_index("allowance_by_subject", "allowance", ["workspace_id", "subject"])
    op.create_index("allowance_key", "allowance", ["workspace_id", "idempotency_key"], unique=True)
    op.create_table(
        "allowance_terms",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("allowance_id", sa.String(), nullable=False),
        sa.Column("from_on", sa.String(length=10), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("carry_max", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("carry_max >= 0", name="allowance_terms_carry"),
        sa.CheckConstraint(
            "tokens > 0 AND tokens <= 1000000000000000", name="allowance_terms_tokens"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "allowance_id"], ["allowance.workspace_id", "allowance.allowance_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "allowance_id", "from_on"),
    )
    op.create_table(
        "allowance_turn",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("allowance_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("joined_on", sa.String(length=10), nullable=False),
        sa.Column("next_on", sa.String(length=10), nullable=True),
        sa.Column("next_at", _MOMENT, nullable=True),
        sa.Column("paid_until", sa.String(length=10), nullable=True),
        sa.Column("left_on", sa.String(length=10), nullable=True),
        sa.CheckConstraint("(next_on IS NULL) = (next_at IS NULL)", name="allowance_turn_next"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "allowance_id"], ["allowance.workspace_id", "allowance.allowance_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "allowance_id", "account_id"),
    )
    op.create_index("allowance_turn_by_account", "allowance_turn", ["workspace_id", "account_id"])
    op.create_table(
        "allowance_funding",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("allowance_id", sa.String(), nullable=False),
        sa.Column("period_on", sa.String(length=10), nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("needed", sa.BigInteger(), nullable=False),
        sa.Column("credited", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('short', 'reserved', 'lapsed')", name="allowance_funding_state_known"
        ),
        sa.CheckConstraint("credited BETWEEN 0 AND needed", name="allowance_funding_credited"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "allowance_id"], ["allowance.workspace_id", "allowance.allowance_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "allowance_id", "period_on"),
    )


def _clock() -> None:
    """Alerts, jobs done, and how far those that read on have read."""
    op.create_table(
        "alert",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("period_on", sa.String(length=10), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("passed_at", _MOMENT, nullable=False),
        sa.Column("tell_at", _MOMENT, nullable=False),
        sa.Column("told_at", _MOMENT, nullable=True),
        sa.Column("lifted_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "alert_id"),
    )
    op.create_index(
        "alert_once",
        "alert",
        ["workspace_id", "account_id", "period_on", "threshold"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_index(
        "alert_untold",
        "alert",
        ["workspace_id", "tell_at"],
        sqlite_where=sa.text("told_at IS NULL AND lifted_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL AND lifted_at IS NULL"),
    )
    op.create_table(
        "run",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("done_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "job", "subject", "period"),
    )
    op.create_table(
        "progress",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "job"),
    )
    still_open = sa.text("state = 'open'")
    op.create_index(
        "topup_open",
        "topup",
        ["workspace_id", "topup_id"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _usage() -> None:
    """Usage by day."""
    op.create_table(
        "rollup",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("project", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("calls >= 0", name="rollup_calls"),
        sa.PrimaryKeyConstraint("workspace_id", "team_id", "day", "user_id", "model", "project"),
    )
    op.create_index("rollup_by_member", "rollup", ["workspace_id", "user_id", "day"])
    by_project = ["workspace_id", "team_id", "day", "project"]
    op.create_index("rollup_by_project", "rollup", by_project)


def _outbox() -> None:
    """Queues are ordered by priority, then by age."""
    op.add_column("outbox", sa.Column("rank", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE outbox SET rank = '1' || notice_id")
    op.drop_index("outbox_waiting", table_name="outbox")
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["workspace_id", "queue", "rank"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(
        "outbox_by_rank", "outbox", ["rank"], sqlite_where=waiting, postgresql_where=waiting
    )


def _add_checked(table: str) -> None:
    for name, column, kind, check, rule in _CHECKED:
        if name == table:
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT {check} CHECK ({rule})"
            )


def _append_only_on_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER lot_use_no_{verb.lower()} BEFORE {verb} ON lot_use "
            "BEGIN SELECT RAISE(ABORT, 'lot_use is append-only'); END"
        )


def _append_only_on_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER lot_use_append_only BEFORE UPDATE OR DELETE ON lot_use "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER lot_use_no_truncate BEFORE TRUNCATE ON lot_use "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
