"""What was taken in advance of an allowance, and how much of it was repaid."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

ADVANCE_OPEN = "repaid < tokens"


class AdvanceRow(SQLModel, table=True):
    """An advance, which the credits of its account's next allowances repay."""

    __tablename__ = "advance"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "entry_id"], ["entry.workspace_id", "entry.entry_id"]
        ),
        CheckConstraint("tokens > 0", name="advance_tokens"),
        CheckConstraint("repaid BETWEEN 0 AND tokens", name="advance_repaid"),
        Index(
            "advance_open",
            "workspace_id",
            "account_id",
            sqlite_where=text(ADVANCE_OPEN),
            postgresql_where=text(ADVANCE_OPEN),
        ),
    )

    workspace_id: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)
    account_id: str
    #: Where it goes back to: where it came from, or the treasury for a pool that has ended.
    owed_to: str
    tokens: int = Field(sa_type=BigInteger)
    repaid: int = Field(default=0, sa_type=BigInteger)
