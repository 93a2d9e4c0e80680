"""The open requests that an approver may decide: which of them are looked for, a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain import roles
from bot.domain.directory import Member, TeamId, UserId
from bot.domain.roles import Deed
from bot.domain.stand_ins import Absence
from bot.domain.topups import TopUp

#: Requests on a page, all of which can be decided at once: four groups of Slack's ten boxes.
PAGE = 40
#: Teams to choose from; a menu of Slack's has a hundred lines, one of which is for all.
TEAMS_MAX = 99


class Whose(StrEnum):
    """Which of them: those that came to the approver as a message, or all they may decide."""

    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What somebody looks for; what is None is any."""

    whose: Whose = Whose.MINE
    team_id: TeamId | None = None
    person: UserId | None = None
    tokens_max: int | None = None
    #: Waiting for at least so long.
    waited: timedelta | None = None
    #: From 0.
    page: int = 0

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out more than what is not for this approver."""
        chosen = (self.team_id, self.person, self.tokens_max, self.waited)
        return any(one is not None for one in chosen)


@dataclass(frozen=True, slots=True)
class Scope:
    """Requests of these teams' people, or of everyone where it is None, but not of these people."""

    team_ids: frozenset[TeamId] | None
    but: frozenset[UserId]


@dataclass(frozen=True, slots=True)
class Line:
    """An open request, and what the one who asks has left."""

    topup: TopUp
    available: int


@dataclass(frozen=True, slots=True)
class TeamCount:
    """How many requests of a team's people are open."""

    team_id: TeamId
    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of open requests, the oldest first, and how many there are in all."""

    chosen: Filter
    count: int
    #: What all of them ask for, those on other pages too.
    tokens: int
    lines: tuple[Line, ...]
    #: To choose from.
    teams: tuple[TeamCount, ...]
    now: datetime

    @property
    def pages(self) -> int:
        return max(-(-self.count // PAGE), 1)


def scopes(actor: Member, absences: Iterable[Absence], *, is_only_approver: bool) -> list[Scope]:
    """Whose requests the actor may decide, by their own roles and by those lent to them.

    Never their own, but where nobody else could; nor what somebody asks for whom they stand in.
    """
    own = frozenset() if is_only_approver else frozenset({actor.user_id})
    lent = [
        (one.absent, own | {one.absent.user_id})
        for one in absences
        if one.lends and one.stand_in.user_id == actor.user_id
    ]
    return [
        Scope(None if roles.may_for_all(member, Deed.DECIDE) else member.manages, but)
        for member, but in [(actor, own), *lent]
        if roles.may_for_someone(member, Deed.DECIDE)
    ]
