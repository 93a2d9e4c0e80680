"""Messages about allowances by name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from bot.domain.allowance_wishes import Started
from bot.domain.allowances import AllowanceState
from bot.domain.ledger import IdempotencyKey
from bot.slack.render import messages
from tests.slack.render import allowance_facts as facts
from tests.slack.render.allowance_facts import TEAMS
from tests.slack.render.facts import ADA, ANA, balance, with_allowance

Render = Callable[[], dict[str, Any]]
KEY = IdempotencyKey("command:13345224609.738474920.8088930838d88f008e0")


def setting() -> dict[str, Render]:
    """From the wish to the first credit."""
    weekly, pooled, package = facts.weekly(), facts.pooled(), facts.package()
    started = partial(Started, is_new=True)
    return {
        "allowance_begun": lambda: messages.allowance_begun(facts.BEGUN, weekly),
        "allowance_begun_hostile": lambda: messages.allowance_begun(facts.BEGUN, pooled),
        "allowance_begun_package": lambda: messages.allowance_begun(
            replace(facts.BEGUN, tokens=3_000_000), replace(package, today=date(2026, 6, 2))
        ),
        "allowance_begun_in_part": lambda: messages.allowance_begun(
            replace(facts.BEGUN, tokens=1_142_857), weekly
        ),
        **_unfunded(),
        "allowance_started": lambda: messages.allowance_started(started(preview=weekly)),
        "allowance_started_again": lambda: messages.allowance_started(
            Started(preview=weekly, is_new=False)
        ),
        "allowance_started_package": lambda: messages.allowance_started(started(preview=package)),
        "allowance_preview_hostile": lambda: messages.allowance_preview(
            pooled, facts.HOSTILE_WISH, KEY
        ),
        "allowance_preview_package": lambda: messages.allowance_preview(
            package, facts.HOSTILE_WISH, KEY
        ),
        "allowance_cancelled": messages.cancelled,
    }


def _unfunded() -> dict[str, Render]:
    """For an admin and for a manager; for one person, and for a package."""
    told, rule = messages.allowance_unfunded, facts.unfunded()
    of_admin = replace(facts.UNFUNDED, recipient=ADA.user_id)
    some = replace(facts.UNFUNDED, needed=2_000_000)
    return {
        "allowance_unfunded": lambda: told(of_admin, rule),
        "allowance_unfunded_for_manager": lambda: told(facts.UNFUNDED, rule),
        "allowance_unfunded_by_budget": lambda: told(
            replace(of_admin, budget_until="2026-04-01"), rule
        ),
        "allowance_unfunded_by_budget_for_manager": lambda: told(
            replace(facts.UNFUNDED, budget_until="2026-04-01"), rule
        ),
        "allowance_unfunded_for_some": lambda: told(replace(some, admins=()), rule),
        "allowance_unfunded_for_one": lambda: told(some, facts.weekly()),
        "allowance_unfunded_package": lambda: told(
            replace(some, period_on="2026-06-02", needed=3_000_000),
            replace(facts.package(TEAMS.subject, people=2), today=date(2026, 6, 2)),
        ),
    }


def changing() -> dict[str, Render]:
    """Other terms, pauses, ends."""
    weekly, pooled = facts.weekly(), facts.pooled()
    return {
        "allowance_differs": lambda: messages.allowance_differs(weekly, facts.MORE),
        "allowance_differs_team": lambda: messages.allowance_differs(pooled, facts.MORE),
        "allowance_differs_in_period": lambda: messages.allowance_differs(
            weekly, facts.MORE, facts.HOSTILE_WISH
        ),
        "allowance_differs_in_nothing": lambda: messages.allowance_differs(
            weekly, weekly.allowance.terms[-1]
        ),
        "allowance_changed": lambda: messages.allowance_changed(
            facts.changed(facts.weekly(), facts.MORE)
        ),
        "allowance_paused": lambda: messages.allowance_paused(
            facts.listed(weekly, state=AllowanceState.PAUSED)
        ),
        "allowance_resumed": lambda: messages.allowance_resumed(facts.listed(weekly)),
        "allowance_to_end": lambda: messages.allowance_to_end(facts.listed(weekly)),
        "allowance_ended": lambda: messages.allowance_ended(
            facts.listed(pooled, state=AllowanceState.ENDED)
        ),
    }


def lists() -> dict[str, Render]:
    """An approver's, a team's, one's own; and none of each."""
    weekly, pooled, package = facts.weekly(), facts.pooled(), facts.package()
    return {
        "allowances": lambda: messages.allowances(facts.listing(weekly, pooled, package)),
        "allowances_many": lambda: messages.allowances(
            facts.listing(*[pooled] * 8, start=8, has_more=True)
        ),
        "allowances_none": lambda: messages.allowances(facts.listing()),
        "allowances_none_left": lambda: messages.allowances(facts.listing(start=8)),
        "allowances_of_team": lambda: messages.allowances(facts.listing(pooled, of=facts.TEAMS)),
        "allowances_of_team_none": lambda: messages.allowances(facts.listing(of=facts.TEAMS)),
        "own_allowances": lambda: messages.own_allowances(
            facts.listing(weekly, pooled, viewer=ANA), with_allowance(balance(5))
        ),
        "own_allowances_none": lambda: messages.own_allowances(
            facts.listing(viewer=ANA), balance(5)
        ),
    }
