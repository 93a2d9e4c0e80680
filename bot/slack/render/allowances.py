"""Allowances in words."""

from datetime import date
from typing import assert_never

from bot.domain.allowance_wishes import Preview
from bot.domain.notices import AllowanceBegun, AllowanceUnfunded
from bot.domain.refusals import (
    AllowanceEndsTooSoon,
    AllowanceExists,
    AllowanceInPast,
    AllowanceUnknown,
    NotASchedule,
    VestingRefused,
)
from bot.slack.ids import COMMAND
from bot.slack.render.blocks import Message, context, message, quote, section
from bot.slack.render.text import code, day, escape, mention, number, receipt_id, tokens

AllowanceRefusal = (
    NotASchedule
    | AllowanceInPast
    | AllowanceEndsTooSoon
    | AllowanceExists
    | AllowanceUnknown
    | VestingRefused
)


def allowance_begun(notice: AllowanceBegun, preview: Preview) -> Message:
    """For whom a rule credits for the first time."""
    giver = mention(preview.allowance.created_by)
    return message(
        f"{tokens(notice.tokens)} for you: {giver} gives you an allowance, {every(preview)}.",
        *quote(preview.allowance.note),
        context(*_good_until(preview), receipt_id(notice.entry_id)),
    )


def allowance_unfunded(notice: AllowanceUnfunded, preview: Preview) -> Message:
    """For those who can fill the pool."""
    on = day(date.fromisoformat(notice.period_on))
    return message(
        f"The allowance of {on} was not paid: {escape(preview.team.name)}'s pool has "
        f"{number(notice.available)}, and {number(notice.needed)} is needed for all.",
        section(
            "Nobody of the team was credited. Add tokens to the pool, and everybody is, within a "
            "minute."
        ),
    )


def every(preview: Preview) -> str:
    """`*2M (2,000,000)* every week`."""
    allowance = preview.allowance
    return f"{number(allowance.terms[-1].tokens)} every {allowance.period}"


def _good_until(preview: Preview) -> list[str]:
    return [] if preview.good_until is None else [f"Good until {day(preview.good_until)}"]


def refused(refusal: AllowanceRefusal) -> str:
    """Why an allowance is not set, and what to do."""
    match refusal:
        case NotASchedule(typed, expected):
            return f"I can't read {code(typed)} there. It could be {expected}."
        case AllowanceInPast(starts_on, today):
            return (
                f"{day(starts_on)} is past. An allowance begins today ({day(today)}) or later; "
                "what is owed from before can be granted."
            )
        case AllowanceEndsTooSoon(first_on, ends_on):
            return f"It would end on {day(ends_on)}, before its first credit on {day(first_on)}."
        case AllowanceExists(_, changes_on):
            return f"There is an allowance already. It can be changed from {day(changes_on)} on."
        case AllowanceUnknown(typed):
            return f"I find no allowance for {code(typed)}. `{COMMAND} allowance list` shows them."
        case VestingRefused(_, _, parts_max):
            return (
                f"A package comes in 1 to {parts_max} parts, and its cliff is no longer than it is."
            )
        case _:
            assert_never(refusal)
