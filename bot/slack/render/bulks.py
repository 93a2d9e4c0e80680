"""Several requests at once: what deciding them would do, what it did, and what undoing did."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from bot.domain import amounts
from bot.domain.bulks import Bulk, Item, Kind, Payment, Preview, Verdict
from bot.domain.ledger import UNDO_WINDOW, IdempotencyKey, short_id
from bot.domain.refusals import DecisionRefused
from bot.domain.refusals.topups import DecisionFault
from bot.domain.topups import TopUp
from bot.slack.ids import COMMAND, Action, Callback
from bot.slack.render.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    divider,
    message,
    modal,
    section,
)
from bot.slack.render.days import counted, day
from bot.slack.render.inputs import reason
from bot.slack.render.text import mention, number, receipt_id, team_name, tokens

#: Lines of a section, which takes 3,000 characters.
_LINES_MAX = 20
#: The same of what happens to a pool, which takes more words.
_EFFECTS_MAX = 6
_UNDO_SECONDS = int(UNDO_WINDOW.total_seconds())
_UNDO_WORDS = f"Undo works for {_UNDO_SECONDS} seconds"
_WHOLE = 100


def approve_form(preview: Preview, *, metadata: str) -> View:
    """The total, what it does to the pools, and which of them can't be; then one button."""
    fine, others = _parted(preview.items, Verdict.DECIDED)
    if not fine:
        return _impossible("Approve requests", "None of these can be approved.", others)
    return modal(
        "Approve requests",
        [
            section(f"*{counted(len(fine), 'request')}*, {_total(fine)} in all."),
            *_lists([_effect(payment) for payment in preview.payments], _EFFECTS_MAX),
            context("Each of them hears of it at once", _UNDO_WORDS),
            *_left_open(others),
            divider(),
            *_lists([_asked(one) for one in fine]),
        ],
        callback_id=Callback.BULK_APPROVE,
        submit=f"Approve {len(fine)}",
        close="Back",
        metadata=metadata,
    )


def deny_form(preview: Preview, *, metadata: str) -> View:
    """One reason for all of them."""
    fine, others = _parted(preview.items, Verdict.DECIDED)
    if not fine:
        return _impossible("Deny requests", "None of these can be denied.", others)
    hint = "Each of them sees it, with your name."
    return modal(
        "Deny requests",
        [
            section(f"*{counted(len(fine), 'request')}*, {_total(fine)} in all."),
            reason("Why?", "", hint=hint, optional=False),
            context(_UNDO_WORDS),
            *_left_open(others),
            divider(),
            *_lists([_asked(one) for one in fine]),
        ],
        callback_id=Callback.BULK_DENY,
        submit=f"Deny {len(fine)}",
        close="Back",
        metadata=metadata,
    )


def decided(bulk: Bulk) -> Message:
    """What became of each; the way back comes first, since it is open for a minute."""
    fine, others = _parted(bulk.items, Verdict.DECIDED)
    verb = "approved" if bulk.kind is Kind.APPROVE else "denied"
    if not fine:
        return message(f"None of them {verb}.", *_left_open(others))
    later = [f"After that: `{COMMAND} reverse ID`"] if bulk.kind is Kind.APPROVE else []
    return message(
        f"*{len(fine):,} {verb}*, {_total(fine)} in all. They hear of it now.",
        actions(_undo_all(bulk.key, len(fine))),
        context(_UNDO_WORDS, *later),
        *_left_open(others),
        divider(),
        *_lists([_done(one) for one in fine]),
    )


def undone(items: Sequence[Item]) -> Message:
    """In the place of what was decided."""
    fine, others = _parted(items, Verdict.UNDONE)
    stay = _groups(others, "stay as they are")
    if not fine:
        return message("Nothing was undone.", *stay)
    again = "is open again" if len(fine) == 1 else "are open again"
    return message(
        f"Undone: *{counted(len(fine), 'request')}* {again}, {_total(fine)} in all.",
        *stay,
        context("Messages about them are changed, and nobody gets another"),
    )


def undo(topup: TopUp) -> Block:
    """For whoever has just decided it."""
    spoken = f"Undo: open the request for {amounts.short(topup.tokens)} tokens again"
    value = f"{topup.reopened}:{topup.topup_id}"
    return button("Undo", Action.UNDO_DECISION, value=value, spoken=spoken)


