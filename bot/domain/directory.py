"""Who is who: workspaces, teams, members, and what Slack says of a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

WorkspaceId = NewType("WorkspaceId", str)
UserId = NewType("UserId", str)
TeamId = NewType("TeamId", str)

#: The team of everyone who has no other. It has no pool of its own: the treasury pays.
EVERYONE = TeamId("everyone")

#: Slackbot is no bot by Slack's own flags.
SLACKBOT = UserId("USLACKBOT")

#: After this age a person's facts are asked of Slack again, in the background.
FACTS_AGE_MAX = timedelta(days=1)


class Standing(StrEnum):
    """Whether a person can hold tokens, and why not."""

    UNSEEN = "unseen"
    ACTIVE = "active"
    GUEST = "guest"
    FOREIGN = "foreign"
    BOT = "bot"
    DEACTIVATED = "deactivated"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What Slack says of someone (`users.info`); facts, before any rule of ours."""

    user_id: UserId
    name: str
    email: str | None = None
    zone: str | None = None
    is_admin: bool = False
    is_bot: bool = False
    is_guest: bool = False
    is_foreign: bool = False
    is_deactivated: bool = False

    @property
    def standing(self) -> Standing:
        if self.is_bot or self.user_id == SLACKBOT:
            return Standing.BOT
        if self.is_deactivated:
            return Standing.DEACTIVATED
        if self.is_foreign:
            return Standing.FOREIGN
        return Standing.GUEST if self.is_guest else Standing.ACTIVE


class Role(StrEnum):
    """What a person is here, beside being a member."""

    MEMBER = "member"
    MANAGER = "manager"
    FINANCE = "finance"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person here: standing, team and roles as the directory knows them."""

    user_id: UserId
    name: str = ""
    standing: Standing = Standing.UNSEEN
    team_id: TeamId = EVERYONE
    is_admin: bool = False
    is_finance: bool = False
    manages: frozenset[TeamId] = frozenset()
    fetched_at: datetime | None = None

    @property
    def is_approver(self) -> bool:
        """May grant to and decide for someone; a deactivated approver may not."""
        active = self.standing in {Standing.ACTIVE, Standing.GUEST}
        return active and (self.is_admin or bool(self.manages))
