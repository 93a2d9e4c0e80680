"""The one thing that changed in a team's week, and what to do next. Never whose fault it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.domain.digests import Part, PoolFacts, Week

#: Use that moves less than this from one week to the next is much the same.
STEADY_PERCENT = 10
#: A pool that no allowance fills is worth a headline so many days before its end.
POOL_DAYS = 14
_ALL = 100


class Change(StrEnum):
    """What there is to say first."""

    POOL_EMPTY = "pool_empty"
    POOL_SHORT = "pool_short"
    OVER_ALLOWANCE = "over_allowance"
    QUIET = "quiet"
    MOVED = "moved"
    FIRST = "first"
    STOPPED = "stopped"
    RESUMED = "resumed"
    ROSE = "rose"
    FELL = "fell"
    STEADY = "steady"


class Step(StrEnum):
    """What to do next."""

    FILL_POOL = "fill_pool"
    DECIDE = "decide"
    LOOK_AT_ALLOWANCE = "look_at_allowance"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The change, and the figures its sentence needs."""

    change: Change
    #: Against the week before; never negative.
    percent: int = 0
    #: The model or project that more than half of the change is of.
    part: Part | None = None
    is_project: bool = False


def headline(week: Week) -> Headline:
    """What cannot wait comes first, then use, then what was moved."""
    if (urgent := _pool(week.pool)) is not None:
        return Headline(change=urgent)
    if not week.has_use:
        return Headline(change=_unused(week))
    if week.allowance and week.used > week.allowance:
        return Headline(change=Change.OVER_ALLOWANCE)
    if not week.used_before:
        return Headline(change=_from_nothing(week))
    if not week.used:
        return Headline(change=Change.STOPPED)
    return _compared(week)


def step(week: Week) -> Step:
    """The first of what there is to do."""
    change = headline(week).change
    if change in {Change.POOL_EMPTY, Change.POOL_SHORT}:
        return Step.FILL_POOL
    if week.requests.open:
        return Step.DECIDE
    if change is Change.OVER_ALLOWANCE:
        return Step.LOOK_AT_ALLOWANCE
    return Step.NOTHING


def share(tokens: int, of: int) -> int:
    """So many per cent, rounded half up."""
    return (200 * tokens + of) // (2 * of)


def percent(now: int, before: int) -> int:
    """By how much of `before` the two differ; it never all went where some is left."""
    most = _ALL - 1 if 0 < now < before else None
    by = share(abs(now - before), before)
    return by if most is None else min(by, most)


def is_enough_until_filled(pool: PoolFacts) -> bool:
    """Whether an allowance fills it before it runs dry at its pace."""
    if pool.fills_on is None or pool.lasts_days is None:
        return False
    if pool.lasts_on is None:  # later than anybody plans by
        return True
    return date.fromisoformat(pool.lasts_on) >= date.fromisoformat(pool.fills_on)


def needed_for(pool: PoolFacts, days: int) -> int:
    """What a pool lacks at its pace to last so many days longer; what it owes comes first."""
    return (pool.per_day or 0) * days + max(-pool.available, 0)


def days_unfilled(pool: PoolFacts) -> int | None:
    """Days between its running dry and its next filling; None where nothing says when."""
    if pool.fills_on is None or pool.lasts_on is None:
        return None
    gap = date.fromisoformat(pool.fills_on) - date.fromisoformat(pool.lasts_on)
    return gap.days if gap.days > 0 else None


def _pool(pool: PoolFacts | None) -> Change | None:
    if pool is None:
        return None
    if pool.available <= 0 and pool.per_day:
        return Change.POOL_EMPTY
    if pool.lasts_on is None or pool.lasts_days is None:
        return None
    if pool.fills_on is not None:
        return None if is_enough_until_filled(pool) else Change.POOL_SHORT
    return Change.POOL_SHORT if pool.lasts_days <= POOL_DAYS else None


def _unused(week: Week) -> Change:
    return Change.QUIET if week.moves.is_empty else Change.MOVED


def _from_nothing(week: Week) -> Change:
    if not week.used:
        return _unused(week)
    return Change.FIRST if week.typical is None else Change.RESUMED


def _compared(week: Week) -> Headline:
    by, change = percent(week.used, week.used_before), week.used - week.used_before
    if abs(change) * _ALL < STEADY_PERCENT * week.used_before:
        return Headline(change=Change.STEADY, percent=by)
    is_project = len(week.models) <= 1
    return Headline(
        change=Change.ROSE if change > 0 else Change.FELL,
        percent=by,
        part=_most_of(change, week.projects if is_project else week.models),
        is_project=is_project,
    )


def _most_of(change: int, parts: Iterable[Part]) -> Part | None:
    """The part that accounts for more than half of the change, where there are several."""
    several = tuple(parts)
    if len(several) < 2:  # noqa: PLR2004 (the only one is all there is)
        return None
    sign = 1 if change > 0 else -1
    most = max(several, key=lambda part: sign * (part.tokens - part.before))
    return most if sign * (most.tokens - most.before) * 2 > abs(change) else None
