"""Forms, and what stands in their place once they were sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.domain import amounts
from bot.domain.directory import UserId
from bot.domain.ledger import RECIPIENTS_MAX
from bot.domain.notes import NOTE_MAX
from bot.domain.preferences import AlertChoice
from bot.domain.topups import TopUp, Urgency
from bot.slack.ids import NO, VALUE, YES, Callback, Field
from bot.slack.render.alerts import stored_as_typed
from bot.slack.render.blocks import Block, View, context, modal, plain, quote, section
from bot.slack.render.digest_setup import channel_form as digest_channel_form
from bot.slack.render.home import home
from bot.slack.render.text import mention, moment, number, tokens
from bot.slack.render.topups import urgency

__all__ = [
    "AwayDraft",
    "GrantDraft",
    "RequestDraft",
    "TransferDraft",
    "View",
    "alerts_form",
    "approve_other_form",
    "away_form",
    "deny_form",
    "digest_channel_form",
    "done",
    "grant_form",
    "home",
    "problem",
    "request_form",
    "transfer_form",
]

#: Every amount that can be read is shorter.
_AMOUNT_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class GrantDraft:
    """What was typed of a grant so far."""

    recipients: tuple[UserId, ...] = ()
    amount: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TransferDraft:
    """What was typed of a transfer so far."""

    recipient: UserId | None = None
    amount: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AwayDraft:
    """What was typed of a stand-in and days so far."""

    stand_in: UserId | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class RequestDraft:
    """What was typed of a request so far."""

    amount: str = ""
    reason: str = ""


def grant_form(draft: GrantDraft) -> View:
    """Recipients, amount for each, reason; what was typed already stands in it."""
    return modal(
        "Grant tokens",
        [
            _input(
                Field.RECIPIENTS,
                "Who gets them?",
                {
                    "type": "multi_users_select",
                    "placeholder": plain("Choose people"),
                    "max_selected_items": RECIPIENTS_MAX,
                    **_initial("users", list(draft.recipients[:RECIPIENTS_MAX])),
                },
            ),
            _amount("How many for each?", draft.amount),
            _reason("What for?", draft.reason, hint="They see it, and it stays in the history."),
        ],
        callback_id=Callback.GRANT,
        submit="Grant",
    )


def transfer_form(
    draft: TransferDraft,
    *,
    available: int | None = None,
    problem: str | None = None,
    expires_at: datetime | None = None,
) -> View:
    """With what the sender has, so that nobody needs to look it up."""
    return modal(
        "Transfer tokens",
        [
            *_problem(problem),
            *_available(available),
            *_expiring(expires_at),
            _input(
                Field.RECIPIENT,
                "Who gets them?",
                {
                    "type": "users_select",
                    "placeholder": plain("Choose a colleague"),
                    **_initial("user", draft.recipient),
                },
            ),
            _amount("How many?", draft.amount),
            _reason("What for?", draft.reason, hint="They see it, and it stays in the history."),
        ],
        callback_id=Callback.TRANSFER,
        submit="Send",
    )


def request_form(draft: RequestDraft, *, available: int | None = None) -> View:
    options = [{"text": plain(urgency(u).capitalize()), "value": u.value} for u in Urgency]
    return modal(
        "Request tokens",
        [
            *_available(available),
            _amount("How many?", draft.amount),
            _reason("What for?", draft.reason, hint="Approvers decide faster when they know."),
            _input(
                Field.URGENCY,
                "When do you need them?",
                {"type": "radio_buttons", "options": options, "initial_option": options[-1]},
            ),
        ],
        callback_id=Callback.REQUEST,
        submit="Ask",
    )


def approve_other_form(topup: TopUp, *, metadata: str) -> View:
    """Prefilled with what was asked, to be changed."""
    return modal(
        "Approve another amount",
        [
            *_asks(topup),
            _amount("How many to grant?", amounts.exact(topup.tokens)),
            _reason("A note for them", "", hint="They see it beside your decision."),
        ],
        callback_id=Callback.APPROVE_OTHER,
        submit="Approve",
        metadata=metadata,
    )


def deny_form(topup: TopUp, *, metadata: str) -> View:
    """The reason is not optional: a bare no helps nobody."""
    return modal(
        "Deny the request",
        [
            *_asks(topup),
            _reason("Why?", "", hint="They see it, with your name.", optional=False),
        ],
        callback_id=Callback.DENY,
        submit="Deny",
        metadata=metadata,
    )


def away_form(draft: AwayDraft) -> View:
    """Who decides meanwhile, and on which days; what was typed already stands in it."""
    return modal(
        "Name a stand-in",
        [
            _input(
                Field.RECIPIENT,
                "Who stands in for you?",
                {
                    "type": "users_select",
                    "placeholder": plain("Choose a colleague"),
                    **_initial("user", draft.stand_in),
                },
                hint="They hear of it at once, and decide and grant for whom you may.",
            ),
            _day(Field.FIRST_DAY, "First day away", draft.first, hint="Empty: now.", optional=True),
            _day(Field.LAST_DAY, "Last day away", draft.last, hint="Up to its end."),
        ],
        callback_id=Callback.AWAY,
        submit="Name",
    )


def alerts_form(choice: AlertChoice) -> View:
    """When I want to be told that tokens run low: what holds now stands in it."""
    chosen = choice.person.preferences
    has_hours = chosen.quiet_from != chosen.quiet_to
    hours = f"{chosen.quiet_from}-{chosen.quiet_to}" if has_hours else ""
    percentages = {
        "type": "plain_text_input",
        "placeholder": plain("20 5 0"),
        "max_length": _AMOUNT_LENGTH_MAX,
        **_initial("value", stored_as_typed(choice.thresholds)),
    }
    quiet = {
        "type": "plain_text_input",
        "placeholder": plain("20-8"),
        "max_length": _AMOUNT_LENGTH_MAX,
        **_initial("value", hours),
    }
    return modal(
        "Alerts",
        [
            _input(
                Field.THRESHOLDS,
                "Tell me at how many percent left?",
                percentages,
                hint="Of what I have in a period. 0 is when nothing is left. Empty: no alerts.",
                optional=True,
            ),
            _input(
                Field.QUIET_HOURS,
                "Quiet hours",
                quiet,
                hint=f"In {choice.quiet.zone}. Empty: none. “Nothing left” is told at any hour.",
                optional=True,
            ),
            _weekends(is_quiet=chosen.has_quiet_weekends),
        ],
        callback_id=Callback.ALERTS,
        submit="Save",
    )


def done(message: Mapping[str, Any]) -> View:
    """The message in place of the form that led to it; its buttons go on working."""
    return modal("Done", message["blocks"], callback_id=Callback.DONE, close="Close")


def problem(why: str | Mapping[str, Any]) -> View:
    """Why something can't be done, as a sentence or a message, in place of its form."""
    blocks = [section(why)] if isinstance(why, str) else why["blocks"]
    return modal("Not possible", blocks, callback_id=Callback.DONE, close="Close")


