"""Teams: groups of people here, with managers, a pool, a channel and a zone of their own."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.directory import EVERYONE, TeamId
from bot.domain.ledger import AccountId, AccountKind

#: Monday.
DIGEST_WEEKDAY = 0
DIGEST_HOUR = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team as it stands. *Everyone* is one too, without a pool."""

    team_id: TeamId
    name: str
    zone: str = "UTC"
    #: Where its digest goes, once somebody chose.
    channel_id: str | None = None
    digest_weekday: int = DIGEST_WEEKDAY
    digest_hour: int = DIGEST_HOUR
    shows_leaderboard: bool = False
    usergroup_id: str | None = None
    #: Percentages at which its members are warned; None for those out of the box.
    thresholds: str | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def clock(self) -> ZoneInfo:
        """Its zone, whose name was checked when it was chosen."""
        return ZoneInfo(self.zone)

    @property
    def is_everyone(self) -> bool:
        return self.team_id == EVERYONE


def pool_account(team_id: TeamId) -> AccountId:
    """The account of a team's pool."""
    return AccountId(f"{AccountKind.POOL}:{team_id}")
