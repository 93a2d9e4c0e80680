"""Lifts of a block: for the approver who lifts one, and for the person whose it is."""

from datetime import UTC, datetime, timedelta
from typing import assert_never

from bot.domain.directory import UserId
from bot.domain.notices import LiftTold
from bot.domain.policies import LIFT, LIFT_MAX, Lifted
from bot.domain.refusals import LiftFault, LiftRefused
from bot.slack.ids import COMMAND, Action
from bot.slack.render.blocks import Block, Message, actions, button, confirm, context, message
from bot.slack.render.text import code, mention, moment, sentence

_HOUR = timedelta(hours=1)
_HOURS, _HOURS_MAX = LIFT // _HOUR, LIFT_MAX // _HOUR


def lift_button(user_id: UserId, latest_lift: str) -> Block:
    """Asks first: what is used meanwhile is charged all the same."""
    question = confirm(
        "Lift the limits?",
        f"For {_HOURS} hours nothing refuses calls of {mention(user_id)}. What they use is charged "
        "all the same, and may take them below zero. They are told that it was you.",
        yes=f"Lift for {_HOURS} hours",
        no="Leave the limits",
    )
    return button(
        f"Lift for {_HOURS} hours",
        Action.LIFT,
        value=f"{user_id}:{latest_lift}",
        confirm=question,
        spoken=f"Lift the limits of this person for {_HOURS} hours",
    )


def end_button(user_id: UserId, latest_lift: str) -> Block:
    return button(
        "End the lift",
        Action.LIFT_END,
        value=f"{user_id}:{latest_lift}",
        spoken="End the lift: the limits hold again",
    )


def lifted(done: Lifted, subject: UserId) -> Message:
    """For the approver: until when, and in place of what."""
    whom = mention(subject)
    if not done.is_new:
        return _unchanged(done, subject)
    if done.lift is None:
        return message(f"The lift for {whom} has ended: their limits hold again.")
    before = done.before
    told = ["They are told"] if done.lift.by != subject else []
    replaced = (
        [
            f"This takes the place of the lift by {mention(UserId(before.by))}, "
            f"until {moment(before.until)}"
        ]
        if before
        else []
    )
    return message(
        f"The limits of {whom} are lifted until {moment(done.lift.until)}: nothing refuses their "
        "calls.",
        context(*replaced, "What they use is charged all the same", *told),
        actions(end_button(subject, done.lift.lift_id)),
    )


def lift_told(notice: LiftTold) -> Message:
    """For the person: who did it, and until when."""
    by = mention(notice.actor)
    if notice.until is None:
        return message(
            f"{by} ended the lift: your limits hold again.",
            context(f"`{COMMAND} why` shows where each stands"),
        )
    until = moment(datetime.fromtimestamp(notice.until, UTC))
    return message(
        f"{by} lifted your limits until {until}: nothing refuses your calls.",
        context("What you use is charged all the same, and may take you below zero"),
    )


def refused(refusal: LiftRefused) -> str:
    """What is wrong with the hours, and how to write them."""
    return sentence(
        f"{_fault(code(refusal.typed), refusal.fault)} Write it like `{COMMAND} lift @ana 4`."
    )


def _fault(typed: str, fault: LiftFault) -> str:
    match fault:
        case LiftFault.NOT_HOURS:
            return f"{typed} are no full hours, from 1 to {_HOURS_MAX}."
        case LiftFault.ZERO:
            return f"{typed} lifts nothing. `{COMMAND} lift @ana off` ends a lift."
        case LiftFault.NEGATIVE:
            return f"{typed} is below zero. `{COMMAND} lift @ana off` ends a lift."
        case LiftFault.TOO_LONG:
            return (
                f"{typed} is too long: a lift lasts {_HOURS_MAX} hours at most. What is to stay "
                "so is for the team's policy."
            )
        case _:
            assert_never(fault)


def _unchanged(done: Lifted, subject: UserId) -> Message:
    whom = mention(subject)
    if done.lift is None:
        return message(
            f"Nothing changed: no lift is in force for {whom}.",
            # Also said where an old button would lift, after a lift that has ended since.
            context(
                f"`{COMMAND} why` and their name shows how it stands",
                f"`{COMMAND} lift` and their name lifts their limits",
            ),
        )
    by = mention(UserId(done.lift.by))
    return message(
        f"Nothing changed: the limits of {whom} are lifted until {moment(done.lift.until)} by {by} "
        "already.",
        context(f"`{COMMAND} lift` with their name and the hours sets another end"),
        actions(end_button(subject, done.lift.lift_id)),
    )
