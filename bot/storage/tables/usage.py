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
    #: The paying team at the time of the usage.
    team_id: str = Field(primary_key=True)
    day: str = Field(primary_key=True, max_length=10)
    user_id: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    project: str = Field(primary_key=True)
    tokens: int = Field(sa_type=BigInteger)
    calls: int = Field(sa_type=BigInteger)
