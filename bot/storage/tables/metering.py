"""Metered usage: API keys, who is who in each source, events and what they were charged."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

from bot.domain.counts import COUNT_MAX
from bot.storage.moments import Moment


class ApiKeyRow(SQLModel, table=True):
    """A credential for the HTTP API; only a hash of its secret is kept."""

    __tablename__ = "api_key"
    __table_args__ = (
        Index(
            "api_key_name",
            "workspace_id",
            "name",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    workspace_id: str = Field(primary_key=True)
    key_id: str = Field(primary_key=True)
    name: str
    secret_hash: str
    #: Its scopes, sorted, with spaces between.
    scopes: str
    #: The person it is bound to: what it sends is theirs, whatever it says.
    user_id: str | None = None
    created_by: str
    created_at: datetime = Field(sa_type=Moment)
    revoked_at: datetime | None = Field(default=None, sa_type=Moment)
    #: To the minute, so that a busy key is no hot row.
    last_used_at: datetime | None = Field(default=None, sa_type=Moment)
    #: The team, or the people by their ids with spaces between, whose tokens it may hold and
    #: charge; all people's where there is neither.
    team_id: str | None = None
    people: str = Field(sa_column=Column(Text, nullable=False, server_default=""))


class IdentityRow(SQLModel, table=True):
    """How a source calls somebody, and whose account that is; none while nobody knows."""

    __tablename__ = "identity"
    __table_args__ = (
        Index("identity_key", "workspace_id", "source", "name", unique=True),
        Index(
            "identity_unmatched",
            "workspace_id",
            "identity_id",
            sqlite_where=text("account_id IS NULL"),
            postgresql_where=text("account_id IS NULL"),
        ),
        Index("identity_by_account", "workspace_id", "account_id"),
        CheckConstraint("(account_id IS NULL) = (matched_by IS NULL)", name="identity_matched"),
    )

    workspace_id: str = Field(primary_key=True)
    identity_id: str = Field(primary_key=True)
    source: str
    name: str
    #: A member's account, or a team's pool for a service.
    account_id: str | None = None
    #: `slack_id`, `email` or `link`.
    matched_by: str | None = None
    first_seen_at: datetime = Field(sa_type=Moment)
    #: When Slack was last asked for somebody with this e-mail.
    asked_at: datetime | None = Field(default=None, sa_type=Moment)


class UsageEventRow(SQLModel, table=True):
    """One call of a source, with its raw counts, the rate used, and the tokens charged."""

    __tablename__ = "usage_event"
    __table_args__ = (
        Index("usage_event_by_account", "workspace_id", "account_id", "occurred_at"),
        Index(
            "usage_event_unattributed",
            "workspace_id",
            "identity_id",
            sqlite_where=text("account_id = 'unattributed'"),
            postgresql_where=text("account_id = 'unattributed'"),
        ),
        # A provider's report: few rows beside the calls that it is compared with.
        Index(
            "usage_event_reported",
            "workspace_id",
            "occurred_at",
            sqlite_where=text("role = 'report'"),
            postgresql_where=text("role = 'report'"),
        ),
        CheckConstraint("role IN ('gateway', 'telemetry', 'report')", name="usage_event_role"),
        CheckConstraint(
            f"input_uncached BETWEEN 0 AND {COUNT_MAX} AND cache_read BETWEEN 0 AND {COUNT_MAX} "
            f"AND cache_write BETWEEN 0 AND {COUNT_MAX} AND output BETWEEN 0 AND {COUNT_MAX} "
            "AND reasoning BETWEEN 0 AND output",
            name="usage_event_counts",
        ),
        CheckConstraint("tokens >= 0", name="usage_event_tokens"),
        CheckConstraint("tokens = 0 OR entry_id IS NOT NULL", name="usage_event_entry"),
    )

    workspace_id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    revision: int = 0
    role: str
    #: Whose it is: a member's account, a pool, or `unattributed`.
    account_id: str
    identity_id: str | None = None
    #: The paying team at that time, and the local date there.
    team_id: str
    day: str = Field(max_length=10)
    occurred_at: datetime = Field(sa_type=Moment)
    received_at: datetime = Field(sa_type=Moment)
    provider: str
    model: str
    project: str
    input_uncached: int = Field(sa_type=BigInteger)
    cache_read: int = Field(sa_type=BigInteger)
    cache_write: int = Field(sa_type=BigInteger)
    output: int = Field(sa_type=BigInteger)
    reasoning: int = Field(sa_type=BigInteger)
    #: What it was charged, at which rate; zero where another source is charged for the call.
    tokens: int = Field(sa_type=BigInteger)
    rate: str
    #: In billionths of a dollar; NULL where nobody knows.
    cost_nano: int | None = Field(default=None, sa_type=BigInteger)
    cost_is_estimate: bool = False
    is_estimate: bool = False
    #: The entry that charged it; NULL where nothing was charged.
    entry_id: str | None = None
    team_label: str = ""
    #: A flat JSON object, or empty.
    details: str = Field(default="", sa_type=Text)


class UsageRevisionRow(SQLModel, table=True):
    """A later figure of an event: how much more, or less, was charged by which entry."""

    __tablename__ = "usage_revision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "source", "external_id"],
            ["usage_event.workspace_id", "usage_event.source", "usage_event.external_id"],
        ),
        Index("usage_revision_by_entry", "workspace_id", "entry_id"),
    )

    workspace_id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    #: What it added to the tokens charged; negative where the figures fell.
    tokens: int = Field(sa_type=BigInteger)
    entry_id: str | None = None
    received_at: datetime = Field(sa_type=Moment)


class TrueUpRow(SQLModel, table=True):
    """How much was charged, or given back, since a provider's report of a day said otherwise."""

    __tablename__ = "true_up"

    workspace_id: str = Field(primary_key=True)
    provider: str = Field(primary_key=True)
    #: In UTC, as providers count.
    day: str = Field(primary_key=True, max_length=10)
    account_id: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    #: Where the difference was summed: the paying team, and its local day.
    team_id: str
    #: All differences so far; negative where less was used than was charged.
    tokens: int = Field(sa_type=BigInteger)
    #: The entry of the latest.
    entry_id: str
    trued_at: datetime = Field(sa_type=Moment)


