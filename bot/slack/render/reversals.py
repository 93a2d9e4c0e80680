"""Taking back: the receipt, the question before it, and the news for those it touches."""

import json
from collections.abc import Sequence
from typing import assert_never

from bot.domain import amounts
from bot.domain.directory import UserId
from bot.domain.ledger import (
    AccountId,
    AccountKind,
    EntryKind,
    Receipt,
    account_kind,
    account_owner,
    member_account,
    members_of,
    short_id,
)
from bot.domain.notices import EntryReversed
from bot.domain.refusals import (
    AlreadyReversed,
    EntryAmbiguous,
    EntryUnknown,
    NothingLeft,
    NotReversible,
    Overdraft,
    ReversalOverdraws,
    UndoSpent,
    UndoTooLate,
)
from bot.slack.ids import COMMAND, Action
from bot.slack.render import text
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    confirm,
    context,
    message,
    quote,
    section,
)
from bot.slack.render.text import code, mention, number, receipt_id, team_name, tokens

ReversalRefusal = (
    EntryUnknown
    | EntryAmbiguous
    | NotReversible
    | AlreadyReversed
    | ReversalOverdraws
    | UndoTooLate
    | UndoSpent
    | NothingLeft
)

#: Of the entries that end in what was typed, this many are named.
_CANDIDATES_MAX = 5
#: More people than this are a number in a sentence.
_NAMED_MAX = 3
#: People to a section, which takes 3,000 characters.
_LINES_MAX = 25


def reversal_receipt(receipt: Receipt) -> Message:
    """For the approver who took an entry back: what went where, and what people have now."""
    again = [] if receipt.is_new else ["Done already: nothing was moved twice"]
    return message(
        f"{tokens(receipt.tokens)} taken back{_path(receipt)}.",
        *quote(receipt.note),
        *_left_with(receipt),
        context(*again, f"Receipt {receipt_id(receipt.entry_id)}"),
    )


def undone(receipt: Receipt) -> Message:
    """Stands where the receipt stood whose *Undo* was pressed."""
    own = receipt.available.get(member_account(receipt.actor))
    left = f" You have {number(own)} available now." if own is not None else ""
    others = [user_id for user_id in members_of(receipt.postings) if user_id != receipt.actor]
    told = [f"I tell {_few(others)}"] if others else []
    return message(
        f"Undone: {tokens(receipt.tokens)} taken back{_path(receipt)}.{left}",
        context(f"Receipt {receipt_id(receipt.entry_id)}", *told),
    )


