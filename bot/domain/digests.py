"""What a digest tells: the facts of a team's week, or of a member's own, as they were then."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import Any

from bot.domain import periods
from bot.domain.directory import TeamId, UserId
from bot.domain.periods import Period
from bot.domain.teams import Team

#: Weeks before last week's that make a typical one.
TYPICAL_WEEKS = 4
#: Fewer than this are not typical of anything.
TYPICAL_LEAST = 2
#: Parts by model or project that are told by name, and people who are shown.
PARTS_MAX = 5
LEADERS_MAX = 5
#: What lasts a member less than so many days is worth a request.
SHORT_DAYS = 7
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one model or project took of a week, and of the one before."""

    name: str
    tokens: int
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What came to and went from the members of a team in a week, use aside."""

    granted: int = 0
    grants: int = 0
    allowances: int = 0
    transferred: int = 0
    transfers: int = 0
    expired: int = 0
    returned: int = 0
    reversed: int = 0
    #: From the treasury into the pool.
    issued: int = 0

    @property
    def came(self) -> int:
        return self.granted + self.allowances

    @property
    def is_empty(self) -> bool:
        return not any(asdict(self).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """What was asked and decided in a week, and what still waits."""

    asked: int = 0
    asked_tokens: int = 0
    approved: int = 0
    approved_tokens: int = 0
    denied: int = 0
    #: How long the decided ones had waited: half of them no longer than this.
    wait_seconds: int | None = None
    longest_seconds: int | None = None
    open: int = 0
    open_tokens: int = 0
    #: How long the oldest open one has waited.
    open_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFacts:
    """What a team's pool holds, and how long that lasts at the pace at which tokens leave it."""

    available: int
    #: None while there is not enough to say.
    per_day: int | None = None
    lasts_days: int | None = None
    lasts_on: str | None = None
    #: When an allowance fills it next.
    fills_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """A member whom a team shows that wants its people shown."""

    user_id: UserId
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A team's week; days are Monday to Sunday in its zone, dates ISO text."""

    team_id: TeamId
    team: str
    zone: str
    week_on: str
    days: tuple[int, ...] = (0,) * 7
    days_before: tuple[int, ...] = (0,) * 7
    #: The median of four earlier weeks; None while there are too few.
    typical: int | None = None
    #: What a week's share of its members' allowances is; None where they have none.
    allowance: int | None = None
    calls: int = 0
    users: int = 0
    members: int = 0
    models: tuple[Part, ...] = ()
    projects: tuple[Part, ...] = ()
    moves: Moves = field(default_factory=Moves)
    moves_before: Moves = field(default_factory=Moves)
    requests: Requests = field(default_factory=Requests)
    pool: PoolFacts | None = None
    leaders: tuple[Leader, ...] = ()

    @property
    def used(self) -> int:
        return sum(self.days)

    @property
    def used_before(self) -> int:
        return sum(self.days_before)

    @property
    def has_use(self) -> bool:
        return bool(self.used or self.used_before or self.typical)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMoves:
    """What came to and went from one member in a week, use aside."""

    granted: int = 0
    allowances: int = 0
    received: int = 0
    sent: int = 0
    expired: int = 0
    taken_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWeek:
    """A member's own week, for them alone."""

    zone: str
    week_on: str
    days: tuple[int, ...] = (0,) * 7
    days_before: tuple[int, ...] = (0,) * 7
    models: tuple[Part, ...] = ()
    moves: OwnMoves = field(default_factory=OwnMoves)
    available: int = 0
    per_day: int | None = None
    lasts_days: int | None = None
    lasts_on: str | None = None
    expiring: int = 0
    expires_on: str | None = None
    #: When an allowance comes next.
    next_on: str | None = None

    @property
    def used(self) -> int:
        return sum(self.days)

    @property
    def used_before(self) -> int:
        return sum(self.days_before)

    @property
    def is_short(self) -> bool:
        """Whether it runs out within days, and before more comes."""
        if self.available <= 0:
            return True
        if self.lasts_days is None or self.lasts_days >= SHORT_DAYS:
            return False
        return self.next_on is None or self.lasts_on is None or self.lasts_on < self.next_on

    @property
    def loses(self) -> bool:
        """Whether some of what expires next would still be there then, at this pace."""
        if self.expires_on is None or self.lasts_days is None or self.lasts_on is None:
            return self.expires_on is not None
        # Both count from the same day, which is told by neither.
        spare = (date.fromisoformat(self.lasts_on) - date.fromisoformat(self.expires_on)).days
        return spare > 0 and (self.per_day or 0) * (self.lasts_days - spare) < self.expiring


def last_full_week(today: date) -> date:
    """The Monday of the week that ended last."""
    return periods.span(today, Period.WEEK).start - _WEEK


def due_week(team: Team, now: datetime) -> date:
    """The week of which the team's latest due digest tells; earlier ones are not made up for."""
    latest = last_full_week(periods.day_of(now, team.clock))
    return latest if due_at(team, latest) <= now else latest - _WEEK


def due_at(team: Team, week_on: date) -> datetime:
    """When the digest of a week is due: on the team's weekday of the week after it."""
    day = week_on + _WEEK + timedelta(days=team.digest_weekday)
    return periods.moment_of(day, team.digest_hour, team.clock)


def newest_week(now: datetime) -> date:
    """The latest week that is over anywhere on earth, where a day begins up to 14 hours early."""
    return last_full_week((now + timedelta(hours=14)).date())


def typical(weeks: list[int]) -> int | None:
    """The median of earlier weeks, oldest first, from the first in which anything was used."""
    while weeks and not weeks[0]:
        weeks = weeks[1:]
    return median_low(weeks) if len(weeks) >= TYPICAL_LEAST else None


def largest(parts: list[Part]) -> tuple[Part, ...]:
    """The largest few by name, and all others as one."""
    ordered = sorted(parts, key=lambda part: (-part.tokens, -part.before, part.name))
    if len(ordered) <= PARTS_MAX + 1:
        return tuple(ordered)
    rest = ordered[PARTS_MAX:]
    others = Part(
        name=f"{len(rest)} others",
        tokens=sum(part.tokens for part in rest),
        before=sum(part.before for part in rest),
    )
    return (*ordered[:PARTS_MAX], others)


def dump(week: Week | OwnWeek) -> str:
    """The facts as a notice carries them."""
    return json.dumps(asdict(week), ensure_ascii=False, separators=(",", ":"))


def load_team(text: str) -> Week:
    """The facts of a team's week, as they were dumped."""
    facts: dict[str, Any] = json.loads(text)
    pool = facts["pool"]
    return Week(
        **{
            **_days(facts),
            "models": _parts(facts["models"]),
            "projects": _parts(facts["projects"]),
            "moves": Moves(**facts["moves"]),
            "moves_before": Moves(**facts["moves_before"]),
            "requests": Requests(**facts["requests"]),
            "pool": PoolFacts(**pool) if pool else None,
            "leaders": tuple(Leader(**leader) for leader in facts["leaders"]),
        }
    )


def load_own(text: str) -> OwnWeek:
    """The facts of a member's own week, as they were dumped."""
    facts: dict[str, Any] = json.loads(text)
    moves = OwnMoves(**facts["moves"])
    return OwnWeek(**{**_days(facts), "models": _parts(facts["models"]), "moves": moves})


def _days(facts: dict[str, Any]) -> dict[str, Any]:
    days = {name: tuple(facts[name]) for name in ("days", "days_before")}
    return {**facts, **days}


def _parts(facts: list[dict[str, Any]]) -> tuple[Part, ...]:
    return tuple(Part(**part) for part in facts)
