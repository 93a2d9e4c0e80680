"""Pools: filled, too short, and where a grant comes from."""

import json
from collections.abc import Sequence
from typing import assert_never

from bot.domain import amounts
from bot.domain.budgets import BudgetState
from bot.domain.directory import UserId
from bot.domain.ledger import Receipt
from bot.domain.refusals import NoPool, PoolShort
from bot.domain.teams import Team, TeamView
from bot.domain.topups import TopUpId
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons, text
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    message,
    quote,
    section,
)
from bot.slack.render.text import day, number, receipt_id, team_name, tokens


def refused(refusal: PoolShort | NoPool) -> str:
    """What a pool can't do, and what to do instead."""
    match refusal:
        case PoolShort(team, needed, available, until) if until is not None:
            return (
                f"That needs {number(needed)}, and the budget of {team_name(team)} allows "
                f"{number(available)} until {day(until)}. Nothing was moved."
            )
        case PoolShort(team, needed, available):
            left = f"{number(available)} left" if available > 0 else "nothing left"
            return (
                f"That needs {number(needed)}, and the pool of {team_name(team)} has {left}. "
                f"Nothing was moved. An admin can fill it: `{COMMAND} team fill`."
            )
        case NoPool():
            return (
                "The treasury pays for *Everyone*, which has no pool of its own. Name another team."
            )
        case _:
            assert_never(refusal)


def short(refusal: PoolShort, topup_id: TopUpId) -> Message:
    """For whoever decides a request that the pool can't pay whole: the two ways on."""
    carried = json.dumps({"topup_id": topup_id, "tokens": max(refusal.available, 0)})
    fitting = button(
        f"Approve {amounts.short(refusal.available)}",
        Action.APPROVE_FITS,
        value=carried,
        style="primary",
        spoken=f"Approve what fits, {amounts.exact(refusal.available)} tokens",
    )
    passing = button(
        "Pass to the admins",
        Action.ASK_ADMINS,
        value=topup_id,
        spoken="Ask the admins to decide this request, from the treasury",
    )
    return message(
        f"Nothing was moved, and the request stays open. {_has(refusal)}, and "
        f"{number(refusal.needed)} are needed.",
        actions(*([fitting] if refusal.available > 0 else []), passing),
        *([context("Approving what there is closes the request")] if refusal.available > 0 else []),
    )


def budget_set(team: Team, state: BudgetState | None) -> Message:
    """What may leave the pool, and how much of that has left it in this period."""
    name = team_name(team.name)
    if state is None:
        return message(f"The pool of {name} has no budget: what is in it may leave it.")
    period = state.budget.period
    over = f"Nothing more leaves it until {day(state.until)}: as much is spent already."
    return message(
        f"{tokens(state.budget.tokens)} may leave the pool of {name} every {period}.",
        *([] if state.left else [section(over)]),
        context(
            spent(state),
            f"The next {period} begins on {day(state.until)}",
            "Grants, approvals and allowances from the pool count",
        ),
    )


def spent(state: BudgetState) -> str:
    """What left the pool in the present period; less than nothing where more came back."""
    if state.spent < 0:
        return f"{number(-state.spent)} more came back this {state.budget.period} than left it"
    return f"{number(state.spent)} are spent this {state.budget.period}"


def passed(admins: Sequence[UserId]) -> Message:
    return message(
        f"{text.people(admins)} can decide it now, from the treasury. You still can, too.",
    )


def fits_approved(granted: int) -> Message:
    return message(f"{tokens(granted)} approved: what the pool had. They hear of it.")


def _has(short: PoolShort) -> str:
    name = team_name(short.team)
    if short.budget_until is not None:
        until = day(short.budget_until)
        left = f"{tokens(short.available)} left" if short.available > 0 else "nothing left"
        return f"The budget of {name} has {left} until {until}"
    has = tokens(short.available) if short.available > 0 else "nothing left"
    return f"The pool of {name} has {has}"


def filled(team: Team, receipt: Receipt) -> Message:
    """What went into a pool, and what it has now."""
    (has,) = receipt.available.values()
    before = f", {number(has - receipt.tokens)} before" if receipt.is_new else ""
    again = [] if receipt.is_new else ["Done already: nothing was moved twice"]
    return message(
        f"{tokens(receipt.tokens)} put into the pool of {team_name(team.name)}; it has "
        f"{number(has)} now{before}.",
        *quote(receipt.note),
        context(*again, f"Receipt {receipt_id(receipt.entry_id)}", "Undo works for 60 seconds"),
        actions(buttons.undo(receipt.entry_id)),
    )


def paying(pools: Sequence[TeamView]) -> list[Block]:
    """Above the fields of a grant: which pool it comes from, and what that has."""
    if not pools:
        return []
    lines = [f"{team_name(one.team.name)}: {number(one.pool or 0)}" for one in pools[:5]]
    return [context("Grants come from the team's pool", *lines)]
