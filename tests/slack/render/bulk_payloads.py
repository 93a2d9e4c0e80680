"""The list of requests, and several decided at once: plain ones to read, hostile ones to fear."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from bot.domain.budgets import Budget, BudgetState
from bot.domain.bulks import Bulk, Item, Kind, Payment, Preview, Purse, Verdict
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import TOKENS_MAX, EntryId, IdempotencyKey
from bot.domain.periods import Period
from bot.domain.queues import PAGE, TEAMS_MAX, Filter, Line, Queue, TeamCount, Whose
from bot.domain.topups import TopUpId, TopUpState, Urgency
from bot.slack import lists
from bot.slack.lists import Under
from bot.slack.render import buttons, messages, views
from bot.slack.render.blocks import actions, message
from tests.slack.render.facts import (
    ANA,
    BEN,
    ENTRY,
    HOSTILE,
    HUGE,
    MIA,
    NOW,
    TOPUP,
    decided,
    dossier,
)

Render = Callable[[], dict[str, Any]]

KEY = IdempotencyKey("modal:V0123456789")
UNDER = Under(view_id="V0123456789", chosen=lists.dump(Filter()), drawn=2)
IDS = [TopUpId(f"019cae4f-5a03-7000-8000-0000c0ff{n:04}") for n in range(PAGE)]
METADATA = lists.carry(IDS[:3], UNDER)
#: The longest that Slack's ids get.
FARAWAY = [UserId(f"W{n:012}") for n in range(PAGE)]
LINES = (
    Line(replace(TOPUP, topup_id=IDS[0]), 20_000),
    Line(replace(TOPUP, topup_id=IDS[1], requester=BEN.user_id, tokens=1_234_567, note=""), -5),
    Line(replace(TOPUP, topup_id=IDS[2], urgency=Urgency.TODAY), 0),
)
FEW = Queue(
    chosen=Filter(),
    count=3,
    tokens=2_234_567,
    lines=LINES,
    teams=(TeamCount(TeamId("search"), "Search", 2), TeamCount(TeamId("ml"), "ML Platform", 1)),
    now=NOW + timedelta(hours=50),
)
MANY = Queue(
    chosen=Filter(
        whose=Whose.ALL,
        team_id=TeamId("t3"),
        person=ANA.user_id,
        tokens_max=500_000,
        waited=timedelta(days=3),
        page=4,
    ),
    count=400,
    tokens=400 * HUGE,
    lines=tuple(
        Line(
            replace(
                TOPUP,
                topup_id=topup_id,
                requester=requester,
                tokens=HUGE - 1,
                note=HOSTILE,
                urgency=Urgency.TODAY,
            ),
            -HUGE + 1,
        )
        for topup_id, requester in zip(IDS, FARAWAY, strict=True)
    ),
    teams=tuple(TeamCount(TeamId(f"t{n}"), HOSTILE[:60], HUGE) for n in range(TEAMS_MAX)),
    now=NOW + timedelta(days=13),
)
NONE = replace(FEW, count=0, tokens=0, lines=(), teams=())


def item(verdict: Verdict, n: int = 0, **facts: Any) -> Item:
    plain = Item(topup_id=IDS[n], verdict=verdict, requester=ANA.user_id, tokens=500_000)
    return replace(plain, **facts)


FINE = (item(Verdict.DECIDED), item(Verdict.DECIDED, 1, requester=BEN.user_id, tokens=1_234_567))
LEFT = (
    item(Verdict.POOL_SHORT, 2, tokens=7_000_000),
    item(Verdict.BUDGET_SHORT, 3, requester=BEN.user_id),
    item(Verdict.CLOSED, 4, by=MIA.user_id, state=TopUpState.APPROVED),
    item(Verdict.CLOSED, 5, state=TopUpState.EXPIRED),
    item(Verdict.ABSENT, 6),
    item(Verdict.OWN, 7, requester=MIA.user_id),
    Item(topup_id=IDS[8], verdict=Verdict.NOT_ALLOWED),
    Item(topup_id=IDS[9], verdict=Verdict.UNKNOWN),
)
BUDGET = BudgetState(
    budget=Budget(tokens=10_000_000, period=Period.MONTH), spent=6_500_000, until=date(2026, 4, 1)
)
PURSE = Purse(team="ML Platform", available=10_000_000, budget=BUDGET)
PAYMENTS = (Payment(tokens=1_734_567, purse=PURSE), Payment(tokens=300_000))
PREVIEW = Preview(kind=Kind.APPROVE, items=(*FINE, *LEFT), payments=PAYMENTS)
WORST = tuple(
    item(Verdict.CLOSED, n, requester=one, tokens=HUGE - 1, by=one, state=TopUpState.WITHDRAWN)
    for n, one in enumerate(FARAWAY)
)
MOST = tuple(
    item(Verdict.DECIDED, n, requester=one, tokens=HUGE - 1, entry_id=EntryId(ENTRY))
    for n, one in enumerate(FARAWAY)
)
FULL = Preview(
    kind=Kind.APPROVE,
    items=MOST,
    payments=tuple(
        Payment(
            tokens=TOKENS_MAX,
            purse=replace(PURSE, team=HOSTILE[:60], available=HUGE, budget=replace(BUDGET)),
        )
        for _ in range(8)
    ),
)
BULK = Bulk(
    key=KEY,
    kind=Kind.APPROVE,
    actor=MIA.user_id,
    made_at=NOW,
    items=(*(replace(one, entry_id=ENTRY) for one in FINE), *LEFT),
)
UNDONE = (
    item(Verdict.UNDONE),
    item(Verdict.SPENT, 1, available=120_000, entry_id=ENTRY),
    item(Verdict.CHANGED, 2),
)


def bulk_messages() -> dict[str, Render]:
    def of(bulk: Bulk) -> Render:
        return partial(messages.bulk_decided, bulk)

    approved = decided(TopUpState.APPROVED, tokens=500_000)
    return {
        "bulk_approved": of(BULK),
        "bulk_denied": of(replace(BULK, kind=Kind.DENY, items=FINE[:1])),
        "bulk_approved_most": of(replace(BULK, items=MOST)),
        "bulk_none_decided": of(replace(BULK, items=LEFT)),
        "bulk_none_of_most": of(replace(BULK, items=WORST)),
        "bulk_undone": partial(messages.bulk_undone, UNDONE),
        "bulk_undone_none": partial(messages.bulk_undone, UNDONE[1:]),
        "topup_request_just_decided": partial(
            messages.topup_request, dossier(approved), may_undo=True
        ),
        "topup_reopened": partial(messages.topup_reopened, dossier(TOPUP)),
        "topup_reopened_hostile": partial(
            messages.topup_reopened, dossier(replace(TOPUP, tokens=HUGE, note=HOSTILE))
        ),
        "topup_reopened_decided_anew": partial(messages.topup_reopened, dossier(approved)),
        "all_requests_button": lambda: message("Several wait.", actions(buttons.all_requests())),
    }


def bulk_views() -> dict[str, Render]:
    ticked = [line.topup.topup_id for line in LINES[:2]]
    return {
        "requests": partial(views.requests_list, FEW),
        "requests_ticked": partial(views.requests_list, FEW, ticked=ticked, drawn=3),
        "requests_one": partial(
            views.requests_list, replace(FEW, count=1, tokens=500_000, lines=LINES[:1], teams=())
        ),
        "requests_many": partial(views.requests_list, MANY, ticked=IDS, drawn=12),
        "requests_none": partial(views.requests_list, NONE),
        "requests_none_of_all": partial(
            views.requests_list, replace(NONE, chosen=Filter(whose=Whose.ALL))
        ),
        "requests_none_fits": partial(
            views.requests_list, replace(NONE, chosen=Filter(tokens_max=100_000))
        ),
        "bulk_approve": partial(views.bulk_approve_form, PREVIEW, metadata=METADATA),
        "bulk_approve_most": partial(
            views.bulk_approve_form, FULL, metadata=lists.carry(IDS, UNDER)
        ),
        "bulk_approve_none": partial(
            views.bulk_approve_form, replace(PREVIEW, items=LEFT, payments=()), metadata=METADATA
        ),
        "bulk_deny": partial(
            views.bulk_deny_form,
            replace(PREVIEW, kind=Kind.DENY, items=FINE, payments=()),
            metadata=METADATA,
        ),
        "bulk_deny_none": partial(
            views.bulk_deny_form, replace(PREVIEW, items=LEFT[2:], payments=()), metadata=METADATA
        ),
    }
