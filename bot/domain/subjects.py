"""Whom somebody named: a person, a team, a team's pool."""

from dataclasses import dataclass
from datetime import date

from bot.domain.allowances import Subject
from bot.domain.directory import Member
from bot.domain.teams import Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody who was named, with the team in whose zone their allowance runs."""

    subject: Subject
    person: Member | None
    team: Team
    #: The day it is in that zone.
    today: date
