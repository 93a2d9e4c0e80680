"""Every message and form about policies by name: plain ones to read, hostile ones to fear."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from bot.domain.advances import Offer, Taken
from bot.domain.directory import TeamId
from bot.domain.ledger import (
    TOKENS_MAX,
    TREASURY,
    EntryKind,
    Posting,
    Receipt,
    member_account,
)
from bot.domain.limits import Measure
from bot.domain.policies import CAPS_MAX, Cap, CapId, CapPeriod, Mode, Policy
from bot.domain.policy_views import Capped, TeamPolicy
from bot.domain.usage import NAME_MAX
from bot.slack.render import messages, views
from tests.slack.render import facts
from tests.slack.render.facts import ADA, ANA, ENTRY, FAY, HOSTILE, NOW
from tests.slack.render.team_payloads import ALL, FIEND, MANAGER, SEARCH

Render = Callable[[], dict[str, Any]]

MODELS = Cap(
    cap_id=CapId("0198-models"),
    team_id=SEARCH.team_id,
    measure=Measure.MODEL,
    name="gpt-4*",
    tokens=1_000_000,
    period=CapPeriod.WEEK,
    fallback_model="gpt-4o-mini",
)
PROJECT = replace(
    MODELS,
    cap_id=CapId("0198-project"),
    measure=Measure.PROJECT,
    name="ranking",
    tokens=5_000_000,
    period=CapPeriod.MONTH,
    fallback_model="",
)
FULL = Policy(
    mode=Mode.SOFT,
    grace_percent=10,
    request_max=200_000,
    day_percent=20,
    fallback_model="gpt-4o-mini",
    advance=50_000,
)
HOSTILE_NAME = (HOSTILE * 3)[:NAME_MAX]
HOSTILE_CAP = replace(
    PROJECT, name=HOSTILE_NAME, tokens=TOKENS_MAX, fallback_model=HOSTILE_NAME, team_id=TeamId("x")
)
PLAIN = TeamPolicy(viewer=MANAGER, team=SEARCH, policy=Policy(), is_own=False)
OWN = TeamPolicy(
    viewer=MANAGER,
    team=SEARCH,
    policy=FULL,
    is_own=True,
    caps=(MODELS, PROJECT),
    caps_of_all=(PROJECT,),
)
CROWDED = TeamPolicy(
    viewer=ADA,
    team=FIEND,
    policy=replace(
        FULL,
        mode=Mode.OFF,
        request_max=TOKENS_MAX,
        day_percent=None,
        day_tokens=TOKENS_MAX,
        fallback_model=HOSTILE_NAME,
        advance=TOKENS_MAX,
    ),
    is_own=True,
    caps=(HOSTILE_CAP,) * CAPS_MAX,
    caps_of_all=(HOSTILE_CAP,) * CAPS_MAX,
)


def policy_messages() -> dict[str, Render]:
    grace = replace(FULL, grace_percent=0, grace_tokens=50_000)
    return {
        **advances(),
        "policy": partial(messages.policy, PLAIN),
        "policy_own": partial(messages.policy, OWN),
        "policy_for_finance": partial(messages.policy, replace(OWN, viewer=FAY)),
        "policy_hostile": partial(messages.policy, CROWDED),
        "policy_warns": partial(
            messages.policy, replace(PLAIN, team=ALL, viewer=ADA, policy=Policy(mode=Mode.WARN))
        ),
        "policy_changed": partial(messages.policy_changed, replace(OWN, policy=grace)),
        "policy_as_everyone": partial(messages.policy_as_everyone, PLAIN),
        "policy_as_at_first": partial(
            messages.policy_as_everyone, replace(PLAIN, team=ALL, viewer=ADA)
        ),
        "policy_capped": partial(
            messages.policy_capped,
            Capped(seen=OWN, cap=MODELS, before=MODELS, models=("gpt-4.1", "gpt-4o")),
        ),
        "policy_capped_nothing": partial(messages.policy_capped, Capped(seen=OWN, cap=MODELS)),
        "policy_capped_project": partial(messages.policy_capped, Capped(seen=OWN, cap=PROJECT)),
        "policy_capped_hostile": partial(
            messages.policy_capped,
            Capped(
                seen=CROWDED,
                cap=replace(HOSTILE_CAP, measure=Measure.MODEL),
                before=HOSTILE_CAP,
                models=(HOSTILE_NAME,) * 500,
            ),
        ),
        "policy_uncapped": partial(messages.policy_uncapped, PLAIN, MODELS),
        "policy_uncapped_hostile": partial(messages.policy_uncapped, CROWDED, HOSTILE_CAP),
        "policy_uncapped_before": partial(messages.policy_uncapped, PLAIN, None),
    }


def advances() -> dict[str, Render]:
    offer = Offer(
        account=member_account(ANA.user_id),
        source=TREASURY,
        tokens=40_000,
        repaid_on=date(2026, 3, 9),
        credit=100_000,
    )
    receipt = Receipt(
        entry_id=ENTRY,
        kind=EntryKind.ADVANCE,
        actor=ANA.user_id,
        postings=(Posting(TREASURY, offer.account, 40_000),),
        note="",
        recorded_at=NOW,
        is_new=True,
        available={offer.account: 40_000},
    )
    again = replace(receipt, is_new=False, available={})
    return {
        "advance_offered": partial(messages.advance, offer),
        "advance_offered_whole": partial(
            messages.advance, replace(offer, tokens=TOKENS_MAX, credit=TOKENS_MAX)
        ),
        "advance_taken": partial(messages.advance, Taken(receipt, offer.repaid_on, 60_000)),
        "advance_taken_before": partial(messages.advance, Taken(again, offer.repaid_on, 0)),
        "low_balance_with_advance": partial(
            messages.low_balance,
            replace(facts.warned(20, balance=150_000, gone=850_000), has_advance=True),
        ),
        "balance_with_advance": partial(
            messages.balance, replace(facts.balance(0), has_advance=True)
        ),
    }


def policy_views() -> dict[str, Render]:
    return {
        "policy_panel": partial(views.policy_panel, OWN),
        "policy_form": partial(views.policy_form, PLAIN),
        "policy_form_filled": partial(views.policy_form, OWN),
        "policy_form_hostile": partial(views.policy_form, CROWDED),
        "cap_form": partial(views.cap_form, PLAIN),
    }
