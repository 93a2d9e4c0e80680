"""Receipts of grants and transfers, and the news of them for whoever receives."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.directory import UserId
from bot.domain.ledger import UNDO_WINDOW, Expiring, Receipt, member_account
from bot.domain.notices import TokensReceived
from bot.slack.render import buttons, text
from bot.slack.render.blocks import Block, Message, actions, context, message, quote, section
from bot.slack.render.text import mention, number, receipt_id, tokens

_UNDO_SECONDS = int(UNDO_WINDOW.total_seconds())


def transfer_receipt(receipt: Receipt) -> Message:
    """What was sent and to whom, and what is left."""
    return message(
        f"{tokens(receipt.tokens)} sent to {text.people(receipt.recipients)}.",
        *quote(receipt.note),
        *_with_its_date(receipt),
        *_left(receipt, receipt.actor),
        *_end(receipt),
    )


def grant_receipt(receipt: Receipt) -> Message:
    """Who got how much; one line for many people."""
    return message(
        _granted(receipt, receipt.recipients),
        *quote(receipt.note),
        *_self_approval(receipt),
        *_end(receipt),
    )


def tokens_received(notice: TokensReceived) -> Message:
    """For the one who received."""
    giver = mention(notice.giver)
    headline = (
        f"{tokens(notice.tokens)} from {giver}."
        if notice.is_transfer
        else f"{tokens(notice.tokens)} granted to you by {giver}."
    )
    small_print = [f"Receipt {receipt_id(notice.entry_id)}"]
    expiring = [Expiring(datetime.fromisoformat(at), some) for at, some in notice.expiring]
    if expiring:
        small_print.insert(0, text.expiries(expiring))
    if notice.is_first:
        small_print.insert(0, text.FIRST_TOKENS)
    return message(
        headline,
        *quote(notice.note),
        context(*small_print),
        spoken=text.spoken(notice.note),
    )


def _granted(receipt: Receipt, recipients: Sequence[UserId]) -> str:
    if len(recipients) == 1:
        return f"{tokens(receipt.tokens)} granted to {text.people(recipients)}."
    each = receipt.postings[0].tokens
    return (
        f"{tokens(each)} each granted to {len(recipients)} people, {number(receipt.tokens)} "
        f"in all: {text.people(recipients)}."
    )


def _self_approval(receipt: Receipt) -> list[Block]:
    if not receipt.is_self_approved:
        return []
    return [context("You are the only approver, so this went to yourself; the books say so")]


def _with_its_date(receipt: Receipt) -> list[Block]:
    """What of a transfer expires, for the one who gave it."""
    arrived = [one for some in receipt.expiring.values() for one in some]
    return [context(f"Of these {text.expiries(arrived)}, as they did with you")] if arrived else []


def _left(receipt: Receipt, user_id: UserId) -> list[Block]:
    available = receipt.available.get(member_account(user_id))
    return [] if available is None else [section(f"You have {number(available)} available now.")]


def _end(receipt: Receipt) -> list[Block]:
    """The id to refer to, and the way back."""
    again = [] if receipt.is_new else ["Done already: nothing was moved twice"]
    undo = f"Undo works for {_UNDO_SECONDS} seconds"
    return [
        context(*again, f"Receipt {receipt_id(receipt.entry_id)}", undo),
        actions(buttons.undo(receipt.entry_id)),
    ]
