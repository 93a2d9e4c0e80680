"""Tokens held for calls that are about to be made."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, text
from sqlmodel import Field, SQLModel

from bot.domain.ledger import TOKENS_MAX
from bot.storage.moments import Moment

_OPEN = "state = 'open'"
_BEYOND = f"{_OPEN} AND promised > held"


class HoldRow(SQLModel, table=True):
    """A hold: what was asked, what is held of it still, and what its settlement was charged.

    `account.held` and `account.open_holds` are the sum and the number of those that are open; a
    change here goes with the account's, under the account's lock.
    """

    __tablename__ = "hold"
    __table_args__ = (
        Index("hold_key", "workspace_id", "idempotency_key", unique=True),
        Index(
            "hold_open",
            "workspace_id",
            "account_id",
            "expires_at",
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index(
            "hold_open_by_project",
            "workspace_id",
            "team_id",
            "project",
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        # Few rows: only what a policy let pass beyond what there was.
        Index(
            "hold_beyond",
            "workspace_id",
            "account_id",
            sqlite_where=text(_BEYOND),
            postgresql_where=text(_BEYOND),
        ),
        CheckConstraint(
            "state IN ('open', 'settled', 'voided', 'expired')", name="hold_state_known"
        ),
        CheckConstraint(f"tokens BETWEEN 0 AND {TOKENS_MAX}", name="hold_tokens"),
        CheckConstraint("promised BETWEEN 0 AND tokens", name="hold_promised"),
        CheckConstraint("held BETWEEN 0 AND promised", name="hold_held"),
        CheckConstraint(f"promised = 0 OR {_OPEN}", name="hold_ended_holds_nothing"),
    )

    workspace_id: str = Field(primary_key=True)
    hold_id: str = Field(primary_key=True)
    account_id: str
    #: The team that pays; its limits count what is promised.
    team_id: str
    state: str
    tokens: int = Field(sa_type=BigInteger)
    #: What its call may use still, and what of that is held: less where more was let pass than
    #: there is.
    promised: int = Field(sa_type=BigInteger)
    held: int = Field(sa_type=BigInteger)
    #: What its settlements were charged.
    settled: int = Field(default=0, sa_type=BigInteger)
    #: The event that settled it whole, and whether that came after its end.
    settled_source: str | None = None
    settled_id: str | None = None
    is_late: bool = False
    created_at: datetime = Field(sa_type=Moment)
    #: When it was to end at first, and when it ends now that it may have been extended.
    first_end_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    actor: str
    idempotency_key: str
    fingerprint: str
    #: What it is for, as its caller says: settlements that don't say it take it from here.
    user_label: str
    source: str = ""
    model: str = ""
    project: str = ""
    #: A flat JSON object, or empty.
    details: str = Field(default="", sa_type=Text)
