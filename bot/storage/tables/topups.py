"""Top-up requests and the approvers' messages about them."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

from bot.domain.ledger import TOKENS_MAX
from bot.storage.moments import Moment


class TopUpRow(SQLModel, table=True):
    """A top-up request; `state` leaves `open` once, by a guarded update."""

    __tablename__ = "topup"
    __table_args__ = (
        Index("topup_key", "workspace_id", "idempotency_key", unique=True),
        Index("topup_by_requester", "workspace_id", "requester", "topup_id"),
        Index(
            "topup_open",
            "workspace_id",
            "topup_id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
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
    #: How many decisions on it were undone.
    reopened: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))
    #: Where the requester's message of the latest decision stands; empty until it was sent.
    told_channel: str = Field(sa_column=Column(String, nullable=False, server_default=""))
    told_ts: str = Field(sa_column=Column(String, nullable=False, server_default=""))


class BulkRow(SQLModel, table=True):
    """Several requests decided at once, and what became of each; undone at most once."""

    __tablename__ = "bulk"
    __table_args__ = (CheckConstraint("kind IN ('approve', 'deny')", name="bulk_kind_known"),)

    workspace_id: str = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True)
    actor: str
    kind: str
    #: What was wished, to tell the same wish heard again from another with this key.
    fingerprint: str
    made_at: datetime = Field(sa_type=Moment)
    #: JSON; empty only within the database transaction that decides.
    outcome: str = Field(sa_type=Text)
    #: The same of its undoing; empty before.
    undone: str = Field(sa_type=Text)


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
