"""Forms, and what stands in their place once they were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain import amounts
from bot.domain.balances import Balance
from bot.domain.directory import UserId
from bot.domain.ledger import RECIPIENTS_MAX
from bot.domain.teams import TeamView
from bot.domain.topups import TopUp, Urgency
from bot.slack.ids import Action, Callback, Field
from bot.slack.render.allowance_forms import AllowanceFormDraft, allowance_form, change_form
from bot.slack.render.blocks import Block, View, actions, context, modal, plain, quote, section
from bot.slack.render.bulks import approve_form as bulk_approve_form
from bot.slack.render.bulks import deny_form as bulk_deny_form
from bot.slack.render.digest_setup import channel_form as digest_channel_form
from bot.slack.render.estimates import estimate_form
from bot.slack.render.home import home
from bot.slack.render.identities import link_form as identity_form
from bot.slack.render.inputs import amount, field, initial, reason
from bot.slack.render.own_forms import AwayDraft, alerts_form, away_form
from bot.slack.render.policies import panel as policy_panel
from bot.slack.render.policy_forms import cap_form, policy_form
from bot.slack.render.pool_forms import PoolDraft
from bot.slack.render.pool_forms import budget_form as pool_budget_form
from bot.slack.render.pool_forms import fill_form as pool_fill_form
from bot.slack.render.pools import paying
from bot.slack.render.queues import requests_list
from bot.slack.render.team_forms import (
    TeamDraft,
    team_form,
)
from bot.slack.render.team_forms import (
    managers_form as team_managers_form,
)
from bot.slack.render.team_forms import (
    people_form as team_people_form,
)
from bot.slack.render.team_forms import (
    settings_form as team_settings_form,
)
from bot.slack.render.team_panels import panel as team_panel
from bot.slack.render.team_panels import panels as team_panels
from bot.slack.render.text import expire, mention, moment, number, tokens
from bot.slack.render.topups import urgency

__all__ = [
    "AllowanceFormDraft",
    "AwayDraft",
    "GrantDraft",
    "PoolDraft",
    "RequestDraft",
    "TeamDraft",
    "TransferDraft",
    "View",
    "alerts_form",
    "allowance_form",
    "approve_other_form",
    "away_form",
    "bulk_approve_form",
    "bulk_deny_form",
    "cap_form",
    "change_form",
    "deny_form",
    "digest_channel_form",
    "done",
    "estimate_form",
    "grant_form",
    "home",
    "identity_form",
    "policy_form",
    "policy_panel",
    "pool_budget_form",
    "pool_fill_form",
    "problem",
    "request_form",
    "requests_list",
    "team_form",
    "team_managers_form",
    "team_panel",
    "team_panels",
    "team_people_form",
    "team_settings_form",
    "transfer_form",
]


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
class RequestDraft:
    """What was typed of a request so far."""

    amount: str = ""
    reason: str = ""


def grant_form(draft: GrantDraft, *, pools: Sequence[TeamView] = ()) -> View:
    """Recipients, amount for each, reason; what was typed already stands in it."""
    return modal(
        "Grant tokens",
        [
            *paying(pools),
            field(
                Field.RECIPIENTS,
                "Who gets them?",
                {
                    "type": "multi_users_select",
                    "placeholder": plain("Choose people"),
                    "max_selected_items": RECIPIENTS_MAX,
                    **initial("users", list(draft.recipients[:RECIPIENTS_MAX])),
                },
            ),
            amount("How many for each?", draft.amount),
            reason("What for?", draft.reason, hint="They see it, and it stays in the history."),
        ],
        callback_id=Callback.GRANT,
        submit="Grant",
    )


def transfer_form(
    draft: TransferDraft,
    *,
    own: Balance | None = None,
    problem: str | None = None,
    expires_at: datetime | None = None,
) -> View:
    """With what the sender has, so that nobody needs to look it up."""
    return modal(
        "Transfer tokens",
        [
            *_problem(problem),
            *_available(own.available if own else None),
            *_going_first(own),
            *_usable_until(expires_at),
            field(
                Field.RECIPIENT,
                "Who gets them?",
                {
                    "type": "users_select",
                    "placeholder": plain("Choose a colleague"),
                    **initial("user", draft.recipient),
                },
            ),
            amount("How many?", draft.amount),
            reason("What for?", draft.reason, hint="They see it, and it stays in the history."),
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
            amount("How many?", draft.amount),
            reason("What for?", draft.reason, hint="Approvers decide faster when they know."),
            field(
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
            amount("How many to grant?", amounts.exact(topup.tokens)),
            reason("A note for them", "", hint="They see it beside your decision."),
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
            reason("Why?", "", hint="They see it, with your name.", optional=False),
        ],
        callback_id=Callback.DENY,
        submit="Deny",
        metadata=metadata,
    )


def done(message: Mapping[str, Any], title: str = "Done", metadata: str = "") -> View:
    """The message in place of the form that led to it; its buttons go on working.

    A button that does nothing becomes the one that closes the modal: two would be a riddle.
    """
    blocks, closing = list(message["blocks"]), "Close"
    last = blocks[-1]
    *first, idle = last["elements"] if last["type"] == "actions" else [{}]
    if first and idle.get("action_id") == Action.ALLOWANCE_CANCEL:
        blocks[-1], closing = actions(*first), idle["text"]["text"]
    return modal(title, blocks, callback_id=Callback.DONE, close=closing, metadata=metadata)


def problem(why: str | Mapping[str, Any]) -> View:
    """Why something can't be done, as a sentence or a message, in place of its form."""
    blocks = [section(why)] if isinstance(why, str) else why["blocks"]
    return modal("That didn't work", blocks, callback_id=Callback.DONE, close="Close")


def _problem(text: str | None) -> list[Block]:
    return [section(text)] if text else []


def _available(tokens_left: int | None) -> list[Block]:
    return [] if tokens_left is None else [section(f"You have {number(tokens_left)} available.")]


def _usable_until(expires_at: datetime | None) -> list[Block]:
    if expires_at is None:
        return []
    return [context(f"These can be used until {moment(expires_at)}, by your colleague too")]


def _going_first(own: Balance | None) -> list[Block]:
    """What a transfer takes first, and that it keeps its date."""
    if own is None or not own.expiring:
        return []
    first = own.expiring[0]
    what = f"{number(first.tokens)} of what you have {expire(first)}"
    return [context(f"{what}: they go first, and keep that date")]


def _asks(topup: TopUp) -> list[Block]:
    asks = f"{mention(topup.requester)} asks for {tokens(topup.tokens)}."
    return [section(asks), *quote(topup.note), context(f"Needed {urgency(topup.urgency)}")]
