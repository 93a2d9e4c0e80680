"""Messages to somebody whose call met a limit: why, when it frees up, and what to do."""

from datetime import UTC, datetime
from typing import assert_never

from bot.domain.limits import Measure
from bot.domain.notices import LimitMet, Met
from bot.slack.ids import COMMAND
from bot.slack.render import buttons
from bot.slack.render.blocks import Message, actions, context, message, section
from bot.slack.render.limit_words import frees, part_left, why_not
from bot.slack.render.text import code, moment, sentence, tokens

_ALL = f"`{COMMAND} why` shows all that limits you"


def limit_met(notice: LimitMet) -> Message:
    """What was refused, or let pass, by which limit."""
    advance = [buttons.advance()] if notice.has_advance else []
    return message(
        _headline(notice),
        section(_outlook(notice)),
        context(f"{_when(notice)}, and told {_how_often(notice.met)} at most", _ALL),
        actions(buttons.request(style="primary"), *advance),
    )


def _headline(notice: LimitMet) -> str:
    model = f" to {code(notice.model)}" if notice.model else ""
    limit = notice.limit
    needs = f"it needs {tokens(notice.needed)}, and {why_not(limit)}"
    match notice.met:
        case Met.REFUSED:
            return f"A call{model} was refused: {needs}."
        case Met.WARNED:
            return f"A call{model} is beyond a limit, and passed all the same: {needs}."
        case Met.GRACED:
            left = part_left(limit.room - notice.needed, "the grace")
            return (
                f"You are using your grace: a call{model} needs {tokens(notice.needed)} and passed."
                f" {sentence(left)}."
            )
        case _:
            assert_never(notice.met)


def _outlook(notice: LimitMet) -> str:
    """When it frees up, and what helps before."""
    limit = notice.limit
    again = f"{frees(limit)} " if limit.frees_at else ""
    if notice.met is Met.WARNED:
        return f"{again}Nothing stops you: your team's policy only warns."
    if limit.measure is Measure.ALLOWANCE:
        then = "Once it is used up, calls are refused. " if notice.met is Met.GRACED else ""
        before = " before" if then or again else ""
        return f"{then}{again}If you need some{before}, request more: your approvers decide."
    if limit.measure is Measure.REQUEST:
        return (
            "Make the call smaller, or ask: an approver can lift the limit for some hours. More "
            "tokens alone don't change it."
        )
    return (
        f"{again}If you can't wait, ask: an approver can lift the limit for some hours. "
        "More tokens alone don't change it."
    )


def _when(notice: LimitMet) -> str:
    was = "Refused" if notice.met is Met.REFUSED else "Passed"
    return f"{was} {moment(datetime.fromtimestamp(notice.at, UTC))}"


def _how_often(met: Met) -> str:
    return "once an hour" if met is Met.REFUSED else "once in a period"