def _problem(text: str | None) -> list[Block]:
    return [section(text)] if text else []


def _available(tokens_left: int | None) -> list[Block]:
    return [] if tokens_left is None else [section(f"You have {number(tokens_left)} available.")]


def _expiring(expires_at: datetime | None) -> list[Block]:
    if expires_at is None:
        return []
    return [context(f"These can be used until {moment(expires_at)}, by your colleague too")]


def _weekends(*, is_quiet: bool) -> Block:
    options = [
        {"text": plain("Quiet"), "value": YES},
        {"text": plain("Like other days"), "value": NO},
    ]
    element = {
        "type": "radio_buttons",
        "options": options,
        "initial_option": options[0 if is_quiet else 1],
    }
    return _input(Field.QUIET_WEEKENDS, "Saturdays and Sundays", element)


def _asks(topup: TopUp) -> list[Block]:
    asks = f"{mention(topup.requester)} asks for {tokens(topup.tokens)}."
    return [section(asks), *quote(topup.note), context(f"Needed {urgency(topup.urgency)}")]


def _amount(label: str, typed: str) -> Block:
    element = {
        "type": "plain_text_input",
        "placeholder": plain("1M, 250k, 2,000,000"),
        "max_length": _AMOUNT_LENGTH_MAX,
        **_initial("value", typed[:_AMOUNT_LENGTH_MAX]),
    }
    return _input(Field.AMOUNT, label, element, hint="k is a thousand, M a million, B a billion.")


def _day(
    field: Field, label: str, typed: date | None, *, hint: str, optional: bool = False
) -> Block:
    initial = _initial("date", typed.isoformat() if typed else None)
    return _input(field, label, {"type": "datepicker", **initial}, hint=hint, optional=optional)


def _reason(label: str, typed: str, *, hint: str, optional: bool = True) -> Block:
    element = {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": NOTE_MAX,
        **_initial("value", typed[:NOTE_MAX]),
    }
    return _input(Field.REASON, label, element, hint=hint, optional=optional)


def _input(
    field: Field, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> Block:
    return {
        "type": "input",
        "block_id": field.value,
        "label": plain(label),
        "element": {**element, "action_id": VALUE},
        "optional": optional,
        **({"hint": plain(hint)} if hint else {}),
    }


def _initial(what: str, value: object) -> dict[str, object]:
    """Slack refuses an empty initial value."""
    return {f"initial_{what}": value} if value else {}
