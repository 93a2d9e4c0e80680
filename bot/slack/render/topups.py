"""Top-up requests: for the one who asks, and for those who decide."""

from collections.abc import Sequence
from typing import assert_never

from bot.domain import amounts
from bot.domain.directory import UserId
from bot.domain.home import Asking
from bot.domain.limits import Measure
from bot.domain.refusals import NoApprover, TooManyOpen, TopUpClosed, TopUpUnknown
from bot.domain.topups import LATELY, Asked, Dossier, TopUp, TopUpState, Urgency
from bot.slack.ids import COMMAND, Action
from bot.slack.render import bulks, buttons, lifts, limit_words, text
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    facts,
    message,
    quote,
    section,
)
from bot.slack.render.text import mention, moment, number, tokens

#: Those who decide are named up to so many, and counted where they are more.
DECIDERS_NAMED_MAX = 2
#: Under the reason of a refusal that has nothing but blanks.
REASON_NEEDED = "A few words why: they see it, with your name."


def asked(sent: Asked) -> Message:
    """For the requester: what was asked, and who decides."""
    topup = sent.topup
    if topup.state is not TopUpState.OPEN:
        return message(f"You asked for {tokens(topup.tokens)}. {outcome(topup)}.")
    return message(
        f"{tokens(topup.tokens)} asked for. {_deciders(sent)}",
        *quote(topup.note),
        context(f"Needed {urgency(topup.urgency)}"),
        actions(buttons.withdraw(topup)),
    )


def open_requests(topups: Sequence[TopUp]) -> Message:
    """Which one to withdraw."""
    if not topups:
        return message("You have no open request.", actions(buttons.request("Request tokens…")))
    how_many = f"{len(topups)} open request{'' if len(topups) == 1 else 's'}"
    return message(
        f"You have {how_many}. Which one do you want to take back?",
        *(block for topup in topups for block in open_request(topup)),
    )


def open_request(topup: TopUp) -> list[Block]:
    """One's own open request with its *Withdraw*."""
    what = f"{tokens(topup.tokens)}, asked {moment(topup.asked_at)}"
    return [section(what, accessory=buttons.withdraw(topup)), *quote(topup.note)]


def asking(one: Asking) -> list[Block]:
    """The same with who decides it."""
    return [*open_request(one.topup), context(_waits_for(one))]


def withdrawn(topup: TopUp) -> Message:
    return message(
        f"Your request for {tokens(topup.tokens)} is withdrawn. Nothing was moved.",
        context("Approvers see that it is closed"),
        actions(buttons.request()),
    )


def topup_request(dossier: Dossier, *, needed: str = "Needed", may_undo: bool = False) -> Message:
    """An approver's copy: who asks, why, the facts beside it, and one click to decide."""
    topup = dossier.topup
    asks = f"{mention(topup.requester)} asks for {tokens(topup.tokens)}."
    asked_for = asks.replace(" asks for ", " asked for ")
    reason = quote(topup.note) or [context("No reason given")]
    if topup.state is not TopUpState.OPEN:
        return {
            "text": text.without_marks(f"{outcome(topup)}. {asked_for}"),
            "blocks": [
                section(asked_for),
                *reason,
                section(f"{outcome(topup)}."),
                *quote(topup.decision_note),
                *([actions(bulks.undo(topup))] if may_undo else []),
            ],
        }
    days = LATELY.days
    return message(
        asks,
        *reason,
        facts(
            (needed, urgency(topup.urgency)),
            ("Available now", amounts.both(dossier.available)),
            (f"Got in the last {days} days", amounts.both(dossier.got_lately)),
            (f"Used in the last {days} days", amounts.both(dossier.used_lately)),
        ),
        *_refused_lately(dossier),
        deciding(topup, buttons.all_requests()),
        spoken=f" Needed {urgency(topup.urgency)}.{text.spoken(topup.note)}",
    )


def topup_decided(dossier: Dossier, *, is_first: bool = False) -> Message:
    """For the requester, once it is decided; their first tokens come with how to see them."""
    topup = dossier.topup
    if topup.state is TopUpState.APPROVED:
        return _approved(dossier, is_first=is_first)
    if topup.state is TopUpState.DENIED:
        return _denied(topup)
    if topup.state is TopUpState.EXPIRED:
        return _expired(topup)
    return message(f"Your request for {tokens(topup.tokens)}: {outcome(topup)}.")


def topup_reopened(dossier: Dossier) -> Message:
    """In the place of the requester's message of a decision that was undone since."""
    topup = dossier.topup
    undone = f"Your request for {tokens(topup.tokens)}: that decision was taken back."
    if topup.state is TopUpState.OPEN:
        return message(
            f"{undone} It is open again.",
            *quote(topup.note),
            context("Whoever decides it now tells you here"),
            actions(buttons.withdraw(topup)),
        )
    return message(f"{undone} {outcome(topup)}.")


def outcome(topup: TopUp) -> str:
    """What became of a request, in one line without a full stop."""
    match topup.state:
        case TopUpState.OPEN:
            return "Still open"
        case TopUpState.APPROVED:
            given = topup.tokens if topup.decided_tokens is None else topup.decided_tokens
            return f"Approved {number(given)}{_by(topup)}"
        case TopUpState.DENIED:
            return f"Denied{_by(topup)}"
        case TopUpState.WITHDRAWN:
            return f"Withdrawn{_by(topup)}"
        case TopUpState.EXPIRED:
            return f"Expired before anybody decided; {mention(topup.requester)} was told"
        case _:
            assert_never(topup.state)


