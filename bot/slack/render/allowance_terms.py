"""The terms of an allowance in plain words: for whom, how much, what is left of it."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import assert_never

from bot.domain import amounts
from bot.domain.allowances import Allowance, Subject, SubjectKind, Terms
from bot.domain.directory import UserId
from bot.domain.periods import Period
from bot.domain.teams import Team
from bot.slack.render.text import day, mention, team_name, tokens

_BY_PERIOD: Mapping[Period, str] = MappingProxyType(
    {
        Period.WEEK: "weekly",
        Period.MONTH: "monthly",
        Period.QUARTER: "quarterly",
        Period.YEAR: "yearly",
    }
)


def whose(subject: Subject, its: Team) -> str:
    """`@Ana`, `each member of ml-platform`, `the pool of ml-platform`."""
    match subject.kind:
        case SubjectKind.MEMBER:
            return mention(UserId(subject.id))
        case SubjectKind.TEAM:
            return f"each member of {team_name(its.name)}"
        case SubjectKind.POOL:
            return f"the pool of {team_name(its.name)}"
        case _:
            assert_never(subject.kind)


def team(its: Team) -> str:
    """A team's name, in which nothing is markup."""
    return team_name(its.name)


def how_much(allowance: Allowance, terms: Terms | None = None) -> str:
    """`2M every week`, `12M in 12 monthly parts`: short, for a line."""
    most = amounts.short((terms or allowance.terms[-1]).tokens)
    if allowance.vesting is not None:
        return f"{most} in {allowance.vesting.parts} {_BY_PERIOD[allowance.period]} parts"
    return f"{most} every {allowance.period}"


def carry(terms: Terms, allowance: Allowance) -> str:
    """What becomes of what is left, in plain words."""
    match terms.carry_max:
        case None if allowance.vesting is not None:
            return "What has come doesn't expire"
        case None:
            return "What is left stays and doesn't expire"
        case 0:
            return f"What is left at the end of the {allowance.period} expires"
        case most:
            left = f"Of what is left, up to {amounts.both(most)} carries over"
            return f"{left} to the next {allowance.period}; the rest expires"


def in_full(allowance: Allowance) -> str:
    """`*2M (2,000,000)* tokens every week`."""
    most = tokens(allowance.terms[-1].tokens)
    if allowance.vesting is not None:
        return f"{most} in {allowance.vesting.parts} {_BY_PERIOD[allowance.period]} parts"
    return f"{most} every {allowance.period}"


def stays(allowance: Allowance, good_until: date | None) -> str:
    """What becomes of what was credited once there are no further credits."""
    has = "What has been credited"
    if allowance.subject.kind is SubjectKind.MEMBER:
        has = f"What {mention(UserId(allowance.subject.id))} has"
    if good_until is None:
        return f"No further credits. {has} stays."
    return f"No further credits. {has} stays good until {day(good_until)}."
