"""The schema, once. Every key begins with `workspace_id`: no workspace sees another's rows.

Table classes validate nothing when constructed; what must hold is a constraint here, and the
triggers that keep `entry`, `posting` and `audit` append-only are in the first migration.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Table, Text, text
from sqlmodel import Field, SQLModel

from bot.domain.ledger import BALANCE_MAX, TOKENS_MAX
from bot.storage.moments import Moment


class WorkspaceRow(SQLModel, table=True):
    """A Slack workspace that the bot serves, as `auth.test` describes it."""

    __tablename__ = "workspace"

    workspace_id: str = Field(primary_key=True)
    name: str = ""
    url: str = ""
    bot_user_id: str = ""
    created_at: datetime = Field(sa_type=Moment)
    directory_read_at: datetime | None = Field(default=None, sa_type=Moment)


class TeamRow(SQLModel, table=True):
    """A group here. *Everyone* exists from the start."""

    __tablename__ = "team"

    workspace_id: str = Field(primary_key=True)
    team_id: str = Field(primary_key=True)
    name: str
    external_ref: str | None = None
    created_at: datetime = Field(sa_type=Moment)


class MemberRow(SQLModel, table=True):
    """The directory: names and e-mail live here alone, so that a leaver can be forgotten."""

    __tablename__ = "member"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.team_id"]),
        Index("member_by_age", "workspace_id", "fetched_at"),
    )

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    name: str = ""
    email: str | None = None
    zone: str | None = None
    standing: str
    is_slack_admin: bool = False
    team_id: str = "everyone"
    external_ref: str | None = None
    dm_channel: str | None = None
    fetched_at: datetime | None = Field(default=None, sa_type=Moment)


class RoleRow(SQLModel, table=True):
    """A role that somebody was given here; Slack's admins have theirs without a row."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint("role IN ('manager', 'finance', 'admin')", name="role_known"),
    )

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    #: The team of a manager; empty for the others.
    team_id: str = Field(primary_key=True)
    given_at: datetime = Field(sa_type=Moment)


class AccountRow(SQLModel, table=True):
    """Where tokens are. `balance` is NULL where too many entries meet: it is computed there."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(
            "(kind IN ('member', 'pool')) = (balance IS NOT NULL)", name="account_cached"
        ),
        CheckConstraint(
            f"balance BETWEEN -{BALANCE_MAX} AND {BALANCE_MAX}", name="account_in_range"
        ),
        CheckConstraint("held >= 0", name="account_held"),
        CheckConstraint(
            "account_id = kind OR account_id LIKE kind || ':%'", name="account_id_is_of_its_kind"
        ),
    )

    workspace_id: str = Field(primary_key=True)
    account_id: str = Field(primary_key=True)
    kind: str
    balance: int | None = Field(default=None, sa_type=BigInteger)
    held: int = Field(default=0, sa_type=BigInteger)
    #: The earliest end of a hold, lot or allowance period on it.
    next_due_at: datetime | None = Field(default=None, sa_type=Moment)
    #: The entry that opened it, by which a first credit is known.
    opened_by: str | None = None


class EntryRow(SQLModel, table=True):
    """Postings that happened together. Append-only."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_key", "workspace_id", "idempotency_key", unique=True),
        Index("entry_reversed_once", "workspace_id", "reverses", unique=True),
        Index("entry_short_id", "workspace_id", text("substr(entry_id, 29)")),
        ForeignKeyConstraint(
            ["workspace_id", "reverses"], ["entry.workspace_id", "entry.entry_id"]
        ),
        CheckConstraint(
            "kind IN ('issue', 'grant', 'allowance', 'transfer', 'usage', 'settlement', 'expiry', "
            "'return', 'advance', 'true_up', 'attribution', 'reversal')",
            name="entry_kind_known",
        ),
        CheckConstraint("(kind = 'reversal') = (reverses IS NOT NULL)", name="entry_reverses"),
    )

    workspace_id: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)
    kind: str
    actor: str
    note: str = Field(sa_type=Text)
    idempotency_key: str
    fingerprint: str
    recorded_at: datetime = Field(sa_type=Moment)
    reverses: str | None = None
    is_self_approved: bool = False


