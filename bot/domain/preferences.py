"""What people chose for themselves, and how they are reached."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.directory import EVERYONE, Standing, TeamId, UserId
from bot.domain.quiet import QuietHours
from bot.domain.teams import Team

_REACHABLE = frozenset({Standing.UNSEEN, Standing.ACTIVE, Standing.GUEST, Standing.FOREIGN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """When to be told of what; as it comes out of the box."""

    #: As in `20,5,0`; None for the team's, empty for none.
    thresholds: str | None = None
    quiet_from: int = 20
    quiet_to: int = 8
    has_quiet_weekends: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person, for whoever has something to tell them."""

    user_id: UserId
    standing: Standing = Standing.UNSEEN
    team_id: TeamId = EVERYONE
    zone: str | None = None
    preferences: Preferences = Preferences()

    @property
    def is_reachable(self) -> bool:
        """Not someone who left, nor an app."""
        return self.standing in _REACHABLE

    def quiet_hours(self, team: Team) -> QuietHours:
        """In their own zone; while Slack hasn't told it, in the team's."""
        chosen = self.preferences
        return QuietHours(
            known_zone(self.zone) or team.clock,
            chosen.quiet_from,
            chosen.quiet_to,
            chosen.has_quiet_weekends,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChoice:
    """When a person is told that tokens run low: what they chose, and where that is silent."""

    person: Contact
    team: Team

    @property
    def thresholds(self) -> str | None:
        """Those that hold; None for those out of the box."""
        own = self.person.preferences.thresholds
        return self.team.thresholds if own is None else own

    @property
    def quiet(self) -> QuietHours:
        return self.person.quiet_hours(self.team)


def known_zone(name: str | None) -> ZoneInfo | None:
    """The zone of this name, which came from Slack; None where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
