"""Recurring allowances: rules, their terms, and whose turn is next."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field, SQLModel

from bot.domain.ledger import TOKENS_MAX
from bot.storage.moments import Moment

_UNFINISHED = "state = 'short' OR (state = 'reserved' AND credited < needed)"
#: Periods that a pool could not pay, or has not paid whole yet: in the very words of the index,
#: without which it isn't used, and in parentheses, since other conditions may stand beside it.
FUNDING_UNFINISHED = text(f"({_UNFINISHED})")


class AllowanceRow(SQLModel, table=True):
    """A rule that credits tokens every period; how many, `allowance_terms` says."""

    __tablename__ = "allowance"
    __table_args__ = (
        Index("allowance_key", "workspace_id", "idempotency_key", unique=True),
        Index("allowance_by_subject", "workspace_id", "subject"),
        CheckConstraint(
            "period IN ('week', 'month', 'quarter', 'year')", name="allowance_period_known"
        ),
        CheckConstraint("state IN ('active', 'paused', 'ended')", name="allowance_state_known"),
        CheckConstraint("parts > 0 AND cliff BETWEEN 0 AND parts", name="allowance_vesting"),
    )

    workspace_id: str = Field(primary_key=True)
    allowance_id: str = Field(primary_key=True)
    #: `member:U…`, `team:…` (each of its members), or `pool:…`.
    subject: str
    #: The team in whose zone its periods begin.
    team_id: str
    #: The account that pays: `treasury` or a pool.
    source: str
    period: str
    #: A day on which one of its periods begins.
    anchor_on: str = Field(max_length=10)
    starts_on: str = Field(max_length=10)
    #: The first day without it.
    ends_on: str | None = Field(default=None, max_length=10)
    is_prorated: bool = False
    returns_on_leaving: bool = False
    #: A vesting package: its terms' tokens are a total, paid in so many parts.
    parts: int | None = None
    #: The parts that come together, at the end of so many periods.
    cliff: int | None = None
    note: str = Field(default="", sa_type=Text)
    state: str = "active"
    created_by: str
    created_at: datetime = Field(sa_type=Moment)
    idempotency_key: str


class AllowanceTermsRow(SQLModel, table=True):
    """What a rule credits in periods that begin on this day or later, until the next terms."""

    __tablename__ = "allowance_terms"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "allowance_id"], ["allowance.workspace_id", "allowance.allowance_id"]
        ),
        CheckConstraint(f"tokens > 0 AND tokens <= {TOKENS_MAX}", name="allowance_terms_tokens"),
        CheckConstraint("carry_max >= 0", name="allowance_terms_carry"),
    )

    workspace_id: str = Field(primary_key=True)
    allowance_id: str = Field(primary_key=True)
    from_on: str = Field(primary_key=True, max_length=10)
    tokens: int = Field(sa_type=BigInteger)
    #: How much of what is left carries over to the next period; NULL for all of it.
    carry_max: int | None = Field(default=None, sa_type=BigInteger)


class AllowanceTurnRow(SQLModel, table=True):
    """An account that a rule credits, and when next."""

    __tablename__ = "allowance_turn"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "allowance_id"], ["allowance.workspace_id", "allowance.allowance_id"]
        ),
        Index("allowance_turn_by_account", "workspace_id", "account_id"),
        CheckConstraint("(next_on IS NULL) = (next_at IS NULL)", name="allowance_turn_next"),
    )

    workspace_id: str = Field(primary_key=True)
    allowance_id: str = Field(primary_key=True)
    account_id: str = Field(primary_key=True)
    joined_on: str = Field(max_length=10)
    #: The next period's first day in the team's zone, and its moment; NULL once it has ended.
    next_on: str | None = Field(default=None, max_length=10)
    next_at: datetime | None = Field(default=None, sa_type=Moment)
    #: The first day that no credit covers yet; NULL before the first.
    paid_until: str | None = Field(default=None, max_length=10)
    #: When whom it credits left the team that the rule is for.
    left_on: str | None = Field(default=None, max_length=10)


class AllowanceFundingRow(SQLModel, table=True):
    """A period of a rule that a pool pays: all of the team's credits are reserved, or none is.

    What is reserved and not yet credited is held on the pool's account.
    """

    __tablename__ = "allowance_funding"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "allowance_id"], ["allowance.workspace_id", "allowance.allowance_id"]
        ),
        CheckConstraint(
            "state IN ('short', 'reserved', 'lapsed')", name="allowance_funding_state_known"
        ),
        CheckConstraint("credited BETWEEN 0 AND needed", name="allowance_funding_credited"),
        Index(
            "allowance_funding_unfinished",
            "workspace_id",
            "pool",
            sqlite_where=text(_UNFINISHED),
            postgresql_where=text(_UNFINISHED),
        ),
    )

    workspace_id: str = Field(primary_key=True)
    allowance_id: str = Field(primary_key=True)
    period_on: str = Field(primary_key=True, max_length=10)
    pool: str
    state: str
    needed: int = Field(sa_type=BigInteger)
    credited: int = Field(default=0, sa_type=BigInteger)
