"""What the quarter has to come to: lived through beforehand, with purses and watches of our own."""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.domain.naive_allowances import DAY, NaivePurse
from tests.e2e.quarter import cast, lean
from tests.e2e.quarter.cast import (
    BEGIN,
    END,
    STEP,
    STEPS,
    TEAMS,
    WEEK,
    TeamCast,
    account_of,
    user_of,
)
from tests.e2e.quarter.naive_alerts import Watch

#: What somebody uses at once, in per cent of what they have.
PARTS = (8, 25, 50, 79, 90, 100, 115)
#: The local hours at which people work: what they use is told of on the same day.
AT_WORK = range(8, 15)
MINUTE = timedelta(minutes=1)

#: Kind, recipient, and what tells it from others of its kind.
Told = tuple[str, str, str]
#: Local day, whether a rule credited, how much, and how much expired.
Line = tuple[date, bool, int, int]


@dataclass
class Expected:
    """The uses that the story has, and all that has to come of it."""

    #: By step: who uses how much, a minute after it.
    uses: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    diaries: dict[str, list[Line]] = field(default_factory=dict)
    told: Counter[Told] = field(default_factory=Counter)
    #: By the step that ends a week: all alerts and digests until then.
    told_by: dict[int, Counter[Told]] = field(default_factory=dict)
    #: Steps at which something is due: a credit, an expiry, a digest, an alert.
    due: set[int] = field(default_factory=set)


def live(seed: int) -> Expected:
    """A quarter in memory."""
    dice = random.Random(seed)  # noqa: S311 (a story)
    watches = {name: _watch(name) for name in cast.WATCHED}
    rule = replace(cast.POOL_RULE, name="pool")
    clock = cast.POOLED.clock
    pool = Watch(NaivePurse(clock, BEGIN, [rule]), rule, clock, pays_weekly=6 * cast.MILLION)
    pool.use(BEGIN, 6 * cast.MILLION)
    found = Expected()
    for step in range(1, STEPS + 1):
        now = BEGIN + step * STEP
        before, credits_of_gus = _came(watches, pool), len(watches["gus"].purse.diary)
        for one in watches.values():
            one.purse.wait_until(now)
        pool.purse.wait_until(now)
        if len(watches["gus"].purse.diary) > credits_of_gus:
            pool.use(now, 6 * cast.MILLION)
        for one in (*watches.values(), pool):
            one.look(now)
        if _came(watches, pool) > before:
            found.due.add(step)
        if step % WEEK == 0:
            found.told_by[step] = _alerts(watches, pool)
        if step < STEPS - 8:  # so that all of it is told of before the end
            _use(found, watches, step, now + MINUTE, dice)
    _write_down(found, watches, pool)
    return found


def claims(told: Counter[Told]) -> Counter[tuple[str, str, str]]:
    """The rows that make digests happen once: job, subject and week."""
    digests = [(kind, who, which) for kind, who, which in told if kind.endswith("digest")]
    return Counter(
        (kind, which.split()[0] if kind == "digest" else who, which.split()[-1])
        for kind, who, which in digests
    )


def _watch(name: str) -> Watch:
    rule = cast.rule_of(name)
    named = None if rule is None else replace(rule, name=name)
    purse = NaivePurse(cast.team_of(name).clock, BEGIN, [] if named is None else [named])
    return Watch(purse, named, ZoneInfo(cast.zone_of(name)))


def _came(watches: dict[str, Watch], pool: Watch) -> int:
    """How much has come of it so far: credits, expiries and alerts."""
    return sum(
        len(one.purse.diary) + len(one.told) + len(one.expiries)
        for one in (*watches.values(), pool)
    )