class PostingRow(SQLModel, table=True):
    """Source → destination, a positive number of tokens. Append-only.

    Accounts are no foreign key on purpose: each posting would share-lock the treasury's row, the
    one row that all grants meet in. `services.books` checks what the key would.
    """

    __tablename__ = "posting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "entry_id"], ["entry.workspace_id", "entry.entry_id"]
        ),
        CheckConstraint(f"tokens > 0 AND tokens <= {TOKENS_MAX}", name="posting_tokens"),
        CheckConstraint("source <> destination", name="posting_two_ends"),
        Index("posting_by_source", "workspace_id", "source", "entry_id"),
        Index("posting_by_destination", "workspace_id", "destination", "entry_id"),
    )

    workspace_id: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    source: str
    destination: str
    tokens: int = Field(sa_type=BigInteger)


class TopUpRow(SQLModel, table=True):
    """A top-up request; `state` leaves `open` once, by a guarded update."""

    __tablename__ = "topup"
    __table_args__ = (
        Index("topup_key", "workspace_id", "idempotency_key", unique=True),
        Index("topup_by_requester", "workspace_id", "requester", "topup_id"),
        CheckConstraint(f"tokens > 0 AND tokens <= {TOKENS_MAX}", name="topup_tokens"),
        CheckConstraint(
            "state IN ('open', 'approved', 'denied', 'withdrawn', 'expired')",
            name="topup_state_known",
        ),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="topup_decided"),
        CheckConstraint("(state = 'approved') = (entry_id IS NOT NULL)", name="topup_entry"),
    )

    workspace_id: str = Field(primary_key=True)
    topup_id: str = Field(primary_key=True)
    requester: str
    tokens: int = Field(sa_type=BigInteger)
    note: str = Field(sa_type=Text)
    urgency: str
    state: str
    idempotency_key: str
    asked_at: datetime = Field(sa_type=Moment)
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=Moment)
    decided_tokens: int | None = Field(default=None, sa_type=BigInteger)
    decision_note: str = Field(default="", sa_type=Text)
    entry_id: str | None = None


class TopUpCopyRow(SQLModel, table=True):
    """An approver's message about a request, so that all copies can change with the decision."""

    __tablename__ = "topup_copy"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "topup_id"], ["topup.workspace_id", "topup.topup_id"]
        ),
    )

    workspace_id: str = Field(primary_key=True)
    topup_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    #: Empty until the message was sent.
    channel: str = ""
    ts: str = ""


class OutboxRow(SQLModel, table=True):
    """A notice owed to someone, and what became of it."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'dead', 'stale')", name="outbox_state_known"),
        Index(
            "outbox_waiting",
            "workspace_id",
            "queue",
            "notice_id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        # A Home that is stale twice is published once.
        Index(
            "outbox_once_while_waiting",
            "workspace_id",
            "dedupe",
            unique=True,
            sqlite_where=text("state = 'waiting' AND attempts = 0"),
            postgresql_where=text("state = 'waiting' AND attempts = 0"),
        ),
        Index("outbox_ended", "workspace_id", "state", "ended_at"),
    )

    workspace_id: str = Field(primary_key=True)
    notice_id: str = Field(primary_key=True)
    queue: str
    kind: str
    payload: str = Field(sa_type=Text)
    dedupe: str | None = None
    state: str = "waiting"
    attempts: int = 0
    created_at: datetime = Field(sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    leased_until: datetime | None = Field(default=None, sa_type=Moment)
    good_until: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    error: str = Field(default="", sa_type=Text)


class AuditRow(SQLModel, table=True):
    """What people changed that is no entry: who, when, what, before, after. Append-only."""

    __tablename__ = "audit"

    workspace_id: str = Field(primary_key=True)
    audit_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    actor: str
    what: str
    subject: str
    before: str = Field(sa_type=Text)
    after: str = Field(sa_type=Text)


class SettingRow(SQLModel, table=True):
    """A workspace's choice; what has no row is as it comes out of the box."""

    __tablename__ = "setting"

    workspace_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str


class SeenEventRow(SQLModel, table=True):
    """A Slack event that has had its effect; Slack may send it up to four times."""

    __tablename__ = "seen_event"
    __table_args__ = (Index("seen_event_by_age", "seen_at"),)

    workspace_id: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=Moment)


def table(row: type[SQLModel]) -> Table:
    """The Core table behind a class, for statements."""
    return SQLModel.metadata.tables[str(row.__tablename__)]
