"""Allowances as people look at them."""

from dataclasses import dataclass
from datetime import date

from bot.domain.allowances import Allowance
from bot.domain.directory import Member
from bot.domain.subjects import Named
from bot.domain.teams import Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A rule as one line of a list."""

    allowance: Allowance
    team: Team
    #: The day and the amount of the next credit; None where there will be none.
    next_on: date | None
    next_tokens: int
    #: The last day of what was credited so far; None where it doesn't expire.
    good_until: date | None
    #: Whether the viewer may change, pause and end it.
    may_set: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Some rules, for a viewer; of whom is None where they are all that the viewer may set."""

    viewer: Member
    of: Named | None
    rules: tuple[Listed, ...]
    #: How many come before these.
    start: int = 0
    has_more: bool = False

    @property
    def is_own(self) -> bool:
        person = self.of.person if self.of else None
        return person is not None and person.user_id == self.viewer.user_id
