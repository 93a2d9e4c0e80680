"""What people are told about the team they are in, or look after."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.directory import TeamId, UserId


class TeamNews(StrEnum):
    """What changed for the recipient."""

    JOINED = "joined"
    LEFT = "left"
    MANAGES = "manages"
    MANAGES_NO_MORE = "manages_no_more"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamTold:
    """Somebody else changed the recipient's place in a team."""

    recipient: UserId
    actor: UserId
    team_id: TeamId
    news: TeamNews


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRead:
    """A team that was to follow a user group does: how many came, left, and pay elsewhere."""

    recipient: UserId
    team_id: TeamId
    handle: str
    came: int
    went: int
    elsewhere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLost:
    """A team's user group can't be read any more: its people stay, and the team follows none."""

    recipient: UserId
    team_id: TeamId
    handle: str
    #: Slack's error code, or `empty`.
    why: str
