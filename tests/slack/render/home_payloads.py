"""Home tabs: of members, of those who decide, of admins; empty, usual, and as long as can be."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.domain.digests import Part
from bot.domain.directory import UserId
from bot.domain.home import Asking, Queue, Step, Waiting
from bot.slack.render import views
from tests.slack.render import facts
from tests.slack.render.facts import (
    EVERY_KIND,
    HOSTILE,
    HOSTILE_LINES,
    HOSTILE_TOPUP,
    HUGE,
    MIA,
    TOPUP,
)

Render = Callable[[], dict[str, Any]]

_MANY = tuple(UserId(f"U{n:010}") for n in range(5))
#: That one decides oneself, that one of two decides, that one of many does.
HOSTILE_ASKING = tuple(
    Asking(HOSTILE_TOPUP, some)
    for some in ((HOSTILE_TOPUP.requester,), (MIA.user_id, facts.BEN.user_id), _MANY)
)


def homes() -> dict[str, Render]:
    return {**_members(), **_approvers(), **_admins()}


def _members() -> dict[str, Render]:
    return {
        "home_with_allowance": lambda: views.home(
            facts.home(facts.with_allowance(facts.balance(2_300_000)), *facts.ALLOWED)
        ),
        "home": lambda: views.home(facts.home(facts.balance(750_000), *EVERY_KIND[:5])),
        "home_hostile": lambda: views.home(
            facts.home(facts.balance(-HUGE), *HOSTILE_LINES[:5], topups=HOSTILE_ASKING)
        ),
        "home_empty": lambda: views.home(facts.home(facts.balance(0))),
    }


def _approvers() -> dict[str, Render]:
    held = facts.balance(1_000_000, held=250_000, viewer=MIA)
    return {
        "home_approver": lambda: views.home(
            facts.home(
                facts.with_use(held),
                topups=(Asking(TOPUP, (facts.ADA.user_id,)), Asking(TOPUP, ())),
                week=facts.week(Part(name="opus", tokens=560), used=90),
                queue=Queue((Waiting(TOPUP, 12_000),), 35),
                glances=(facts.glance(), facts.glance(near=0, pool=None)),
            )
        ),
    }


def _admins() -> dict[str, Render]:
    return {
        "home_admin_at_first": lambda: views.home(
            facts.home(
                facts.balance(0, viewer=facts.ADA),
                queue=Queue((), 0),
                glances=(facts.glance(near=0, used=0),),
                missing=tuple(Step),
            )
        ),
        "home_hostile_admin": lambda: views.home(
            facts.home(
                facts.with_use(replace(facts.balance(HUGE, held=HUGE), viewer=facts.ADA)),
                *HOSTILE_LINES[:5],
                topups=HOSTILE_ASKING,
                week=facts.week(
                    *(Part(name=f"{n}{HOSTILE[:99]}", tokens=HUGE) for n in range(8)), used=HUGE
                ),
                queue=Queue((Waiting(HOSTILE_TOPUP, -HUGE),) * 5, 1_000),
                glances=(facts.glance(name=HOSTILE[:80], near=5, used=HUGE, pool=-HUGE),) * 3,
                more_teams=997,
                missing=tuple(Step),
            )
        ),
    }
