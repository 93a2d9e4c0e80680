"""What people's Home tabs were drawn from, so that the stale ones are known."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from bot.storage.moments import Moment


class HomeRow(SQLModel, table=True):
    """Somebody's Home tab: until when it is kept fresh, and what it was last drawn from."""

    __tablename__ = "home"
    __table_args__ = (Index("home_watched", "workspace_id", "watched_until"),)

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    #: Slack tells us that a Home is opened, and never that it is left.
    watched_until: datetime = Field(sa_type=Moment)
    #: Whether it shows figures of others too, and so changes with theirs.
    is_wide: bool = False
    #: The person's own facts as they were just before it was drawn (`storage.homes`); empty before.
    seen: str = Field(default="", sa_type=Text)
    #: What concerns everybody of the workspace, likewise.
    tide: str = Field(default="", sa_type=Text)
    #: When something in it changes by the clock alone.
    look_at: datetime = Field(sa_type=Moment)
    #: A fingerprint of the view that Slack has; empty where that is not known.
    drawn: str = ""
    drawn_at: datetime = Field(sa_type=Moment)
    #: The notice by which it was drawn: an earlier one is kept no longer.
    drawn_by: str = ""
