"""Limits by name: what shows them, what tells of one that was met, and what lifts them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.domain.directory import Member
from bot.domain.ledger import member_account
from bot.domain.limit_views import LimitView, UnderWay
from bot.domain.limits import Limit, Measure
from bot.domain.notices import LiftTold, Met, limit_met
from bot.domain.policies import Lift, Lifted, LiftId, Mode, Policy, Rules
from bot.domain.topups import Refused
from bot.domain.usage import NAME_MAX
from bot.slack.render import messages
from tests.slack.render.facts import (
    ADA,
    ANA,
    BEN,
    FAY,
    HOSTILE,
    HUGE,
    MIA,
    NOW,
    TEAM,
    TOPUP,
    dossier,
)

Render = Callable[[], dict[str, Any]]

MONDAY = datetime.fromisoformat("2026-03-08T23:00:00+00:00")
TONIGHT = datetime.fromisoformat("2026-03-02T23:00:00+00:00")
ALLOWANCE = Limit(measure=Measure.ALLOWANCE, most=1_000_000, used=250_000, frees_at=MONDAY)
REQUEST = Limit(measure=Measure.REQUEST, most=400_000, used=0)
DAY = Limit(measure=Measure.DAY, most=500_000, used=497_000, frees_at=TONIGHT)
MODEL = Limit(
    measure=Measure.MODEL,
    name="gpt-4*",
    period="week",
    most=300_000,
    used=100_000,
    frees_at=MONDAY,
    fallback_model="gpt-4o-mini",
)
PROJECT = replace(MODEL, measure=Measure.PROJECT, name="ranking", period="month", used=300_001)
LIFT = Lift(
    lift_id=LiftId("019cae4f-5a09-7000-8000-0000abcdef01"),
    account=member_account(ANA.user_id),
    until=NOW + timedelta(hours=4),
    by=MIA.user_id,
)
HOSTILE_CAP = replace(MODEL, name=("&" * 58 + HOSTILE)[:NAME_MAX], most=HUGE, used=HUGE - 7)


def view(
    *chain: Limit,
    viewer: Member = ANA,
    subject: Member = ANA,
    policy: Policy | None = None,
    lift: Lift | None = None,
    **other: Any,
) -> LimitView:
    plain = LimitView(
        viewer=viewer,
        subject=subject,
        team="search",
        rules=Rules(team_id=TEAM, policy=policy or Policy(), lift=lift),
        chain=chain,
        under_way=UnderWay(),
        is_begun=True,
        may_lift=False,
        latest_lift="",
        now=NOW,
    )
    return replace(plain, **other)


def _views() -> dict[str, Render]:
    def of(*chain: Limit, **other: Any) -> Render:
        return partial(messages.limit_view, view(*chain, **other))

    chain = (ALLOWANCE, REQUEST, DAY, MODEL)
    nothing = replace(ALLOWANCE, most=0, used=0, frees_at=None)
    graced = replace(ALLOWANCE, used=1_050_000, grace=100_000)
    going = UnderWay(calls=3, tokens=250_000, held=200_000)
    return {
        "limit_view_plain": of(replace(ALLOWANCE, used=0)),
        "limit_view": of(*chain, policy=Policy(fallback_model="gpt-4o-mini"), under_way=going),
        "limit_view_stuck": of(ALLOWANCE, PROJECT),
        "limit_view_used_up": of(replace(ALLOWANCE, used=1_000_000)),
        "limit_view_nothing_yet": of(nothing, is_begun=False),
        "limit_view_grace": of(graced, policy=Policy(mode=Mode.SOFT, grace_tokens=100_000)),
        "limit_view_grace_used_up": of(
            replace(graced, used=1_100_000), policy=Policy(mode=Mode.SOFT, grace_tokens=100_000)
        ),
        "limit_view_warn": of(ALLOWANCE, PROJECT, policy=Policy(mode=Mode.WARN)),
        "limit_view_warn_within": of(*chain, policy=Policy(mode=Mode.WARN)),
        "limit_view_off": of(ALLOWANCE, policy=Policy(mode=Mode.OFF)),
        "limit_view_lifted": of(*chain, lift=LIFT),
        "limit_view_of_a_project": of(ALLOWANCE, PROJECT, about="ranking"),
        "limit_view_below_zero": of(replace(ALLOWANCE, most=-5_000, used=0, frees_at=None)),
        "limit_view_no_cap": of(ALLOWANCE, about=HOSTILE),
        "limit_view_for_manager": of(*chain, PROJECT, viewer=MIA, may_lift=True),
        "limit_view_lifted_for_admin": of(
            *chain, viewer=ADA, may_lift=True, lift=LIFT, latest_lift=LIFT.lift_id
        ),
        "limit_view_for_finance": of(nothing, viewer=FAY, is_begun=False),
        "limit_view_hostile": of(
            replace(ALLOWANCE, most=-HUGE, used=HUGE, grace=HUGE),
            REQUEST,
            replace(DAY, most=HUGE),
            *[HOSTILE_CAP] * 40,
            policy=Policy(mode=Mode.SOFT, grace_tokens=HUGE, fallback_model=HOSTILE[:NAME_MAX]),
            team=HOSTILE,
            under_way=UnderWay(calls=1, tokens=HUGE, held=HUGE),
        ),
    }


def _news() -> dict[str, Render]:
    def met(how: Met, limit: Limit, model: str = "gpt-4o") -> Render:
        told = limit_met(ANA.user_id, how, limit, needed=12_000, model=model, now=NOW)
        return partial(messages.limit_met, told)

    low = replace(ALLOWANCE, used=997_000)
    return {
        "limit_met_refused": met(Met.REFUSED, low),
        "limit_met_refused_with_advance": partial(
            messages.limit_met,
            limit_met(
                ANA.user_id,
                Met.REFUSED,
                low,
                needed=12_000,
                model="gpt-4o",
                now=NOW,
                has_advance=True,
            ),
        ),
        "limit_met_refused_empty": met(Met.REFUSED, replace(low, used=HUGE, frees_at=None), ""),
        "limit_met_refused_request": met(Met.REFUSED, replace(REQUEST, most=10_000)),
        "limit_met_refused_day": met(Met.REFUSED, DAY),
        "limit_met_refused_model": met(Met.REFUSED, replace(MODEL, used=299_000)),
        "limit_met_refused_project": met(Met.REFUSED, PROJECT),
        "limit_met_refused_project_of_all": met(Met.REFUSED, replace(PROJECT, is_of_all=True)),
        "limit_met_refused_hostile": met(Met.REFUSED, HOSTILE_CAP, HOSTILE),
        "limit_met_warned": met(Met.WARNED, low),
        "limit_met_warned_project": met(Met.WARNED, PROJECT),
        "limit_met_graced": met(Met.GRACED, replace(low, grace=100_000)),
        "limit_met_graced_to_the_end": met(Met.GRACED, replace(low, grace=9_000)),
        "limit_met_refused_with_grace": met(Met.REFUSED, replace(low, grace=8_000)),
        "limit_met_refused_in_grace": met(Met.REFUSED, replace(low, used=1_010_000, grace=11_000)),
    }


def _lifts() -> dict[str, Render]:
    def done(lift: Lift | None, **other: Any) -> Render:
        return partial(messages.block_lifted, Lifted(lift=lift, **other), ANA.user_id)

    earlier = replace(LIFT, until=NOW + timedelta(hours=1), by=ADA.user_id)
    told = partial(LiftTold, recipient=ANA.user_id, actor=MIA.user_id)
    until = int(LIFT.until.timestamp())
    return {
        "block_lifted": done(LIFT),
        "block_lifted_instead": done(LIFT, before=earlier),
        "block_lift_ended": done(None, before=LIFT),
        "block_lifted_already": done(LIFT, before=None, is_new=False),
        "block_not_lifted": done(None, is_new=False),
        "lift_told": lambda: messages.lift_told(told(until=until)),
        "lift_told_ended": lambda: messages.lift_told(told(until=None)),
    }


def _requests() -> dict[str, Render]:
    plain = Refused(at=NOW, by=ALLOWANCE, lifted_until=None, lifted_by="", latest_lift=LIFT.lift_id)

    def asked(**other: Any) -> Render:
        found = replace(dossier(TOPUP), refused=replace(plain, **other))
        return partial(messages.topup_request, found)

    return {
        "topup_request_refused": asked(),
        "topup_request_refused_by_day": asked(by=DAY),
        "topup_request_refused_hostile": asked(by=HOSTILE_CAP),
        "topup_request_lifted": asked(lifted_until=LIFT.until, lifted_by=BEN.user_id),
    }


def limit_messages() -> dict[str, Render]:
    return {**_views(), **_news(), **_lifts(), **_requests()}
