"""How a workspace began with the bot, and whether it has let go of it."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from bot.storage.moments import Moment


class ArrivalRow(SQLModel, table=True):
    """The one welcome that a workspace gets: whose it was, and where it stands."""

    __tablename__ = "arrival"

    workspace_id: str = Field(primary_key=True)
    #: NULL where nobody was welcomed: it was in use before there were welcomes.
    user_id: str | None = None
    arrived_at: datetime = Field(sa_type=Moment)
    #: Where its message stands, once it was sent.
    channel: str | None = None
    ts: str | None = None
    #: When every step was done or skipped; from then on the message stays as it is.
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class SkippedStepRow(SQLModel, table=True):
    """A step of setting up that an admin chose to leave out."""

    __tablename__ = "skipped_step"

    workspace_id: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    user_id: str
    skipped_at: datetime = Field(sa_type=Moment)


class KnockRow(SQLModel, table=True):
    """Somebody who came before Slack had said whether they are an admin."""

    __tablename__ = "knock"

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)


class DepartureRow(SQLModel, table=True):
    """The workspace let go of the bot: nothing is sent there until it takes it back."""

    __tablename__ = "departure"

    workspace_id: str = Field(primary_key=True)
    left_at: datetime = Field(sa_type=Moment)
    #: The event that told it, or Slack's code.
    why: str
