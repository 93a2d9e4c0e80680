"""The ledger, the directory, requests and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")
_APPEND_ONLY = ("entry", "posting", "audit")


def upgrade() -> None:
    _directory()
    _books()
    _topups()
    _outbox()
    _audit()
    if op.get_bind().dialect.name == "sqlite":
        _append_only_on_sqlite()
    else:
        _append_only_on_postgresql()


def _directory() -> None:
    """Workspaces, teams, members, roles, settings."""
    op.create_table(
        "workspace",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("bot_user_id", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("directory_read_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_table(
        "team",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "team_id"),
    )
    op.create_table(
        "member",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("is_slack_admin", sa.Boolean(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("external_ref", sa.String(), nullable=True),
        sa.Column("dm_channel", sa.String(), nullable=True),
        sa.Column("fetched_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.team_id"]),
        sa.PrimaryKeyConstraint("workspace_id", "user_id"),
    )
    op.create_index("member_by_age", "member", ["workspace_id", "fetched_at"], unique=False)
    op.create_table(
        "role",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=False),
        sa.Column("given_at", _MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('manager', 'finance', 'admin')", name="role_known"),
        sa.PrimaryKeyConstraint("workspace_id", "user_id", "role", "team_id"),
    )
    op.create_table(
        "setting",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "name"),
    )


def _books() -> None:
    """Accounts, entries, postings."""
    op.create_table(
        "account",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("next_due_at", _MOMENT, nullable=True),
        sa.Column("opened_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(kind IN ('member', 'pool')) = (balance IS NOT NULL)", name="account_cached"
        ),
        sa.CheckConstraint(
            "account_id = kind OR account_id LIKE kind || ':%'", name="account_id_is_of_its_kind"
        ),
        sa.CheckConstraint(
            "balance BETWEEN -4000000000000000000 AND 4000000000000000000", name="account_in_range"
        ),
        sa.CheckConstraint("held >= 0", name="account_held"),
        sa.PrimaryKeyConstraint("workspace_id", "account_id"),
    )
    op.create_table(
        "entry",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("reverses", sa.String(), nullable=True),
        sa.Column("is_self_approved", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="entry_reverses"),
        sa.CheckConstraint(
            "kind IN ('issue', 'grant', 'allowance', 'transfer', 'usage', 'settlement', 'expiry', "
            "'return', 'advance', 'true_up', 'attribution', 'reversal')",
            name="entry_kind_known",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "reverses"], ["entry.workspace_id", "entry.entry_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "entry_id"),
    )
    op.create_index("entry_key", "entry", ["workspace_id", "idempotency_key"], unique=True)
    op.create_index("entry_reversed_once", "entry", ["workspace_id", "reverses"], unique=True)
    op.create_index("entry_short_id", "entry", ["workspace_id", sa.text("substr(entry_id, 29)")])
    op.create_table(
        "posting",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("source <> destination", name="posting_two_ends"),
        sa.CheckConstraint("tokens > 0 AND tokens <= 1000000000000000", name="posting_tokens"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "entry_id"], ["entry.workspace_id", "entry.entry_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "entry_id", "position"),
    )
    op.create_index(
        "posting_by_destination",
        "posting",
        ["workspace_id", "destination", "entry_id"],
        unique=False,
    )
    op.create_index(
        "posting_by_source", "posting", ["workspace_id", "source", "entry_id"], unique=False
    )


def _topups() -> None:
    """Requests and the approvers' copies."""
    op.create_table(
        "topup",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("topup_id", sa.String(), nullable=False),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_tokens", sa.BigInteger(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'approved') = (entry_id IS NOT NULL)", name="topup_entry"),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="topup_decided"),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'denied', 'withdrawn', 'expired')",
            name="topup_state_known",
        ),
        sa.CheckConstraint("tokens > 0 AND tokens <= 1000000000000000", name="topup_tokens"),
        sa.PrimaryKeyConstraint("workspace_id", "topup_id"),
    )
    op.create_index(
        "topup_by_requester", "topup", ["workspace_id", "requester", "topup_id"], unique=False
    )
    op.create_index("topup_key", "topup", ["workspace_id", "idempotency_key"], unique=True)
    op.create_table(
        "topup_copy",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("topup_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "topup_id"], ["topup.workspace_id", "topup.topup_id"]
        ),
        sa.PrimaryKeyConstraint("workspace_id", "topup_id", "user_id"),
    )


def _outbox() -> None:
    """Notices, and events already seen."""
    op.create_table(
        "outbox",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("dedupe", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("leased_until", _MOMENT, nullable=True),
        sa.Column("good_until", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'dead', 'stale')", name="outbox_state_known"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "notice_id"),
    )
    op.create_index("outbox_ended", "outbox", ["workspace_id", "state", "ended_at"], unique=False)
    op.create_index(
        "outbox_once_while_waiting",
        "outbox",
        ["workspace_id", "dedupe"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting' AND attempts = 0"),
        postgresql_where=sa.text("state = 'waiting' AND attempts = 0"),
    )
    op.create_index(
        "outbox_waiting",
        "outbox",
        ["workspace_id", "queue", "notice_id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "seen_event",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "event_id"),
    )
    op.create_index("seen_event_by_age", "seen_event", ["seen_at"], unique=False)


def _audit() -> None:
    """Changes that are no entries."""
    op.create_table(
        "audit",
        sa.Column("workspace_id", sa.String(), nullable=False),
        sa.Column("audit_id", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "audit_id"),
    )


def _append_only_on_sqlite() -> None:
    for table in _APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _append_only_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
