"""A limit in words, the same wherever one is named."""

from typing import assert_never

from bot.domain import amounts
from bot.domain.limits import Limit, Measure
from bot.slack.render.text import code, moment, number


def named(limit: Limit) -> str:
    """`Available`, `Models `gpt-4*``: what stands before the figures."""
    match limit.measure:
        case Measure.ALLOWANCE:
            return "Available"
        case Measure.REQUEST:
            return "One call"
        case Measure.DAY:
            return "Today"
        case Measure.MODEL:
            return f"Models {code(limit.name)}"
        case Measure.PROJECT:
            by = "all teams together" if limit.is_of_all else "the whole team"
            return f"Project {code(limit.name)}, by {by}"
        case _:
            assert_never(limit.measure)


def standing(limit: Limit) -> str:
    """`*3,000* of 500k (500,000) a week left; begins anew …`"""
    if limit.measure is Measure.REQUEST:
        return f"{number(limit.most)} at most"
    if limit.frees_at is None:
        return f"{_left(limit)}{_grace(limit)}"
    again = "more come" if limit.measure is Measure.ALLOWANCE else "begins anew"
    return f"{_left(limit)}{_grace(limit)}; {again} {moment(limit.frees_at)}"


def why_not(limit: Limit, *, whose: str = "you have") -> str:
    """`*3,000* of today's *500k (500,000)* are left`: after *it needs so many, and*."""
    if limit.measure is Measure.REQUEST:
        return f"one call may need {number(limit.most)} at most"
    if limit.measure is Measure.ALLOWANCE and not limit.grace:
        return f"{whose} {number(limit.room) if limit.room > 0 else 'none'} left"
    if limit.measure is Measure.ALLOWANCE and limit.left > 0:
        return f"{whose} {number(limit.room)} left, a grace of {number(limit.grace)} included"
    return part_left(limit.room, _whole(limit))


def part_left(left: int, whole: str) -> str:
    """`*3,000* of today's *500k (500,000)* are left`; nothing of it where there is none."""
    some = f"{number(left)} of" if left > 0 else "nothing of"
    return f"{some} {whole} {'are' if left > 1 else 'is'} left"


def frees(limit: Limit) -> str:
    """When it frees up by itself, as a sentence; empty where nobody knows."""
    if limit.frees_at is None:
        return ""
    if limit.measure is Measure.ALLOWANCE:
        return f"More come {moment(limit.frees_at)}."
    return f"That begins anew {moment(limit.frees_at)}."


def _whole(limit: Limit) -> str:
    """`today's *500k (500,000)*`"""
    match limit.measure:
        case Measure.ALLOWANCE:
            return "the grace"
        case Measure.MODEL:
            return f"{number(limit.most)} a {limit.period} for {code(limit.name)}"
        case Measure.PROJECT:
            project = f"the project {code(limit.name)}"
            whose = "all teams'" if limit.is_of_all else "the team's"
            return f"{whose} {number(limit.most)} a {limit.period} for {project}"
        case _:
            return f"today's {number(limit.most)}"


def _left(limit: Limit) -> str:
    whole = f"{amounts.both(limit.most)}{f' a {limit.period}' if limit.period else ''}"
    if limit.left < 0 and limit.measure is Measure.ALLOWANCE:
        return f"{number(-limit.left)} below zero"
    if limit.left < 0:
        return f"used up, and {number(-limit.left)} more than the {whole}"
    if limit.left == 0:
        return f"nothing left of {whole}" if limit.most else "nothing left"
    of_whole = f" of {whole}" if limit.used or limit.period else ""
    return f"{number(limit.left)}{of_whole} left"


def _grace(limit: Limit) -> str:
    return f", and a grace of {amounts.both(limit.grace)}" if limit.grace else ""