def refused(refusal: DecisionRefused) -> str:
    """Why nothing is decided, or why a decision stays."""
    match refusal.fault:
        case DecisionFault.NOTHING_SELECTED:
            return "Select at least one request."
        case DecisionFault.TOO_LATE:
            over = f"Undo works for {_UNDO_SECONDS} seconds, and those are over."
            return f"{over} {_instead(refusal.topup)}"
        case DecisionFault.SPENT:
            whose = f"{mention(refusal.topup.requester)} has" if refusal.topup else "They have"
            left = f"{whose} {number(refusal.available)} left, which is less than that gave."
            return f"{left} Nothing was moved. {_instead(refusal.topup)}"
        case DecisionFault.CHANGED:
            return (
                "This decision stands no longer: it was undone, taken back, or made anew. "
                "Nothing was moved."
            )
        case _:
            assert_never(refusal.fault)


def _instead(topup: TopUp | None) -> str:
    """What there is to do once a decision can't be undone any more."""
    if topup is None:
        return f"To take back one of them: `{COMMAND} reverse ID`, by its receipt id."
    if topup.entry_id is not None:
        return f"To take the tokens back: `{COMMAND} reverse {short_id(topup.entry_id)}`."
    amount = amounts.exact(topup.tokens)
    return f"To give them after all: `{COMMAND} grant` {mention(topup.requester)} `{amount}`."


def _undo_all(key: IdempotencyKey, count: int) -> Block:
    label = f"Undo all {count:,}" if count > 1 else "Undo"
    spoken = f"Undo: open {counted(count, 'request')} again"
    return button(label, Action.UNDO_BULK, value=key, spoken=spoken)


def _parted(items: Iterable[Item], verdict: Verdict) -> tuple[list[Item], list[Item]]:
    """Those of which this became, and the others."""
    every = list(items)
    fine = [one for one in every if one.verdict is verdict]
    return fine, [one for one in every if one.verdict is not verdict]


def _total(items: Iterable[Item]) -> str:
    return tokens(sum(one.tokens for one in items))


def _effect(payment: Payment) -> str:
    """`Pool of ML: 10M → 6.2M`, and what that makes of its budget."""
    purse = payment.purse
    if purse is None:
        return f"From the treasury: {number(payment.tokens)}"
    after = purse.less(payment.tokens)
    pool = f"Pool of {team_name(purse.team)}"
    line = f"{pool}: {number(purse.available)} → {number(after.available)}"
    budget = after.budget
    if budget is None:
        return line
    percent = budget.spent * _WHOLE // budget.budget.tokens
    until = day(budget.until.isoformat())
    whole = amounts.both(budget.budget.tokens)
    return f"{line}\nIts budget until {until}: *{percent}%* of {whole} spent after this"


def _done(item: Item) -> str:
    receipt = f" {receipt_id(item.entry_id)}" if item.entry_id else ""
    return f"{number(item.tokens)} {mention(item.requester)}{receipt}"


def _lists(lines: Sequence[str], most: int = _LINES_MAX) -> list[Block]:
    parts = [lines[at : at + most] for at in range(0, len(lines), most)]
    return [section("\n".join(part)) for part in parts]


def _impossible(title: str, why: str, others: Sequence[Item]) -> View:
    blocks = [section(why), *_left_open(others)]
    return modal(title, blocks, callback_id=Callback.DONE, close="Back")


def _asked(item: Item) -> str:
    return f"{number(item.tokens)} {mention(item.requester)}"


def _left_open(others: Sequence[Item]) -> list[Block]:
    """Which can't be decided, and why."""
    return _groups(others, "left as they are")


def _groups(others: Sequence[Item], how: str) -> list[Block]:
    """Under each reason those that it is true of."""
    blocks: list[Block] = []
    for verdict, why in _WHY.items():
        group = [one for one in others if one.verdict is verdict]
        if group:
            head = f"*{len(group):,}* {how}: {why}"
            lines = [_which(one) for one in group if one.requester]
            blocks += _lists([head, *(f"• {line}" for line in lines)])
    return blocks


def _which(item: Item) -> str:
    match item.verdict:
        case Verdict.CLOSED:
            by = f" by {mention(item.by)}" if item.by else ""
            return f"{_asked(item)}: {item.state}{by}"
        case Verdict.SPENT:
            left = f"{_asked(item)}: {number(item.available)} left"
            return f"{left}. `{COMMAND} reverse {short_id(item.entry_id or '')}`"
        case _:
            return _asked(item)


#: Why requests stay as they are; whose is said below it, where that is anybody's business.
_WHY: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.POOL_SHORT: "the pool has too little.",
        Verdict.BUDGET_SHORT: "the pool's budget has too little left.",
        Verdict.CLOSED: "closed meanwhile.",
        Verdict.ABSENT: "they take no part here any more.",
        Verdict.OWN: "your own, which others decide.",
        Verdict.NOT_ALLOWED: "not yours to decide.",
        Verdict.UNKNOWN: "not to be found here.",
        Verdict.SPENT: "less is left than they got.",
        Verdict.CHANGED: "undone, taken back or decided anew meanwhile.",
    }
)