def _use(
    found: Expected, watches: dict[str, Watch], step: int, at: datetime, dice: random.Random
) -> None:
    """At most once a day each, on weekdays."""
    for name, one in watches.items():
        if name in cast.SAVERS:
            continue
        local = at.astimezone(one.zone)
        is_new_day = not one.uses or at - one.uses[-1][0] > timedelta(hours=18)
        is_at_work = local.weekday() < 5 and local.hour in AT_WORK
        if is_at_work and is_new_day and one.purse.balance > 0 and dice.random() < 0.35:
            tokens = one.purse.balance * dice.choice(PARTS) // 100 + 1
            one.use(at, tokens)
            found.uses.setdefault(step, []).append((name, tokens))


def _write_down(found: Expected, watches: dict[str, Watch], pool: Watch) -> None:
    for name, one in watches.items():
        found.diaries[account_of(name)] = _lines(one.purse)
    found.diaries["pool:pooled"] = _lines(pool.purse)
    found.diaries |= lean.DIARIES
    found.told.update(lean.TOLD)
    found.told.update(_alerts(watches, pool))
    _write_beginnings(found)
    _write_digests(found)
    _write_requests(found)


def _lines(purse: NaivePurse) -> list[Line]:
    return [(day, rule is not None, came, gone) for day, rule, came, gone in purse.diary]


def _alerts(watches: dict[str, Watch], pool: Watch) -> Counter[Told]:
    """What the watches have told so far."""
    found: Counter[Told] = Counter()
    watched = [(one, user_of(name), account_of(name)) for name, one in watches.items()]
    for one, recipient, account in (*watched, (pool, user_of(cast.POOLED.manager), "pool:pooled")):
        for threshold, period_on in one.told:
            found["low_balance", recipient, f"{account} {threshold} {period_on}"] += 1
        for day in one.expiries:
            found["tokens_expire", recipient, str(day)] += 1
    return found


def _write_beginnings(found: Expected) -> None:
    """Whoever is credited hears of the first time."""
    for account, lines in found.diaries.items():
        if any(is_credit for _, is_credit, _, _ in lines) and account.startswith("member:"):
            found.told["allowance_begun", account.partition(":")[2], ""] += 1


def _write_digests(found: Expected) -> None:
    for team in TEAMS:
        for at, monday in _weeks(team, since=BEGIN, until=END) if team.channel else ():
            _write_digest(found, at, ("digest", team.channel or "", f"{team.name} {monday}"))
    for name in cast.READERS:
        team = cast.team_of(name)
        # The clock meets them first at the first step, and tells of the newest week there is.
        newest = _weeks(team, since=BEGIN - 14 * DAY, until=BEGIN)[-1]
        for at, monday in (newest, *_weeks(team, since=BEGIN, until=END)):
            _write_digest(found, at, ("own_digest", user_of(name), str(monday)))


def _write_digest(found: Expected, at: datetime, told: Told) -> None:
    """One that is due then; the first step does all that was due before it."""
    step = max(-((BEGIN - at) // STEP), 1)
    found.due.add(step)
    found.told[told] += 1
    for until, by_then in found.told_by.items():
        if step <= until:
            by_then[told] += 1


def _weeks(team: TeamCast, *, since: datetime, until: datetime) -> list[tuple[datetime, date]]:
    """When is told in that time, and the Mondays of the weeks of which."""
    found = []
    day = since.astimezone(team.clock).date() - DAY
    while (at := datetime.combine(day, time(team.hour), team.clock)) <= until:
        if day.weekday() == team.weekday and at > since:
            found.append((at, day - timedelta(days=day.weekday() + 7)))
        day += DAY
    return found


def _write_requests(found: Expected) -> None:
    """Asked, reminded, passed on to admins, and over; nobody decides."""
    for name in cast.ASKING:
        manager = user_of(cast.team_of(name).manager)
        admins = [user_of(one) for one in cast.ADMINS]
        found.told["topup_asked", manager, f"{name} asked"] += 1
        found.told["topup_asked", manager, f"{name} reminder"] += 1
        for admin in admins:
            found.told["topup_asked", admin, f"{name} escalation"] += 1
        found.told["topup_decided", user_of(name), name] += 1
        for one in (manager, *admins):
            found.told["topup_copy_changed", one, name] += 1
