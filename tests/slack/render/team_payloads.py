"""Every message and form about teams by name: plain ones to read, hostile ones to fear."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from bot.domain.budgets import Budget, BudgetState
from bot.domain.directory import EVERYONE, TeamId
from bot.domain.leavers import GoingBack
from bot.domain.ledger import TREASURY, EntryKind, Posting, Receipt
from bot.domain.moves import Moving
from bot.domain.notices import GroupLost, GroupRead, TeamNews, TeamTold
from bot.domain.periods import Period
from bot.domain.refusals import PoolShort
from bot.domain.teams import NAME_MAX, Team, TeamView, pool_account
from bot.domain.topups import TopUpId
from bot.slack.render import messages, team_news, views
from bot.slack.render.views import PoolDraft, TeamDraft
from tests.slack.render import allowance_facts
from tests.slack.render.facts import ADA, ANA, BEN, CROWD, ENTRY, FAY, HOSTILE, HUGE, MIA, NOW, POOL

Render = Callable[[], dict[str, Any]]

SEARCH = Team(team_id=TeamId("0198-search"), name="search", zone="Europe/Berlin")
BUSY = replace(
    SEARCH, channel_id="C0SEARCH", digest_weekday=4, digest_hour=16, shows_leaderboard=True
)
GROUPED = replace(SEARCH, usergroup_id="S0ML", usergroup_handle="ml-eng")
NAME = HOSTILE[:NAME_MAX]
FIEND = replace(BUSY, name=NAME, usergroup_id="S0ML", usergroup_handle=NAME)
MANAGER = replace(MIA, manages=frozenset({SEARCH.team_id}))
ALL = Team(team_id=EVERYONE, name="Everyone")
TOPUP_ID = TopUpId("0198-topup")
RULE = allowance_facts.weekly().allowance
BUDGETED = BudgetState(
    budget=Budget(tokens=10_000_000, period=Period.MONTH),
    spent=400_000,
    until=date(2026, 4, 1),
)
OVERSPENT = BudgetState(
    budget=Budget(tokens=1, period=Period.YEAR, anchor_on=date(2026, 2, 28)),
    spent=HUGE,
    until=date(2027, 2, 28),
)
WHOLE = TeamView(
    team=BUSY,
    budget=BUDGETED,
    people=2,
    shown=(ANA.user_id, BEN.user_id),
    managers=(MIA.user_id,),
    pool=3_200_000,
    rules=(RULE,),
)
EMPTY = TeamView(team=SEARCH, people=0, pool=0)
CROWDED = TeamView(
    team=FIEND,
    people=10_000,
    shown=tuple(CROWD[:10]),
    managers=tuple(CROWD[:10]),
    pool=-HUGE,
    rules=(RULE,) * 10,
)
MOVE = Moving(
    team=SEARCH,
    joining=(ANA.user_id,),
    leaving=(BEN.user_id,),
    before={ANA.user_id: ALL, BEN.user_id: SEARCH},
    going_back=(GoingBack(BEN.user_id, 300_000, TREASURY), GoingBack(ANA.user_id, 1, POOL)),
    rules={
        SEARCH.team_id: (RULE, replace(RULE, returns_on_leaving=True)),
        EVERYONE: (RULE,),
    },
)
MASS = replace(
    MOVE,
    team=FIEND,
    joining=tuple(CROWD[:25]),
    leaving=tuple(CROWD[25:50]),
    before=dict.fromkeys(CROWD[:50], FIEND),
    going_back=tuple(GoingBack(one, HUGE, POOL) for one in CROWD[:50]),
    rules={FIEND.team_id: (RULE,) * 5},
)


def team_messages() -> dict[str, Render]:
    """Answers to `/tokens team`, and what people hear."""
    return {
        "team_created": partial(messages.team_created, WHOLE),
        "team_created_empty": partial(messages.team_created, EMPTY),
        "team_created_hostile": partial(messages.team_created, CROWDED),
        "team_list": partial(messages.team_list, ADA, [WHOLE, EMPTY]),
        "team_list_finance": partial(messages.team_list, FAY, [WHOLE]),
        "team_list_many": partial(messages.team_list, ADA, [CROWDED] * 200),
        "own_team": partial(messages.own_team, WHOLE),
        "own_team_unmanaged": partial(messages.own_team, EMPTY),
        "own_team_everyone": partial(messages.own_team, TeamView(team=ALL, people=3)),
        "own_team_hostile": partial(messages.own_team, CROWDED),
        "team_moving": partial(messages.team_moving, MOVE),
        "team_moving_mass": partial(messages.team_moving, MASS),
        "team_moved": partial(messages.team_moved, MOVE),
        "team_moved_mass": partial(messages.team_moved, MASS),
        "team_moved_nobody": partial(messages.team_moved, Moving(team=SEARCH)),
        "team_managers_changed": partial(messages.team_managers_changed, WHOLE),
        "approvers_changed": partial(messages.team_managers_changed, replace(WHOLE, team=ALL)),
        "approvers_none": partial(messages.team_managers_changed, replace(EMPTY, team=ALL)),
        "team_managers_none": partial(messages.team_managers_changed, EMPTY),
        "team_renamed": partial(messages.team_renamed, FIEND, "search"),
        "team_settings_changed": partial(messages.team_settings_changed, BUSY),
        "team_settings_unplaced": partial(messages.team_settings_changed, SEARCH),
        "team_ended": partial(messages.team_ended, WHOLE),
        "team_ended_empty": partial(messages.team_ended, EMPTY),
        "team_to_end": partial(messages.team_to_end, WHOLE),
        "team_to_end_hostile": partial(messages.team_to_end, CROWDED),
        "team_kept": messages.team_kept,
        "pool_filled": partial(messages.pool_filled, BUSY, filling()),
        "pool_filled_again": partial(messages.pool_filled, BUSY, replace(filling(), is_new=False)),
        "pool_short": partial(messages.pool_short, PoolShort("search", 500_000, 300_000), TOPUP_ID),
        "pool_empty": partial(messages.pool_short, PoolShort(NAME, HUGE, 0), TOPUP_ID),
        "budget_set": partial(messages.budget_set, SEARCH, BUDGETED),
        "budget_set_below_spent": partial(messages.budget_set, FIEND, OVERSPENT),
        "budget_none": partial(messages.budget_set, FIEND, None),
        "budget_set_more_came_back": partial(
            messages.budget_set, SEARCH, replace(BUDGETED, spent=-600_000)
        ),
        "budget_short": partial(
            messages.pool_short,
            PoolShort("search", 500_000, 300_000, budget_until=date(2026, 4, 1)),
            TOPUP_ID,
        ),
        "budget_spent": partial(
            messages.pool_short, PoolShort(NAME, HUGE, 0, budget_until=date(2026, 4, 1)), TOPUP_ID
        ),
        "pool_fits_approved": partial(messages.fits_approved, 300_000),
        "pool_passed_on": partial(messages.passed_to_admins, [ADA.user_id]),
        "team_to_follow": partial(
            messages.team_to_follow, FIEND, 12, usergroup_id="S0ML", handle=NAME
        ),
        "team_follows": partial(messages.team_follows, GROUPED),
        "team_unfollowed": partial(messages.team_unfollowed, SEARCH),
        **{f"team_told_{news}": _told(news, SEARCH) for news in TeamNews},
        "team_told_hostile": _told(TeamNews.MANAGES, FIEND),
        "team_told_by_group": lambda: messages.team_told(
            TeamTold(
                recipient=ANA.user_id,
                actor=team_news.BY_GROUP,
                team_id=SEARCH.team_id,
                news=TeamNews.JOINED,
            ),
            SEARCH,
        ),
        "group_read": lambda: messages.group_read(_read(0), GROUPED),
        "group_read_elsewhere": lambda: messages.group_read(_read(1), GROUPED),
        "group_read_hostile": lambda: messages.group_read(_read(9_999), FIEND),
        "group_lost": lambda: messages.group_lost(_lost("no_such_subteam", "ml-eng"), SEARCH),
        "group_lost_hostile": lambda: messages.group_lost(_lost(HOSTILE, HOSTILE), FIEND),
    }


def team_views() -> dict[str, Render]:
    """Panels and forms."""
    return {
        "team_panel": partial(views.team_panel, MANAGER, WHOLE),
        "team_panel_admin": partial(views.team_panel, ADA, EMPTY),
        "team_panel_grouped": partial(views.team_panel, ADA, replace(EMPTY, team=GROUPED)),
        "team_panel_everyone": partial(views.team_panel, ADA, TeamView(team=ALL, people=3)),
        "team_panel_finance": partial(views.team_panel, FAY, WHOLE),
        "team_panel_hostile": partial(views.team_panel, ADA, CROWDED),
        "team_panels": partial(views.team_panels, ADA, [SEARCH, ALL]),
        "team_panels_many": partial(views.team_panels, FAY, [FIEND] * 500),
        "grant_form_from_pools": partial(
            views.grant_form, views.GrantDraft(), pools=[WHOLE, EMPTY, CROWDED]
        ),
        "team_form": lambda: views.team_form(TeamDraft(zone="Europe/Berlin")),
        "team_form_filled": lambda: views.team_form(TeamDraft(HOSTILE * 3, tuple(CROWD), HOSTILE)),
        "team_people_form": partial(views.team_people_form, WHOLE),
        "team_people_form_crowded": partial(views.team_people_form, CROWDED),
        "team_managers_form": partial(views.team_managers_form, WHOLE),
        "approvers_form": partial(views.team_managers_form, replace(WHOLE, team=ALL)),
        "team_managers_form_crowded": partial(views.team_managers_form, CROWDED),
        "pool_fill_form": partial(views.pool_fill_form, WHOLE, PoolDraft()),
        "pool_fill_form_hostile": lambda: views.pool_fill_form(
            CROWDED, PoolDraft(reason=HOSTILE * 3)
        ),
        "pool_budget_form": partial(views.pool_budget_form, WHOLE, PoolDraft()),
        "pool_budget_form_unset": partial(
            views.pool_budget_form, EMPTY, PoolDraft(period=Period.QUARTER)
        ),
        "pool_budget_form_hostile": partial(
            views.pool_budget_form, replace(CROWDED, budget=OVERSPENT), PoolDraft()
        ),
        "team_settings_form": partial(views.team_settings_form, BUSY),
        "team_settings_form_everyone": partial(views.team_settings_form, ALL),
        "team_settings_form_hostile": partial(views.team_settings_form, FIEND),
    }


def filling() -> Receipt:
    """What an admin put into a pool."""
    pool = pool_account(SEARCH.team_id)
    return Receipt(
        entry_id=ENTRY,
        kind=EntryKind.ISSUE,
        actor=ADA.user_id,
        postings=(Posting(TREASURY, pool, 5_000_000),),
        note="for the quarter",
        recorded_at=NOW,
        is_new=True,
        available={pool: 8_200_000},
    )


def _told(news: TeamNews, team: Team) -> Render:
    notice = TeamTold(recipient=ANA.user_id, actor=MIA.user_id, team_id=team.team_id, news=news)
    return partial(messages.team_told, notice, team)


def _read(elsewhere: int) -> GroupRead:
    return GroupRead(
        recipient=MIA.user_id,
        team_id=GROUPED.team_id,
        handle="ml-eng",
        came=12,
        went=1,
        elsewhere=elsewhere,
    )


def _lost(why: str, handle: str) -> GroupLost:
    return GroupLost(recipient=MIA.user_id, team_id=SEARCH.team_id, handle=handle, why=why)
