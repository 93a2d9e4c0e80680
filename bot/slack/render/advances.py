"""Advances in words: what is on offer, what was taken, and why there is none."""

from typing import assert_never

from bot.domain.advances import Offer, Taken
from bot.domain.ledger import member_account
from bot.domain.refusals import AdvanceFault, AdvanceRefused
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons
from bot.slack.render.blocks import Message, actions, button, context, message, section
from bot.slack.render.text import day, number, receipt_id, tokens


def advance(found: Offer | Taken) -> Message:
    """What can be taken now, or was in this period."""
    return taken(found) if isinstance(found, Taken) else offered(found)


def offered(found: Offer) -> Message:
    """How much, and what it costs: the next allowance is smaller by it."""
    left = found.credit - found.tokens
    then = f"brings {number(left)} instead of {number(found.credit)}" if left else "brings nothing"
    take = button(
        "Take it",
        Action.TAKE_ADVANCE,
        value=found.repaid_on.isoformat(),
        style="primary",
        spoken=f"Take an advance of {found.tokens:,} tokens",
    )
    return message(
        f"You can take {tokens(found.tokens)} now, without asking.",
        section(f"It is repaid from your next allowance: that of {day(found.repaid_on)} {then}."),
        actions(take, buttons.request("Request more instead…")),
        context("Once in a period, for emergencies", "What you request is not repaid"),
    )


def taken(done: Taken) -> Message:
    """What was taken, and when it is repaid."""
    receipt = done.receipt
    available = receipt.available.get(member_account(receipt.actor))
    has = f" You have {number(available)} available now." if available is not None else ""
    then = number(done.then) if done.then else "nothing"
    again = [] if receipt.is_new else ["Taken already: there is one advance in a period"]
    return message(
        f"{tokens(receipt.tokens)} in advance of your next allowance.{has}",
        section(f"That of {day(done.repaid_on)} repays it, and brings {then}."),
        context(*again, f"Receipt {receipt_id(receipt.entry_id)}"),
    )


def refused(refusal: AdvanceRefused) -> str:
    """Why there is none, and what to do instead."""
    instead = f"`{COMMAND} request` asks your approvers for more."
    match refusal.fault:
        case AdvanceFault.NOT_OFFERED:
            return f"Your team's policy has no advances. {instead}"
        case AdvanceFault.NO_ALLOWANCE:
            return (
                "An advance is repaid from an allowance, and none comes to you that could. "
                f"{instead}"
            )
        case AdvanceFault.OWED:
            return (
                f"There is an advance of which {tokens(refusal.owed)} are still to be repaid. "
                f"Your next allowance does that. Until then, {instead}"
            )
        case _:
            assert_never(refusal.fault)
