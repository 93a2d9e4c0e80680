"""Who is in the company that lives through the quarter, and by which rules; nothing of `bot`."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.domain.naive_allowances import NaiveRule

#: A Monday. The clocks of New York change on 8 March, those of Berlin on the 29th, those of
#: Santiago (back over midnight, so that an hour of 4 April comes twice) and Auckland on 5 April.
BEGIN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
STEP = timedelta(hours=3)
STEPS = 91 * 8
#: Of which so many are a week.
WEEK = 7 * 8
END = BEGIN + STEPS * STEP
MONDAY = date(2024, 1, 1)
MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamCast:
    """A team, with the rule for each of its members, if there is one."""

    name: str
    zone: str
    manager: str
    people: tuple[str, ...]
    rule: NaiveRule | None = None
    is_from_pool: bool = False
    channel: str | None = None
    #: Of its digests: the weekday from Monday, and the hour.
    weekday: int = 0
    hour: int = 9

    @property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


def rule(tokens: int, period: str, carry: int | None, **more: object) -> NaiveRule:
    """A rule from the first day on; its name is told by whom it is for."""
    terms = {"anchor": MONDAY, "starts_on": date(2026, 3, 2), "carry": carry, **more}
    return NaiveRule(name="", tokens=tokens, period=period, **terms)  # type: ignore[arg-type]


NORTH = TeamCast(
    name="north",
    zone="Europe/Berlin",
    manager="mia",
    people=("mia", "ana", "ben"),
    rule=rule(MILLION, "week", 0),
    channel="north",
)
WEST = TeamCast(
    name="west",
    zone="America/New_York",
    manager="moe",
    people=("moe", "cal", "dee", "sid"),
    rule=rule(4 * MILLION, "month", 500_000),
    channel="west",
    weekday=4,
    hour=16,
)
SOUTH = TeamCast(
    name="south",
    zone="Pacific/Auckland",
    manager="eva",
    people=("eva", "fay"),
    rule=rule(700_000, "week", None),
)
CAPE = TeamCast(
    name="cape",
    zone="America/Santiago",
    manager="jan",
    people=("jan", "kim", "vera", "sue"),
    channel="cape",
    weekday=6,
    hour=0,
)
POOLED = TeamCast(
    name="pooled",
    zone="Asia/Kolkata",
    manager="gus",
    people=("gus", "hal", "ivy"),
    rule=rule(2 * MILLION, "week", 0),
    is_from_pool=True,
    channel="pooled",
)
LEAN = TeamCast(
    name="lean",
    zone="UTC",
    manager="lou",
    people=("lou", "max"),
    rule=rule(MILLION, "week", 0),
    is_from_pool=True,
)
TEAMS = (NORTH, WEST, SOUTH, CAPE, POOLED, LEAN)
ADMINS = ("leo", "lia")
#: Who has a rule of their own.
OWN_RULES = {
    "jan": rule(3 * MILLION, "month", 0, anchor=date(2024, 1, 31)),
    "sue": rule(2 * MILLION, "month", 0, anchor=date(2024, 1, 15)),
    "kim": rule(9 * MILLION, "quarter", 0),
    "vera": rule(10_000_003, "week", None, parts=12, cliff=4),
}
#: What fills the pool: 30M a month, of which 6M go each week.
POOL_RULE = rule(30 * MILLION, "month", None)
#: The other pool has a week and a half; more comes on a Wednesday, and that is too little again.
LEAN_BEGINS = 3 * MILLION
LEAN_GETS = 20 * MILLION
LEAN_GETS_AT = datetime(2026, 3, 18, 12, 30, tzinfo=UTC)
#: Who asks for tokens when, and is left without an answer.
ASKING = {
    "ana": BEGIN,
    "cal": datetime(2026, 3, 26, 18, 30, tzinfo=UTC),
    "hal": datetime(2026, 4, 24, 9, 30, tzinfo=UTC),
}
#: Who reads their own week.
READERS = ("eva", "kim", "ana")
#: Who is far from their team, and asleep at other hours.
ELSEWHERE = {"ben": "Asia/Tokyo"}
#: Who uses nothing, and hears in time that it will expire.
SAVERS = ("sid", "sue")
#: Whose story the purses tell; that of the lean team's people is in `lean`.
WATCHED = tuple(one for team in TEAMS if team is not LEAN for one in team.people)


def team_of(name: str) -> TeamCast:
    return next(team for team in TEAMS if name in team.people)


def rule_of(name: str) -> NaiveRule | None:
    return OWN_RULES.get(name) or team_of(name).rule


def zone_of(name: str) -> str:
    """Where Slack says that the person is."""
    return ELSEWHERE.get(name) or team_of(name).zone


def user_of(name: str) -> str:
    return f"U{name.upper()}"


def account_of(name: str) -> str:
    return f"member:{user_of(name)}"
