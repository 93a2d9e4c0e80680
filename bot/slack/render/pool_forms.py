"""Forms about a team's pool: what is put into it, and what may leave it in a period."""

import json
from dataclasses import dataclass

from bot.domain import amounts
from bot.domain.budgets import BudgetState
from bot.domain.periods import ANCHOR, Period
from bot.domain.teams import TeamView
from bot.slack.ids import NO, Callback, Field
from bot.slack.render import pools
from bot.slack.render.blocks import View, context, modal, section
from bot.slack.render.inputs import amount, day, radio, reason
from bot.slack.render.text import day as on
from bot.slack.render.text import number, team_name, tokens

_PERIODS = (
    *((period.value, f"Every {period}") for period in Period),
    (NO, "No budget: whatever is in the pool may leave it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDraft:
    """What was typed of a filling or of a budget so far."""

    reason: str = ""
    period: Period | None = None


def fill_form(shown: TeamView, draft: PoolDraft) -> View:
    """How many and what for; above it what the pool has."""
    return modal(
        "Fill the pool",
        [
            section(f"The pool of *{team_name(shown.team.name)}* has {tokens(shown.pool or 0)}."),
            amount("How many come into it?", ""),
            reason("What for?", draft.reason, hint="It stays in the history."),
            context("They come from the treasury. Undo works for 60 seconds"),
        ],
        callback_id=Callback.TEAM_FILL,
        submit="Fill",
        metadata=_metadata(shown),
    )


def budget_form(shown: TeamView, draft: PoolDraft) -> View:
    """How much in which period, or none; above it what holds now."""
    now = shown.budget.budget if shown.budget else None
    period = draft.period or (now.period if now else Period.MONTH)
    anchor_on = now.anchor_on if now and now.anchor_on != ANCHOR else None
    return modal(
        "Budget of the pool",
        [
            section(_present(shown)),
            amount(
                "How much may leave it?",
                amounts.exact(now.tokens) if now else "",
                hint="Needed, unless you choose No budget.",
                optional=True,
            ),
            radio(Field.PERIOD, "In which period?", _PERIODS, period.value),
            day(
                Field.FIRST_DAY,
                "A day on which a period begins",
                anchor_on,
                hint="Weeks then begin on its weekday, months on its day. Else Mondays, the 1st.",
            ),
            context(
                "Grants, approvals and allowances from the pool count",
                "It acts at once: what left the pool earlier in the present period counts too",
            ),
        ],
        callback_id=Callback.TEAM_BUDGET,
        submit="Save",
        metadata=_metadata(shown),
    )


def _present(shown: TeamView) -> str:
    name = team_name(shown.team.name)
    if shown.budget is None:
        has = tokens(shown.pool or 0)
        return f"The pool of *{name}* has {has} and no budget: all of it may leave it at any time."
    whole = tokens(shown.budget.budget.tokens)
    return f"{whole} may leave the pool of *{name}* {_spent(shown.budget)}"


def _spent(state: BudgetState) -> str:
    """`every month. 400k are spent this month, so 9.6M may still leave it until Wed 1 Apr 2026.`"""
    spent = f"every {state.budget.period}. {pools.spent(state)}"
    if not state.left:
        return f"{spent}, so nothing more leaves it until {on(state.until)}."
    return f"{spent}, so {number(state.left)} may still leave it until {on(state.until)}."


def _metadata(shown: TeamView) -> str:
    return json.dumps({"team_id": shown.team.team_id})
