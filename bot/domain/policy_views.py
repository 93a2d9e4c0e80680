"""Policies as people see them: one of a team, and a cap that was put."""

from dataclasses import dataclass

from bot.domain.directory import Member
from bot.domain.policies import Cap, Policy
from bot.domain.teams import Team


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPolicy:
    """What holds for a team: its own, or *Everyone*'s where it has none; and its own caps."""

    #: Who looks.
    viewer: Member
    team: Team
    policy: Policy
    is_own: bool
    caps: tuple[Cap, ...] = ()
    #: *Everyone*'s, which hold beside a team's own.
    caps_of_all: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """A cap that was put, and the policy with it."""

    seen: TeamPolicy
    cap: Cap
    #: The one of the same name and period that it came in place of.
    before: Cap | None = None
    #: Of a cap of models: those used lately that it counts.
    models: tuple[str, ...] = ()
