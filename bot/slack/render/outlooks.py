"""How long what is left lasts and when more comes, in words of a member's tokens or of a pool."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain import amounts, periods
from bot.domain.alerts import PACE, Warned
from bot.domain.funds import Funds
from bot.domain.pace import WINDOW_DAYS
from bot.slack.render import days
from bot.slack.render.text import near, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The same facts of several tokens, and of one pool."""

    ends: str
    lasts: str
    more: str
    more_comes: str
    more_is_due: str
    no_more: str


_OF_MEMBER = _Words(
    ends="they run out",
    lasts="they last",
    more="the next allowance",
    more_comes="the next allowance comes",
    more_is_due="The next allowance is due now and comes by itself.",
    no_more="No further allowance is planned.",
)
_OF_POOL = _Words(
    ends="it is empty",
    lasts="it lasts",
    more="it fills again",
    more_comes="it fills again",
    more_is_due="It is due to fill again now.",
    no_more="Nothing is planned that fills it again.",
)


def early_end(told: Warned) -> str | None:
    """`At 60k a day they run out about Mon 9 March, 23 days before the next allowance.`"""
    mine, ends_on = told.funds, _ends_on(told)
    if ends_on is None or mine.pace is None or mine.next_at is None:
        return None
    words, gap = _words(mine), _gap(ends_on, _day(mine.next_at, told))
    a_day = amounts.short(mine.pace.per_day)
    return f"At {a_day} a day {words.ends} about {_near(ends_on, told)}, {gap} before {words.more}."


def outlook(told: Warned) -> list[str]:
    """When what is left ends and when more comes; a warning of pace has said the first."""
    mine, ends_on = told.funds, _ends_on(told)
    if ends_on is None:
        return _coming(told)
    if told.threshold == PACE:
        return [*_used(mine), *_coming(told)]
    words, at = _words(mine), f"At {_pace(mine)}"
    about = f"{at} {words.ends} about {_near(ends_on, told)}"
    if mine.next_at is None or mine.next_at <= told.now:
        return [f"{about}.", *_coming(told)]
    next_on = _day(mine.next_at, told)
    if ends_on >= next_on:
        return [f"{at} {words.lasts} beyond {_near(next_on, told)}, when {words.more_comes}."]
    gap = _gap(ends_on, next_on)
    return [f"{about}; {words.more_comes} {_near(next_on, told)}, {gap} later."]


def _coming(told: Warned) -> list[str]:
    """When more comes by itself."""
    words, next_at = _words(told.funds), told.funds.next_at
    if next_at is None:
        return [words.no_more]
    if next_at <= told.now:
        return [words.more_is_due]
    return [f"{sentence(words.more_comes)} {_near(_day(next_at, told), told)}."]


def _pace(mine: Funds) -> str:
    """`the 60k a day of the last 14 days`; what a pool's is made of is for the docs."""
    if mine.pace is None:
        return ""
    a_day, full = f"{amounts.short(mine.pace.per_day)} a day", mine.pace.days
    if mine.is_pool:
        return a_day
    if full >= WINDOW_DAYS:
        return f"the {a_day} of the last {full} days"
    return f"the {a_day} since your first use, {full} days ago,"


def _used(mine: Funds) -> list[str]:
    """The same as a sentence of its own, for a member."""
    if mine.is_pool or mine.pace is None:
        return []
    a_day, full = f"You used {amounts.short(mine.pace.per_day)} a day", mine.pace.days
    if full >= WINDOW_DAYS:
        return [f"{a_day} over the last {full} days."]
    return [f"{a_day} since your first use, {full} days ago."]


def _ends_on(told: Warned) -> date | None:
    runs_out_at = told.funds.runs_out_at(told.now) if told.funds.available > 0 else None
    return None if runs_out_at is None else _day(runs_out_at, told)


def _day(at: datetime, told: Warned) -> date:
    """As it is where the account's periods begin."""
    return periods.day_of(at, told.funds.zone)


def _near(on: date, told: Warned) -> str:
    return near(on, _day(told.now, told))


def _gap(ends_on: date, next_on: date) -> str:
    return days.counted((next_on - ends_on).days, "day")


def _words(mine: Funds) -> _Words:
    return _OF_POOL if mine.is_pool else _OF_MEMBER
