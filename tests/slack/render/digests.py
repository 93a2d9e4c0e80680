"""Digests by name: plain weeks, a hostile one, and every form that Slack may leave us with."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from bot.domain.digests import (
    Leader,
    Moves,
    OwnMoves,
    OwnWeek,
    Part,
    PoolFacts,
    Requests,
    Week,
)
from bot.domain.directory import TeamId
from bot.domain.notices import ChannelLost, DigestPlaced
from bot.domain.teams import Team
from bot.slack.render import messages, views
from bot.slack.render.messages import Form
from tests.slack.render.facts import ADA, ANA, BEN, HOSTILE, HUGE, MIA

Render = Callable[[], dict[str, Any]]

WEEK = Week(
    team_id=TeamId("search"),
    team="Search",
    zone="Europe/Berlin",
    week_on="2026-03-02",
    days=(2_400_000, 1_900_000, 2_100_000, 2_650_000, 1_300_000, 0, 150_000),
    days_before=(1_500_000, 1_600_000, 1_450_000, 1_700_000, 1_250_000, 0, 0),
    typical=7_200_000,
    allowance=14_000_000,
    calls=1_284,
    users=11,
    members=14,
    models=(
        Part(name="claude-opus", tokens=6_300_000, before=3_300_000),
        Part(name="claude-sonnet", tokens=3_900_000, before=3_900_000),
        Part(name="gpt-mini", tokens=300_000, before=300_000),
    ),
    projects=(
        Part(name="ranking", tokens=8_000_000, before=5_000_000),
        Part(name="evaluation", tokens=2_500_000, before=2_500_000),
    ),
    # Two approvals of 1.5M in all, and a grant of as much.
    moves=Moves(granted=3_000_000, grants=3, allowances=14_000_000, expired=500_000, transfers=3,
                transferred=750_000),
    moves_before=Moves(granted=1_000_000, grants=1, allowances=14_000_000),
    requests=Requests(
        asked=3,
        asked_tokens=2_500_000,
        approved=2,
        approved_tokens=1_500_000,
        denied=0,
        wait_seconds=4_800,
        longest_seconds=93_600,
        open=1,
        open_tokens=900_000,
        open_seconds=200_000,
    ),
    # Grants of 4M and allowances of 28M left it in the 14 days.
    pool=PoolFacts(
        available=60_000_000,
        per_day=2_285_714,
        lasts_days=26,
        lasts_on="2026-04-04",
        fills_on="2026-04-01",
    ),
)  # fmt: skip
QUIET = Week(team_id=TeamId("everyone"), team="Everyone", zone="UTC", week_on="2026-02-23")
HOSTILE_WEEK = Week(
    team_id=TeamId("search"),
    team=HOSTILE,
    zone="Europe/Berlin",
    week_on="2025-12-29",
    days=(HUGE,) * 7,
    days_before=(1,) * 7,
    typical=HUGE,
    allowance=1,
    calls=HUGE,
    users=HUGE,
    members=HUGE,
    models=tuple(Part(name=f"{HOSTILE[:98]}{n}", tokens=HUGE - n, before=HUGE) for n in range(6)),
    projects=tuple(Part(name=f"{HOSTILE[:98]}{n}", tokens=HUGE, before=HUGE) for n in range(6)),
    moves=Moves(*()),
    requests=Requests(
        asked=999,
        asked_tokens=HUGE,
        denied=999,
        open=999,
        open_tokens=HUGE,
        open_seconds=90 * 86_400,
    ),
    pool=PoolFacts(available=-HUGE, per_day=HUGE),
    leaders=tuple(Leader(user_id=one.user_id, tokens=HUGE) for one in (ANA, BEN, MIA)),
)
OWN = OwnWeek(
    zone="Europe/Berlin",
    week_on="2026-03-02",
    days=(200_000, 0, 150_000, 80_000, 0, 0, 0),
    days_before=(100_000, 100_000, 100_000, 0, 0, 0, 0),
    models=(
        Part(name="claude-opus", tokens=330_000, before=200_000),
        Part(name="<!channel>", tokens=100_000, before=100_000),
    ),
    moves=OwnMoves(granted=500_000, allowances=1_000_000, received=50_000, sent=20_000),
    available=1_250_000,
    per_day=52_142,
    lasts_days=23,
    lasts_on="2026-04-01",
    expiring=400_000,
    expires_on="2026-03-31",
)
SEARCH = Team(
    team_id=TeamId("search"),
    name="Search",
    zone="Europe/Berlin",
    channel_id="C0123456789",
    shows_leaderboard=True,
)
UNSET = Team(team_id=TeamId("design"), name=HOSTILE, digest_weekday=4, digest_hour=16)
_SHORT = PoolFacts(
    available=14_000_000,
    per_day=2_285_714,
    lasts_days=6,
    lasts_on="2026-03-15",
    fills_on="2026-04-01",
)


def _setup(*teams: Team, wants_own: bool = False, **more: Any) -> dict[str, Any]:
    facts = {"viewer": MIA, "more": 0, "is_unlisted": False, **more}
    viewer = facts.pop("viewer")
    return messages.digest_setup(viewer, teams, wants_own=wants_own, **facts)


_placed = DigestPlaced(recipient="C0123456789", actor=MIA.user_id, team_id=SEARCH.team_id)
_lost = ChannelLost(
    recipient=MIA.user_id,
    team_id=SEARCH.team_id,
    channel="C0123456789",
    why="is_archived",
    week_on="2026-03-02",
)

MESSAGES: Mapping[str, Render] = MappingProxyType(
    {
        "digest": partial(messages.digest, WEEK),
        "digest_without_charts": partial(messages.digest, WEEK, Form.TABLE),
        "digest_in_words": partial(messages.digest, WEEK, Form.WORDS),
        "digest_pool_short": partial(messages.digest, replace(WEEK, pool=_SHORT)),
        "digest_before_metering": partial(
            messages.digest,
            replace(QUIET, moves=WEEK.moves, moves_before=WEEK.moves_before, allowance=14_000_000),
        ),
        "digest_quiet": partial(messages.digest, QUIET),
        "digest_quiet_after_moves": partial(
            messages.digest, replace(QUIET, moves_before=WEEK.moves_before)
        ),
        "digest_leaders": partial(
            messages.digest,
            replace(
                WEEK,
                models=WEEK.models[:1],
                requests=Requests(),
                leaders=(Leader(user_id=ANA.user_id, tokens=4_000_000),),
            ),
        ),
        "digest_hostile": partial(messages.digest, HOSTILE_WEEK),
        "digest_hostile_in_words": partial(messages.digest, HOSTILE_WEEK, Form.WORDS),
        "digest_preview": partial(messages.digest_preview, WEEK, channel="C0123456789"),
        "digest_preview_unset": partial(messages.digest_preview, QUIET),
        "digest_placed": lambda: messages.digest_placed(_placed, SEARCH),
        "digest_channel_lost": lambda: messages.digest_channel_lost(_lost, SEARCH),
        "digest_channel_lost_hostile": lambda: messages.digest_channel_lost(
            replace(_lost, why="<!channel>", week_on=""), UNSET
        ),
        "digest_setup": partial(_setup, SEARCH, UNSET, more=12),
        "digest_setup_member": partial(
            _setup, viewer=ANA, wants_own=True, is_unlisted=True
        ),
        "digest_setup_admin": partial(_setup, SEARCH, viewer=ADA),
        "digest_changed": lambda: messages.digest_changed(SEARCH),
        "digest_turned_off": lambda: messages.digest_changed(UNSET),
        "digest_sent": lambda: messages.digest_sent(SEARCH),
        "digest_preview_comes": lambda: messages.digest_preview_comes(UNSET),
        "own_digest": partial(messages.own_digest, OWN),
        "own_digest_in_words": partial(messages.own_digest, OWN, Form.WORDS),
        "own_digest_empty": lambda: messages.own_digest(
            OwnWeek(zone="UTC", week_on="2026-03-02", next_on="2026-04-01")
        ),
        "own_digest_chosen": partial(messages.own_digest_chosen, wanted=True),
        "own_digest_stopped": partial(messages.own_digest_chosen, wanted=False),
        "hiding_chosen": partial(messages.hiding_chosen, hidden=True),
        "showing_chosen": partial(messages.hiding_chosen, hidden=False),
    }
)  # fmt: skip
MODALS: Mapping[str, Render] = MappingProxyType(
    {
        "digest_channel_form": lambda: views.digest_channel_form(SEARCH, week_on="2026-03-02"),
        "digest_channel_form_unset": lambda: views.digest_channel_form(UNSET, week_on=""),
    }
)
