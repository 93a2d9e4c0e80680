"""Teams: groups of people here, with managers, a pool, a channel and a zone of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.domain.allowances import Allowance
from bot.domain.budgets import BudgetState
from bot.domain.directory import EVERYONE, TeamId, UserId
from bot.domain.ledger import AccountId, AccountKind
from bot.domain.refusals import NameFault, TeamNameRefused, ZoneUnknown

#: Monday.
DIGEST_WEEKDAY = 0
DIGEST_HOUR = 9
#: The longest name of a team; with more a list of teams is hard to read.
NAME_MAX = 60
#: People named in one command or form; a user group brings more.
NAMED_MAX = 50
#: A name that began so would be read as a person, a channel or a group, and a mark as its end.
_NO_BEGINNING = ("@", "#", "!", "<", "/")
_NO_MARKS = frozenset('"“”`<>\n\r\t')


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
    #: The Slack user group that says who is in it, if one does, and the group's handle.
    usergroup_id: str | None = None
    usergroup_handle: str = ""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamView:
    """A team as its managers see it: who is in it, who looks after it, and what it has."""

    team: Team
    people: int
    #: The first of them by id, as many as a message shows.
    shown: tuple[UserId, ...] = ()
    managers: tuple[UserId, ...] = ()
    #: What its pool has available; None for *Everyone*, which has none.
    pool: int | None = None
    #: What may leave that in a period, if there is a limit.
    budget: BudgetState | None = None
    #: What credits its members, or its pool.
    rules: tuple[Allowance, ...] = ()


def clean_name(typed: str) -> str:
    """A team's name, its spaces put right. Raises `TeamNameRefused`."""
    name = " ".join(typed.split())
    if not name:
        raise TeamNameRefused(typed, NameFault.EMPTY)
    if len(name) > NAME_MAX:
        raise TeamNameRefused(name, NameFault.TOO_LONG)
    if name.startswith(_NO_BEGINNING) or name[0].isdigit() or _NO_MARKS & set(name):
        raise TeamNameRefused(name, NameFault.UNREADABLE)
    return name


def zone_named(typed: str) -> str:
    """A zone by its name in any capitals, or by its city alone: `berlin` is `Europe/Berlin`.

    Raises `ZoneUnknown` with the nearest name.
    """
    wanted = "_".join(typed.split()).casefold()
    known = _zones()
    cities = [name for low, name in known.items() if low.rpartition("/")[2] == wanted]
    if wanted in known:
        return known[wanted]
    if len(cities) == 1:
        return cities[0]
    nearest = get_close_matches(wanted, known, n=1, cutoff=0.5)
    close = [known[name] for name in nearest] or cities
    raise ZoneUnknown(typed, close[0] if close else None)


@cache
def _zones() -> Mapping[str, str]:
    """Zones by their name in small letters; not those that only old systems know."""
    return {
        name.casefold(): name
        for name in sorted(available_timezones())
        if not name.startswith(("posix/", "right/", "Etc/", "SystemV/"))
    }