def reversal_confirmation(refusal: ReversalOverdraws) -> Message:
    """Nothing was moved yet: says whom it would take below zero, and asks."""
    value = json.dumps(
        {"entry_id": refusal.entry_id, "note": refusal.note},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    question = confirm(
        "Reverse it anyway?",
        "The balances named go below zero until new tokens come in.",
        yes="Reverse anyway",
        no="Keep it",
    )
    return message(
        f"{_would_overdraw(refusal)}. Nothing was moved yet.",
        *_after(refusal.overdrafts),
        *quote(refusal.note),
        actions(
            button(
                "Reverse anyway",
                Action.REVERSE_ANYWAY,
                value=value,
                style="danger",
                confirm=question,
                spoken="Reverse anyway, below zero",
            ),
            button("Keep it", Action.KEEP, spoken="Keep the entry as it is"),
        ),
    )


def entry_reversed(notice: EntryReversed) -> Message:
    """For everyone else whose tokens it moved."""
    actor, entry = mention(notice.actor), receipt_id(notice.entry_id)
    moved = tokens(abs(notice.change))
    headline = (
        f"{moved} returned to you: {actor} reversed entry {entry}."
        if notice.change > 0
        else f"{moved} taken back from you: {actor} reversed entry {entry}."
    )
    return message(
        headline,
        *quote(notice.note),
        context(f"Questions? {actor} knows more", f"Receipt {receipt_id(notice.reversal_id)}"),
        spoken=text.spoken(notice.note),
    )


def refused(refusal: ReversalRefusal) -> str:
    """Why an entry is not taken back."""
    match refusal:
        case EntryUnknown() | EntryAmbiguous():
            return _which_entry(refusal)
        case NothingLeft(entry_id):
            return (
                f"All that entry {receipt_id(entry_id)} gave has expired since, so there is "
                "nothing to take back."
            )
        case NotReversible(entry_id, kind):
            return _not_reversible(receipt_id(entry_id), kind)
        case AlreadyReversed(entry_id, reversal_id):
            return (
                f"Entry {receipt_id(entry_id)} was taken back before, by "
                f"{receipt_id(reversal_id)}. Nothing more was moved."
            )
        case ReversalOverdraws():
            return (
                f"{_would_overdraw(refusal)}, so it waits for your word. Nothing was moved: type "
                f"`{COMMAND} reverse` once more."
            )
        case UndoTooLate() | UndoSpent():
            return _no_undo(refusal)
        case _:
            assert_never(refusal)


def _path(receipt: Receipt) -> str:
    """` from @ben to @ana`, ` from 3 people: … to the treasury`."""
    sources = _ends(receipt, [posting.source for posting in receipt.postings])
    destinations = _ends(receipt, [posting.destination for posting in receipt.postings])
    return f" from {sources} to {destinations}"


def _ends(receipt: Receipt, accounts: Sequence[AccountId]) -> str:
    members = [UserId(account_owner(a)) for a in accounts if account_kind(a) is AccountKind.MEMBER]
    others = [f"the {account_kind(a).value}" for a in accounts if not account_owner(a)]
    pools = [f"the pool of {team_name(receipt.teams[a])}" for a in accounts if a in receipt.teams]
    names = [mention(user_id) for user_id in members]
    return text.listed(list(dict.fromkeys([*names, *others, *pools])))


def _left_with(receipt: Receipt) -> list[Block]:
    """What the members touched have available now; approvers may see it."""
    left = [
        f"{mention(UserId(account_owner(account)))} {amounts.short(available)}"
        for account, available in receipt.available.items()
        if account_kind(account) is AccountKind.MEMBER
    ]
    return [section(f"Available now: {text.listed(left)}.")] if left else []


def _would_overdraw(refusal: ReversalOverdraws) -> str:
    whom = _few([one.user_id for one in refusal.overdrafts])
    return f"Reversing {receipt_id(refusal.entry_id)} would take {whom} below zero"


def _few(user_ids: Sequence[UserId]) -> str:
    """Each by name, or how many there are."""
    return text.people(user_ids) if len(user_ids) <= _NAMED_MAX else f"{len(user_ids)} people"


def _after(overdrafts: Sequence[Overdraft]) -> list[Block]:
    """What each would be left with, in sections that stay below Slack's limit."""
    lines = [
        f"{mention(one.user_id)} would be at {number(one.available_after)}" for one in overdrafts
    ]
    parts = [lines[at : at + _LINES_MAX] for at in range(0, len(lines), _LINES_MAX)]
    return [section("\n".join(part)) for part in parts]


def _which_entry(refusal: EntryUnknown | EntryAmbiguous) -> str:
    match refusal:
        case EntryUnknown(typed) if not typed.strip():
            what = "Which entry?"
        case EntryUnknown(typed):
            what = f"No entry ends in {code(typed)}."
        case EntryAmbiguous(typed, candidates):
            ids = text.listed([f"`{one}`" for one in candidates[:_CANDIDATES_MAX]], "or")
            return f"{code(typed)} fits several entries. Type the whole id: {ids}."
        case _:
            assert_never(refusal)
    return f"{what} Type all eight characters of a receipt id, as `{COMMAND} history` shows it."


_USAGE = frozenset({EntryKind.USAGE, EntryKind.SETTLEMENT, EntryKind.TRUE_UP})


def _not_reversible(entry: str, kind: EntryKind) -> str:
    if kind is EntryKind.REVERSAL:
        return f"Entry {entry} is a reversal itself. To give the tokens again, make a new grant."
    if kind in _USAGE:
        return (
            f"Entry {entry} is usage: it happened, so it isn't taken back. Where a source corrects "
            "its figures, the difference comes back by itself."
        )
    return f"Entry {entry} can't be taken back: only grants, transfers and allowances can."


def _no_undo(refusal: UndoTooLate | UndoSpent) -> str:
    way = f"an approver can take it back: `{COMMAND} reverse {short_id(refusal.entry_id)}`"
    match refusal:
        case UndoTooLate(_, seconds):
            return f"Undo works for {seconds} seconds, and those are over. Now {way}."
        case UndoSpent(_, user_id):
            return (
                f"{mention(user_id)} doesn't have all of it any more, so nothing was moved. "
                f"They can send it back, or {way}."
            )
        case _:
            assert_never(refusal)
