"""Refusals in words: of what was typed, who was meant, who asks, and what the books hold."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from bot.domain.refusals import (
    AlertsRefused,
    AmountFault,
    AmountRefused,
    AwayRefused,
    BalanceOutOfRange,
    KeyReused,
    LiftRefused,
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberMissing,
    MemberUnknown,
    NotAllowed,
    NotAPerson,
    NoTeamToAlert,
    NotEnoughTokens,
    NoteTooLong,
    OwnRequest,
    SelfGrant,
    TooManyRecipients,
    ToOneself,
)
from bot.domain.roles import Deed
from bot.slack.ids import COMMAND
from bot.slack.render import alerts, lifts, stand_ins
from bot.slack.render.text import code, listed, mention, number, sentence, team_name, tokens

TypedRefusal = (
    AmountRefused
    | NoteTooLong
    | NotAPerson
    | TooManyRecipients
    | AwayRefused
    | AlertsRefused
    | NoTeamToAlert
    | LiftRefused
)
PersonRefusal = (
    MemberUnknown
    | MemberMissing
    | MemberDeactivated
    | MemberIsBot
    | MemberIsGuest
    | MemberIsForeign
)

_EXAMPLES = "Write it like `250k`, `1.5M` or `2,000,000`."


def what_was_typed(refusal: TypedRefusal) -> str:
    """What was typed, quoted, and how it would be read."""
    match refusal:
        case AmountRefused():
            return _amount(refusal)
        case NoteTooLong(length, limit):
            return f"That reason has {length:,} characters; {limit} fit. Please shorten it."
        case NotAPerson(typed):
            what = f"{code(typed)} is nobody I can find." if typed.strip() else "Who is it for?"
            return f"{sentence(what)} Type @ and choose the person from Slack's list."
        case TooManyRecipients(count, limit):
            return f"{count} people at once are too many; {limit} fit. Split them up."
        case AwayRefused():
            return stand_ins.refused(refusal)
        case _:
            return _of_words(refusal)


def _of_words(refusal: AlertsRefused | NoTeamToAlert | LiftRefused) -> str:
    """What is left is all of these, or mypy complains."""
    if isinstance(refusal, LiftRefused):
        return lifts.refused(refusal)
    return alerts.refused(refusal)


_AMOUNT_FAULTS: Mapping[AmountFault, str] = MappingProxyType(
    {
        AmountFault.EMPTY: "How many tokens?",
        AmountFault.NOT_A_NUMBER: "{typed} isn't an amount.",
        AmountFault.ZERO: "{typed} is no amount. The least is 1 token.",
        AmountFault.NEGATIVE: "{typed} is below zero. Amounts are always positive.",
        AmountFault.FRACTION: "{typed} has a fraction of a token. Tokens are whole.",
        AmountFault.TOO_LARGE: "{typed} is more than can move at once.",
        AmountFault.DECIMAL_COMMA: "{typed} could be two numbers. Decimals take a point.",
        AmountFault.DOTTED_THOUSANDS: "{typed} could be two numbers. Thousands take commas.",
        AmountFault.EXPONENT: "{typed} is short for a long number. Please write it out.",
        AmountFault.FOREIGN_DIGITS: "{typed} has digits that I can't read. Use 0 to 9.",
        AmountFault.SPACED: "{typed} has a space in it. Amounts are one word.",
    }
)


def _amount(refusal: AmountRefused) -> str:
    what = sentence(_AMOUNT_FAULTS[refusal.fault].format(typed=code(refusal.typed)))
    if refusal.nearest is None:
        return f"{what} {_EXAMPLES}"
    if refusal.fault is AmountFault.TOO_LARGE:
        return f"{what} The most is {code(refusal.nearest)}."
    readings = [code(reading) for reading in refusal.nearest.split(" or ")]
    return f"{what} Did you mean {listed(readings, 'or')}?"


def who(
    refusal: PersonRefusal,
    *,
    is_viewer: bool,
) -> str:
    """Why this person takes no part."""
    subject = "You are" if is_viewer else f"{mention(refusal.user_id)} is"
    match refusal:
        case MemberUnknown():
            return f"{subject} new to me, and I'm asking Slack. Try again in a few seconds."
        case MemberMissing():
            return f"{subject} unknown to Slack. Type @ and choose the person from Slack's list."
        case MemberDeactivated():
            return f"{subject} deactivated in Slack, so no tokens can come or go."
        case MemberIsBot():
            return f"{subject} an app. Apps hold no tokens; choose a person."
        case MemberIsGuest():
            return f"{subject} a guest here. Guests take part only if an admin allows it."
        case MemberIsForeign():
            return f"{subject} from another organisation. Taking part needs an admin's yes."
        case _:
            assert_never(refusal)


def whose(refusal: NotAllowed | ToOneself | SelfGrant | OwnRequest) -> str:
    """Why it is not for this person to do."""
    match refusal:
        case NotAllowed():
            return _not_allowed(refusal)
        case ToOneself():
            return "That's you. A transfer goes to somebody else: choose a colleague."
        case SelfGrant(Deed.REVERSE):
            return (
                "That would bring tokens back to your own account, so another approver does it. "
                "Tell them the receipt id."
            )
        case SelfGrant(Deed.LIFT):
            return (
                "That would lift your own limits, so another approver does it. "
                f"`{COMMAND} request` asks them."
            )
        case SelfGrant():
            return (
                "That would put tokens on your own account, so another approver decides it. "
                f"`{COMMAND} request` asks them."
            )
        case OwnRequest():
            return "This request is yours, so another approver decides it. They have it too."
        case _:
            assert_never(refusal)


_NOT_ALLOWED: Mapping[Deed, str] = MappingProxyType(
    {
        Deed.GRANT: (
            "Granting is for approvers. You can send some of your own with "
            f"`{COMMAND} transfer`, or ask for more with `{COMMAND} request`."
        ),
        Deed.ALLOW: (
            "Setting an allowance is for approvers, and a pool's or a treasury's for admins. "
            f"`{COMMAND} allowance` shows yours; `{COMMAND} request` asks for more."
        ),
        Deed.REVERSE: "Taking back is for approvers. Ask one, and name the receipt id.",
        Deed.DIGEST: (
            "A team's digest is for its managers and for admins to set up. "
            f"`{COMMAND} digest me on` sends you your own, every week."
        ),
        Deed.SEE_USAGE: (
            "A team's use is for its managers, finance and admins to see. "
            f"`{COMMAND} usage` shows yours."
        ),
        Deed.SEE_TEAM: (
            "A team's figures and policy are for its managers, finance and admins. "
            f"`{COMMAND} team` shows the one you are in; `{COMMAND} why` what limits your calls."
        ),
        Deed.RUN_TEAM: (
            "A team is for its managers and for admins to change. "
            f"`{COMMAND} team` shows who looks after yours."
        ),
        Deed.SEE_SETTINGS: "The settings are for admins and finance to see. Ask one of the admins.",
        Deed.SET_UP: (
            "Setting tokenbot up is for admins. Ask one of them; "
            f"`{COMMAND} help` shows what you can do."
        ),
        Deed.FILL_POOL: "Filling a pool is for admins. Ask one, or pass a request on to them.",
        Deed.LINK: (
            "Whose a name is, approvers say. "
            f"`{COMMAND} link ben@example.com` says that one is yours."
        ),
        Deed.LIFT: (
            "Limits are lifted by approvers. "
            f"`{COMMAND} why` shows yours; `{COMMAND} request` asks for more."
        ),
        Deed.MAKE_TEAM: "Making teams, ending them and naming managers is for admins. Ask one.",
    }
)
_NOT_ALLOWED_FOR: Mapping[Deed, str] = MappingProxyType(
    {
        Deed.SEE_BALANCE: (
            "The balance of {whom} is private: they and their approvers see it. "
            f"`{COMMAND} balance` shows yours."
        ),
        Deed.SEE_HISTORY: (
            "The history of {whom} is private: they and their approvers see it. "
            f"`{COMMAND} history` shows yours."
        ),
        Deed.SEE_USAGE: (
            "The usage of {whom} is private: they and their approvers see it. "
            f"`{COMMAND} usage` shows yours."
        ),
        Deed.GRANT: "You can grant to your own team, and {whom} isn't in it. Ask an admin.",
        Deed.NAME_STAND_IN: (
            "Naming a stand-in is for approvers, and nobody waits for a decision of yours. "
            "Have a good time."
        ),
        Deed.ALLOW: (
            "You can set an allowance for your own team, and {whom} isn't in it. Ask an admin."
        ),
        Deed.LINK: ("You can link names for your own team, and {whom} isn't in it. Ask an admin."),
        Deed.LIFT: (
            "You can lift the limits of your own team, and {whom} isn't in it. Ask an admin."
        ),
        Deed.DECIDE: "The request of {whom} is for their approvers to decide. You need do nothing.",
        Deed.SET_ALERTS: "A team's alerts are set by its managers and by admins. Ask one of them.",
        Deed.REVERSE: (
            "This entry also touches {whom}, who isn't in your team. Ask an admin to take it "
            "back, and name the receipt id."
        ),
    }
)


def _not_allowed(refusal: NotAllowed) -> str:
    known = _NOT_ALLOWED if refusal.subject is None else _NOT_ALLOWED_FOR
    whom = mention(refusal.subject) if refusal.subject else ""
    otherwise = f"You can't {refusal.deed} here. `{COMMAND} help` shows what you can do."
    return known.get(refusal.deed, otherwise).format(whom=whom)


def books(refusal: NotEnoughTokens | BalanceOutOfRange | KeyReused) -> str:
    """Why the books don't take it."""
    match refusal:
        case NotEnoughTokens(_, needed, available):
            return (
                f"You have {tokens(available)} available, and this takes {number(needed)}. "
                f"Choose less, or ask for more with `{COMMAND} request`."
            )
        case BalanceOutOfRange(user_id, _, team):
            whom = mention(user_id) if user_id else f"the pool of {team_name(team)}"
            return f"That is more than the books can hold for {whom}. Choose less."
        case KeyReused():
            return (
                "This was sent before with other content, and only the first counts. "
                f"`{COMMAND} history` shows it; for something new, start afresh."
            )
        case _:
            assert_never(refusal)