class MeterRow(SQLModel, table=True):
    """Since when which kind of source is charged for a team's use of a provider."""

    __tablename__ = "meter"
    __table_args__ = (
        CheckConstraint("role IN ('gateway', 'telemetry', 'report')", name="meter_role"),
    )

    workspace_id: str = Field(primary_key=True)
    team_id: str = Field(primary_key=True)
    provider: str = Field(primary_key=True)
    #: Empty for ever before; else a moment's text that sorts.
    since: str = Field(primary_key=True, max_length=32)
    role: str
    #: The latest event it was charged for, where a surer source may take over.
    last_at: datetime | None = Field(default=None, sa_type=Moment)


class SourceDayRow(SQLModel, table=True):
    """What a source told of a provider's day in UTC: its last event, its lag, and its sums."""

    __tablename__ = "source_day"

    workspace_id: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    provider: str = Field(primary_key=True)
    day: str = Field(primary_key=True, max_length=10)
    role: str
    events: int = Field(sa_type=BigInteger)
    #: Input and output as the source counted them, charged or not.
    counted: int = Field(sa_type=BigInteger)
    #: What of it was charged.
    tokens: int = Field(sa_type=BigInteger)
    last_occurred_at: datetime = Field(sa_type=Moment)
    last_received_at: datetime = Field(sa_type=Moment)
    #: Those whose personal keys sent it, as `/U1/U2/`; of many, a few. Empty where a key that is
    #: nobody's own sent some of it.
    people: str = ""


class RateCardRow(SQLModel, table=True):
    """A version of what tokens are charged per token of each class. Append-only."""

    __tablename__ = "rate_card"
    __table_args__ = (
        CheckConstraint("preset IN ('raw', 'cost', 'table')", name="rate_card_preset"),
        Index("rate_card_by_time", "workspace_id", "effective_from"),
    )

    workspace_id: str = Field(primary_key=True)
    card_id: str = Field(primary_key=True)
    name: str
    preset: str
    #: For `cost`: what a million tokens are worth, in billionths of a dollar.
    usd_per_million_nano: int | None = Field(default=None, sa_type=BigInteger)
    #: For `table`: patterns and weights, as JSON.
    rows: str = Field(default="", sa_type=Text)
    effective_from: datetime = Field(sa_type=Moment)
    created_at: datetime = Field(sa_type=Moment)
    created_by: str


class SeriesRow(SQLModel, table=True):
    """The last value of a growing figure that a sender reports, so that the difference is known."""

    __tablename__ = "series"
    __table_args__ = (Index("series_by_age", "workspace_id", "seen_at"),)

    workspace_id: str = Field(primary_key=True)
    #: A hash of whose key it came by and of all that names the series.
    series_id: str = Field(primary_key=True)
    #: When the sender began to count, in nanoseconds of its own clock.
    started_ns: int = Field(sa_type=BigInteger)
    last_ns: int = Field(sa_type=BigInteger)
    value: int = Field(sa_type=BigInteger)
    seen_at: datetime = Field(sa_type=Moment)


class SignalRow(SQLModel, table=True):
    """Which of an agent session's signals is counted: the first that came, and no other."""

    __tablename__ = "signal"
    __table_args__ = (Index("signal_by_age", "workspace_id", "seen_at"),)

    workspace_id: str = Field(primary_key=True)
    #: A hash of whose key it came by and of the session.
    session_key: str = Field(primary_key=True)
    #: `logs`, `metrics` or `traces`.
    signal: str
    seen_at: datetime = Field(sa_type=Moment)
