"""What each team's limits are, and for whom they are lifted."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from bot.storage.moments import Moment


class PolicyRow(SQLModel, table=True):
    """What holds for calls of a team's people; teams without a row have *Everyone*'s."""

    __tablename__ = "policy"
    __table_args__ = (
        CheckConstraint("mode IN ('off', 'warn', 'soft', 'hard')", name="policy_mode"),
    )

    workspace_id: str = Field(primary_key=True)
    team_id: str = Field(primary_key=True)
    mode: str
    grace_tokens: int = Field(default=0, sa_type=BigInteger)
    grace_percent: int = 0
    request_max: int | None = Field(default=None, sa_type=BigInteger)
    day_tokens: int | None = Field(default=None, sa_type=BigInteger)
    day_percent: int | None = None
    fallback_model: str = ""
    advance: int = Field(default=0, sa_type=BigInteger)


class CapRow(SQLModel, table=True):
    """The most that is used of some models by each person, or for a project by the team.

    *Everyone*'s hold for all, beside those of a person's own team.
    """

    __tablename__ = "cap"
    __table_args__ = (
        Index("cap_by_team", "workspace_id", "team_id", "measure", "name", "period", unique=True),
        CheckConstraint("measure IN ('model', 'project')", name="cap_measure"),
        CheckConstraint("tokens >= 0", name="cap_tokens"),
    )

    workspace_id: str = Field(primary_key=True)
    cap_id: str = Field(primary_key=True)
    team_id: str
    measure: str
    name: str
    tokens: int = Field(sa_type=BigInteger)
    period: str
    fallback_model: str = ""


class LiftRow(SQLModel, table=True):
    """Until then nothing refuses an account's calls. The latest row counts; none goes away."""

    __tablename__ = "lift"
    __table_args__ = (Index("lift_by_account", "workspace_id", "account_id", "lift_id"),)

    workspace_id: str = Field(primary_key=True)
    lift_id: str = Field(primary_key=True)
    account_id: str
    until: datetime = Field(sa_type=Moment)
    by: str
    created_at: datetime = Field(sa_type=Moment)
