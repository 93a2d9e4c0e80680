"""People who come into a team, or leave one, and what that takes along."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.allowances import Allowance
from bot.domain.directory import TeamId, UserId
from bot.domain.leavers import GoingBack
from bot.domain.teams import Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """Who comes into a team and who leaves it, before it is done, or as it was done."""

    team: Team
    joining: tuple[UserId, ...] = ()
    leaving: tuple[UserId, ...] = ()
    #: The team that each of them is in before.
    before: Mapping[UserId, Team] = field(default_factory=dict)
    #: What they have unspent of the rules of the team they leave, where that goes back.
    going_back: tuple[GoingBack, ...] = ()
    #: Rules that credit the members of a team: that of those who come, and those that are left.
    rules: Mapping[TeamId, tuple[Allowance, ...]] = field(default_factory=dict)

    @property
    def is_costly(self) -> bool:
        """Somebody loses an allowance, or what is left of one: it is shown before it is done."""
        return bool(self.going_back) or any(
            self.rules.get(team.team_id) for team in self.before.values()
        )
