"""An approver's later messages about a request: a reminder, an escalation, one passed on."""

from bot.domain.topups import Cause, Copy, Dossier, TopUpState
from bot.slack.render import text
from bot.slack.render.blocks import Message, context, message, section
from bot.slack.render.days import waited
from bot.slack.render.stand_ins import last_day
from bot.slack.render.text import mention, moment, tokens
from bot.slack.render.topups import topup_request, urgency


def copy(found: Copy) -> Message:
    """The request with its buttons, and why it is this person's to decide."""
    is_first = found.cause is Cause.ASKED
    # `Today` was said when it was asked.
    shown = topup_request(found.dossier, needed="Needed" if is_first else "Needed when asked")
    if found.dossier.topup.state is not TopUpState.OPEN:
        return shown
    lines = _why(found)
    headline = _headline(found)
    spoken = shown["text"]
    if headline is not None:
        topup = found.dossier.topup
        needed = f" Needed when asked: {urgency(topup.urgency)}."
        spoken = text.without_marks(headline) + needed + text.spoken(topup.note)
    first, *rest = shown["blocks"]
    return {
        "text": spoken,
        "blocks": [
            first if headline is None else section(headline),
            *([context(*lines)] if lines else []),
            *rest,
        ],
    }


def asked_again(dossier: Dossier) -> Message:
    """In the place of a copy that a later one has followed; once closed, what became of it."""
    if dossier.topup.state is not TopUpState.OPEN:
        return topup_request(dossier)
    topup = dossier.topup
    return message(
        f"{mention(topup.requester)} asks for {tokens(topup.tokens)}: asked again below.",
        context("The newer message shows how it stands"),
    )


def _headline(found: Copy) -> str | None:
    topup = found.dossier.topup
    who, what = mention(topup.requester), tokens(topup.tokens)
    match found.cause:
        case Cause.REMINDER:
            return f"{who} has waited {_waited(found)} for {what}."
        case Cause.ESCALATION:
            return f"{who} has waited {_waited(found)} for {what}, and nobody has decided."
        case Cause.POOL_SHORT:
            return f"{who} asks for {what}, and the pool of their team has too little."
        case Cause.ASKED | Cause.PASSED_ON:
            return None


def _why(found: Copy) -> list[str]:
    topup = found.dossier.topup
    lines = [
        f"You decide in place of {mention(one.absent.user_id)}, who is away until "
        f"{last_day(one.ends_at)}"
        for one in found.absences
    ]
    before = text.people(found.asked_before)
    match found.cause:
        case Cause.ASKED:
            pass
        case Cause.REMINDER:
            lines.append(f"Asked {moment(topup.asked_at)}")
        case Cause.PASSED_ON:
            lines.append(f"Passed on to you, asked {moment(topup.asked_at)}")
        case Cause.POOL_SHORT:
            lines.append(f"{before} passed this on")
            lines.append("What you approve comes from the treasury")
        case Cause.ESCALATION:
            lines.append(f"Asked {moment(topup.asked_at)}{f' of {before}' if before else ''}")
            lines.append("Yours to decide now, too")
    return lines


def _waited(found: Copy) -> str:
    return waited(int((found.now - found.dossier.topup.asked_at).total_seconds()))
