"""What a person's Home tab shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.balances import Balance
from bot.domain.digests import Part
from bot.domain.directory import UserId
from bot.domain.history import Page
from bot.domain.teams import Team
from bot.domain.topups import TopUp

#: Slack says that a Home is opened and not that it is left: it is kept fresh for a working day.
WATCHED_FOR = timedelta(hours=12)
#: Requests that stand on a Home with their buttons; the others are counted, and are in the list.
QUEUE_MAX = 5
#: Teams at a glance, and people named in each.
GLANCES_MAX = 3
NAMED_MAX = 5
#: Whoever has less than so many days' worth left is near their end.
NEAR_DAYS = 2
#: The days of *this week*, today among them.
WEEK_DAYS = 7


class Step(StrEnum):
    """What an admin sets up once."""

    CHANNEL = "channel"
    APPROVERS = "approvers"
    ALLOWANCE = "allowance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What somebody used in the last days, of which the last is today."""

    days: Sequence[date]
    by_day: Mapping[date, int]
    #: The models that took most.
    models: tuple[Part, ...] = ()

    @property
    def tokens(self) -> int:
        return sum(self.by_day.get(day, 0) for day in self.days)

    @property
    def today(self) -> date:
        return self.days[-1]


@dataclass(frozen=True, slots=True)
class Asking:
    """An open request of the viewer's own, and who may decide it now."""

    topup: TopUp
    deciders: tuple[UserId, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open request that the viewer may decide, and what its requester has."""

    topup: TopUp
    available: int


@dataclass(frozen=True, slots=True)
class Queue:
    """The oldest of the requests that wait for the viewer, and how many there are."""

    first: tuple[Waiting, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Near:
    """A member who has little left, as fast as their tokens went lately."""

    user_id: UserId
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A team as its approvers see it at a glance."""

    team: Team
    people: int
    #: What its pool has available; None for *Everyone*, which has none.
    pool: int | None
    #: What it paid for in the last days.
    used: int
    #: Those with the least left, and how many there are.
    near: tuple[Near, ...] = ()
    near_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What one person has and can do, and what others wait for from them."""

    balance: Balance
    week: Week
    open_topups: tuple[Asking, ...]
    history: Page
    #: None for whoever decides nothing.
    queue: Queue | None = None
    glances: tuple[Glance, ...] = ()
    #: Teams beyond those at a glance.
    more_teams: int = 0
    #: What nobody has set up yet, for whoever can.
    missing: tuple[Step, ...] = ()
    #: When the viewer's day is over, and with it the week another.
    day_ends_at: datetime | None = None