def urgency(when: Urgency) -> str:
    """As in *Needed this week*."""
    match when:
        case Urgency.TODAY:
            return "today"
        case Urgency.THIS_WEEK:
            return "this week"
        case Urgency.WHENEVER:
            return "whenever it suits"
        case _:
            assert_never(when)


def refused(refusal: TopUpUnknown | TopUpClosed | TooManyOpen | NoApprover) -> str:
    """Why a request is not sent, decided or withdrawn."""
    match refusal:
        case TopUpUnknown():
            return f"I find no such request. `{COMMAND} withdraw` lists your open ones."
        case TopUpClosed(topup):
            return f"This request was closed before you clicked: {outcome(topup)}."
        case TooManyOpen(limit):
            return (
                f"You have {limit} open requests, which is the most. Wait for an answer, or take "
                f"one back with `{COMMAND} withdraw`."
            )
        case NoApprover():
            return (
                "Nobody here can decide a request yet. Ask whoever looks after tokenbot to name "
                "an approver: `tokenbot approver add`."
            )
        case _:
            assert_never(refusal)


def _deciders(sent: Asked) -> str:
    if sent.approvers == (sent.topup.requester,):
        return "You are the only approver, so the decision is yours: it waits in a message to you."
    if len(sent.approvers) == 1:
        return f"{text.people(sent.approvers)} decides, and I tell you at once."
    names = text.listed([mention(user_id) for user_id in sent.approvers], "or")
    return f"{names} decides, and I tell you at once."


def _waits_for(one: Asking) -> str:
    deciders = one.deciders
    if not deciders:
        return "Waits until somebody is here who may decide it"
    if deciders == (one.topup.requester,):
        return "The decision is yours: it waits in a message to you"
    if len(deciders) > DECIDERS_NAMED_MAX:
        return f"Waits for {len(deciders):,} approvers"
    return f"Waits for {text.people(deciders, 'or')}"


def _refused_lately(dossier: Dossier) -> list[Block]:
    """What refuses their calls, and the way to lift it where tokens alone don't help."""
    found = dossier.refused
    if found is None:
        return []
    if found.lifted_until is not None:
        until, by = moment(found.lifted_until), mention(UserId(found.lifted_by))
        return [context(f"Their limits are lifted until {until} by {by}")]
    by = f"{limit_words.named(found.by)}: {limit_words.standing(found.by)}"
    line = f"A call of theirs was refused {moment(found.at)}. {by}"
    if found.by.measure is Measure.ALLOWANCE:
        return [context(line)]
    button = lifts.lift_button(dossier.topup.requester, found.latest_lift)
    return [section(f"{line}. More tokens alone don't change that.", accessory=button)]


def deciding(topup: TopUp, *others: Block) -> Block:
    """The three ways to decide a request."""
    amount = amounts.short(topup.tokens)
    value = topup.topup_id
    return actions(
        button(
            f"Approve {amount}",
            Action.APPROVE,
            value=value,
            style="primary",
            spoken=f"Approve {amount} tokens",
        ),
        button(
            "Approve another amount…",
            Action.APPROVE_OTHER,
            value=value,
            spoken="Approve another amount, in a form",
        ),
        button(
            "Deny…",
            Action.DENY,
            value=value,
            style="danger",
            spoken="Deny with a reason, in a form",
        ),
        *others,
    )


def _approved(dossier: Dossier, *, is_first: bool) -> Message:
    topup = dossier.topup
    given = topup.tokens if topup.decided_tokens is None else topup.decided_tokens
    by = f" by {mention(topup.decided_by)}" if topup.decided_by else ""
    less = "" if given == topup.tokens else f" You asked for {number(topup.tokens)}."
    return message(
        f"{tokens(given)} approved{by}.{less}",
        *quote(topup.decision_note),
        section(f"You have {number(dossier.available)} available now."),
        *([context(text.FIRST_TOKENS)] if is_first else []),
        spoken=text.spoken(topup.decision_note),
    )


def _denied(topup: TopUp) -> Message:
    by = f" by {mention(topup.decided_by)}" if topup.decided_by else ""
    who = mention(topup.decided_by) if topup.decided_by else "your approver"
    return message(
        f"{tokens(topup.tokens)} not granted: your request was denied{by}.",
        *(quote(topup.decision_note) or [context("No reason given")]),
        section(f"If you still need them, talk to {who}, or ask again and say more of the why."),
        actions(buttons.request("Request again…")),
        spoken=text.spoken(topup.decision_note),
    )


def _expired(topup: TopUp) -> Message:
    return message(
        f"{tokens(topup.tokens)}: your request expired before anybody decided.",
        *quote(topup.note),
        section(
            f"You asked {moment(topup.asked_at)}, and an answer was owed to you: I'm sorry. That "
            "is no refusal. If you still need them, ask again, and tell an approver that you wait."
        ),
        actions(buttons.request("Request again…")),
    )


def _by(topup: TopUp) -> str:
    who = f" by {mention(topup.decided_by)}" if topup.decided_by else ""
    is_own = topup.decided_by == topup.requester and topup.state is not TopUpState.WITHDRAWN
    alone = ", as the only approver" if is_own else ""
    when = f", {moment(topup.decided_at)}" if topup.decided_at else ""
    return f"{who}{alone}{when}"
