"""What is owed to people, and what was done when by the clock."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field, SQLModel

from bot.storage.moments import Moment


class OutboxRow(SQLModel, table=True):
    """A notice owed to someone, and what became of it."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sent', 'dead', 'stale')", name="outbox_state_known"),
        Index(
            "outbox_waiting",
            "workspace_id",
            "queue",
            "rank",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        # What waits, in the order in which it is sent.
        Index(
            "outbox_by_rank",
            "rank",
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
    #: What orders a queue: the notice's priority, then its id.
    rank: str = ""


class AlertRow(SQLModel, table=True):
    """A threshold that an account passed in a period; unique while it has not been lifted again."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "alert_once",
            "workspace_id",
            "account_id",
            "period_on",
            "threshold",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
        Index(
            "alert_untold",
            "workspace_id",
            "tell_at",
            sqlite_where=text("told_at IS NULL AND lifted_at IS NULL"),
            postgresql_where=text("told_at IS NULL AND lifted_at IS NULL"),
        ),
    )

    workspace_id: str = Field(primary_key=True)
    alert_id: str = Field(primary_key=True)
    account_id: str
    #: The first day of the period of the account's funds.
    period_on: str = Field(max_length=10)
    #: A percentage of the period's funds; or what else was passed, below zero (`domain.alerts`).
    threshold: int
    passed_at: datetime = Field(sa_type=Moment)
    #: Quiet hours put it off.
    tell_at: datetime = Field(sa_type=Moment)
    told_at: datetime | None = Field(default=None, sa_type=Moment)
    #: A credit lifted the account above the threshold, which arms it again.
    lifted_at: datetime | None = Field(default=None, sa_type=Moment)


class RunRow(SQLModel, table=True):
    """A job that was done for a subject and a period: once, whoever does it."""

    __tablename__ = "run"

    workspace_id: str = Field(primary_key=True)
    job: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    done_at: datetime = Field(sa_type=Moment)


class ProgressRow(SQLModel, table=True):
    """How far a job has read that reads on where it stopped."""

    __tablename__ = "progress"

    workspace_id: str = Field(primary_key=True)
    job: str = Field(primary_key=True)
    position: str


class SeenEventRow(SQLModel, table=True):
    """A Slack event that has had its effect; Slack may send it up to four times."""

    __tablename__ = "seen_event"
    __table_args__ = (Index("seen_event_by_age", "seen_at"),)

    workspace_id: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=Moment)


class AuditRow(SQLModel, table=True):
    """What people changed that is no entry: who, when, what, before, after. Append-only."""

    __tablename__ = "audit"
    # The newest change of a kind, which a Home is compared with.
    __table_args__ = (Index("audit_by_what", "workspace_id", "what", "audit_id"),)

    workspace_id: str = Field(primary_key=True)
    audit_id: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Moment)
    actor: str
    what: str
    subject: str
    before: str = Field(sa_type=Text)
    after: str = Field(sa_type=Text)
