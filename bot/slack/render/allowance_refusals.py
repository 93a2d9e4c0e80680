"""Why an allowance is not set, and what to do."""

from typing import assert_never

from bot.domain.refusals import (
    AllowanceEndsTooSoon,
    AllowanceExists,
    AllowanceInPast,
    AllowanceUnknown,
    NotASchedule,
    SubjectUnknown,
    VestingRefused,
)
from bot.slack.ids import COMMAND
from bot.slack.render.text import code, day

AllowanceRefusal = (
    NotASchedule
    | AllowanceInPast
    | AllowanceEndsTooSoon
    | AllowanceExists
    | AllowanceUnknown
    | VestingRefused
    | SubjectUnknown
)


def refused(refusal: AllowanceRefusal) -> str:
    """What was typed or chosen, why it can't be, and what could."""
    match refusal:
        case NotASchedule(typed, expected):
            asks = f"I can't read {code(typed)} there. It could be {expected}."
            return asks if typed else f"One part is left to say: add {expected}."
        case AllowanceInPast() | AllowanceEndsTooSoon():
            return _days(refusal)
        case AllowanceExists(_, changes_on):
            return f"There is an allowance already. It can be changed from {day(changes_on)} on."
        case AllowanceUnknown(typed):
            what = f"I find no allowance for {code(typed)}." if typed else "That one has ended."
            return f"{what} `{COMMAND} allowance list` shows those there are."
        case SubjectUnknown():
            return _nobody(refusal)
        case VestingRefused(_, _, parts_max):
            return (
                f"A package comes in 1 to {parts_max} parts, and its cliff is no longer than it is."
            )
        case _:
            assert_never(refusal)


def _days(refusal: AllowanceInPast | AllowanceEndsTooSoon) -> str:
    match refusal:
        case AllowanceInPast(starts_on, today):
            return (
                f"{day(starts_on)} is past. An allowance begins today ({day(today)}) or later; "
                "what is owed from before can be granted."
            )
        case AllowanceEndsTooSoon(first_on, ends_on):
            return (
                f"It would end on {day(ends_on)}, before its first credit on {day(first_on)}. "
                "Choose a later end."
            )
        case _:
            assert_never(refusal)


def _nobody(refusal: SubjectUnknown) -> str:
    near = f" Did you mean {code(refusal.nearest)}?" if refusal.nearest else ""
    return (
        f"{code(refusal.typed)} is no team here.{near} For a person, type @ and choose them from "
        "Slack's list."
    )
