"""Accounts, entries, postings, and the lots of tokens that expire."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

from bot.domain.ledger import BALANCE_MAX, TOKENS_MAX
from bot.storage.moments import Moment

_MOVED = "kind NOT IN ('usage', 'settlement', 'true_up', 'attribution')"


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
        CheckConstraint("expiring >= 0", name="account_expiring"),
        CheckConstraint(
            "account_id = kind OR account_id LIKE kind || ':%'", name="account_id_is_of_its_kind"
        ),
        Index(
            "account_due",
            "next_due_at",
            "workspace_id",
            "account_id",
            sqlite_where=text("next_due_at IS NOT NULL"),
            postgresql_where=text("next_due_at IS NOT NULL"),
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
    #: What remains of its lots: the part of the balance that expires one day.
    expiring: int = Field(default=0, sa_type=BigInteger)
    #: How many holds on it are open, of which there may only be so many.
    open_holds: int = Field(sa_column=Column(Integer, nullable=False, server_default="0"))


class EntryRow(SQLModel, table=True):
    """Postings that happened together. Append-only."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("entry_key", "workspace_id", "idempotency_key", unique=True),
        Index("entry_reversed_once", "workspace_id", "reverses", unique=True),
        Index("entry_short_id", "workspace_id", text("substr(entry_id, 29)")),
        # What people and rules moved, beside which usage is most of the table.
        Index(
            "entry_moved",
            "workspace_id",
            "entry_id",
            sqlite_where=text(_MOVED),
            postgresql_where=text(_MOVED),
        ),
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


class LotRow(SQLModel, table=True):
    """Credited tokens that expire. What remains is `tokens` less its uses."""

    __tablename__ = "lot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "entry_id"], ["entry.workspace_id", "entry.entry_id"]
        ),
        CheckConstraint("tokens > 0", name="lot_tokens"),
        CheckConstraint("remaining BETWEEN 0 AND tokens", name="lot_remaining"),
        Index(
            "lot_live",
            "workspace_id",
            "account_id",
            sqlite_where=text("remaining > 0"),
            postgresql_where=text("remaining > 0"),
        ),
        Index(
            "lot_by_expiry",
            "workspace_id",
            "expires_at",
            sqlite_where=text("remaining > 0"),
            postgresql_where=text("remaining > 0"),
        ),
        Index("lot_by_entry", "workspace_id", "entry_id"),
    )

    workspace_id: str = Field(primary_key=True)
    lot_id: str = Field(primary_key=True)
    account_id: str
    entry_id: str
    #: The rule that credited it; NULL for tokens that somebody passed on.
    allowance_id: str | None = None
    tokens: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)
    #: Moves on where a rule carries over, and with the team's zone.
    expires_at: datetime = Field(sa_type=Moment)


class LotUseRow(SQLModel, table=True):
    """Which entry took how much of which lot. Append-only."""

    __tablename__ = "lot_use"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "lot_id"], ["lot.workspace_id", "lot.lot_id"]),
        CheckConstraint("tokens > 0", name="lot_use_tokens"),
    )

    workspace_id: str = Field(primary_key=True)
    lot_id: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)
    tokens: int = Field(sa_type=BigInteger)


class BudgetRow(SQLModel, table=True):
    """What may leave an account in one period; a new period is a new row.

    `spent` is what left it by issues, grants and allowances in the period, less what reversals and
    returns gave back in it: below zero when more came back. A guarded update keeps it, with what is
    reserved, within `tokens`.
    """

    __tablename__ = "budget"
    __table_args__ = (
        CheckConstraint("begins_at < ends_at", name="budget_period"),
        CheckConstraint("tokens >= 0", name="budget_tokens"),
    )

    workspace_id: str = Field(primary_key=True)
    account_id: str = Field(primary_key=True)
    #: The first day of the period.
    period_on: str = Field(primary_key=True, max_length=10)
    #: From midnight to midnight in the team's zone, as it was when the row was written.
    begins_at: datetime = Field(sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    tokens: int = Field(sa_type=BigInteger)
    spent: int = Field(default=0, sa_type=BigInteger)


class BudgetRuleRow(SQLModel, table=True):
    """The budget that an account has in every period."""

    __tablename__ = "budget_rule"

    workspace_id: str = Field(primary_key=True)
    account_id: str = Field(primary_key=True)
    period: str
    anchor_on: str = Field(max_length=10)
    tokens: int = Field(sa_type=BigInteger)
