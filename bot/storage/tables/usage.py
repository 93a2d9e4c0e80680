"""Usage by day."""

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel


class RollupRow(SQLModel, table=True):
    """Usage summed by day, in the paying team's zone: what digests and dashboards read."""

    __tablename__ = "rollup"
    __table_args__ = (
        Index("rollup_by_member", "workspace_id", "user_id", "day"),
        Index("rollup_by_project", "workspace_id", "team_id", "day", "project"),
        CheckConstraint("calls >= 0", name="rollup_calls"),
    )

    workspace_id: str = Field(primary_key=True)
    #: The paying team at the time of the usage; `unattributed` for what belongs to nobody yet.
    team_id: str = Field(primary_key=True)
    day: str = Field(primary_key=True, max_length=10)
    #: Empty for a service, whose team pays, and for nobody.
    user_id: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    project: str = Field(primary_key=True)
    #: What was charged.
    tokens: int = Field(sa_type=BigInteger)
    calls: int = Field(sa_type=BigInteger)
    #: What was counted, by class, and what it cost in billionths of a dollar where that is known.
    input_uncached: int = Field(default=0, sa_type=BigInteger)
    cache_read: int = Field(default=0, sa_type=BigInteger)
    cache_write: int = Field(default=0, sa_type=BigInteger)
    output: int = Field(default=0, sa_type=BigInteger)
    cost_nano: int = Field(default=0, sa_type=BigInteger)
    #: Calls whose cost nobody knows.
    unpriced: int = Field(default=0, sa_type=BigInteger)
