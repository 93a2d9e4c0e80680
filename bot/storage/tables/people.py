"""Workspaces, teams, people, and what they chose."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from bot.storage.moments import Moment


class WorkspaceRow(SQLModel, table=True):
    """A Slack workspace that the bot serves, as `auth.test` describes it."""

    __tablename__ = "workspace"

    workspace_id: str = Field(primary_key=True)
    name: str = ""
    url: str = ""
    bot_user_id: str = ""
    created_at: datetime = Field(sa_type=Moment)
    directory_read_at: datetime | None = Field(default=None, sa_type=Moment)
    #: The app's own id, as each request of Slack's names it; empty until one came.
    app_id: str = ""


class TeamRow(SQLModel, table=True):
    """A group here. *Everyone* exists from the start."""

    __tablename__ = "team"
    __table_args__ = (
        Index(
            "team_name",
            "workspace_id",
            text("lower(name)"),
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("digest_weekday BETWEEN 0 AND 6", name="team_digest_weekday"),
        CheckConstraint("digest_hour BETWEEN 0 AND 23", name="team_digest_hour"),
    )

    workspace_id: str = Field(primary_key=True)
    team_id: str = Field(primary_key=True)
    name: str
    external_ref: str | None = None
    created_at: datetime = Field(sa_type=Moment)
    #: The name of a zone, as `zoneinfo` knows it; all its periods and hours are in it.
    zone: str = "UTC"
    #: Where its digest goes; there is none until somebody chose.
    channel_id: str | None = None
    #: Monday is 0.
    digest_weekday: int = 0
    digest_hour: int = 9
    #: Whether its digest may name people at all; each can still stay out.
    shows_leaderboard: bool = False
    #: The Slack user group that says who is in it, if one does.
    usergroup_id: str | None = None
    #: Percentages, as in `20,5,0`; NULL for those out of the box.
    thresholds: str | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    #: The handle of that group, without the @.
    usergroup_handle: str = ""
    #: When its people were last read; NULL while that is to be done.
    usergroup_read_at: datetime | None = Field(default=None, sa_type=Moment)
    #: Who chose the group, until they were told that it was read.
    usergroup_chosen_by: str | None = None


class MemberRow(SQLModel, table=True):
    """The directory: names and e-mail live here alone, so that a leaver can be forgotten."""

    __tablename__ = "member"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "team_id"], ["team.workspace_id", "team.team_id"]),
        Index("member_by_age", "workspace_id", "fetched_at"),
        Index("member_by_team", "workspace_id", "team_id", "user_id"),
        Index("member_by_email", "workspace_id", text("lower(email)")),
    )

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    name: str = ""
    email: str | None = None
    zone: str | None = None
    standing: str
    is_slack_admin: bool = False
    team_id: str = "everyone"
    external_ref: str | None = None
    dm_channel: str | None = None
    fetched_at: datetime | None = Field(default=None, sa_type=Moment)
    #: When they came to their team: its managers see them from then on.
    team_since: datetime | None = Field(default=None, sa_type=Moment)


class RoleRow(SQLModel, table=True):
    """A role that somebody was given here; Slack's admins have theirs without a row."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint("role IN ('manager', 'finance', 'admin')", name="role_known"),
    )

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    #: The team of a manager; empty for the others.
    team_id: str = Field(primary_key=True)
    given_at: datetime = Field(sa_type=Moment)


class StandInRow(SQLModel, table=True):
    """Who decides for an approver who is away. A later row of an approver ends an earlier one."""

    __tablename__ = "stand_in"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="stand_in_time"),
        CheckConstraint("stand_in <> user_id", name="stand_in_is_another"),
        Index(
            "stand_in_unfinished",
            "workspace_id",
            "starts_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    starts_at: datetime = Field(primary_key=True, sa_type=Moment)
    ends_at: datetime = Field(sa_type=Moment)
    stand_in: str
    #: When the clock passed on what the absent approver held.
    begun_at: datetime | None = Field(default=None, sa_type=Moment)
    #: When it passed that on again: the time is over, or the stand-in has left.
    closed_at: datetime | None = Field(default=None, sa_type=Moment)


class PreferenceRow(SQLModel, table=True):
    """What a person chose for themselves; who has no row has what comes out of the box."""

    __tablename__ = "preference"
    __table_args__ = (
        CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23", name="preference_hours"
        ),
    )

    workspace_id: str = Field(primary_key=True)
    user_id: str = Field(primary_key=True)
    #: Percentages, as in `20,5,0`; NULL for the team's, empty for none.
    thresholds: str | None = None
    #: Hours of their own zone; the same twice is no quiet hours.
    quiet_from: int = 20
    quiet_to: int = 8
    has_quiet_weekends: bool = True
    wants_digest: bool = False
    #: Never named in a digest, whatever the team shows.
    is_unlisted: bool = False


class SettingRow(SQLModel, table=True):
    """A workspace's choice; what has no row is as it comes out of the box."""

    __tablename__ = "setting"

    workspace_id: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
