"""Usage by name: a plain view, a team's, hostile names, the first day, and single calls."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from bot.domain.allowances import Subject, SubjectKind
from bot.domain.calls import Call, CallView, Most, Revision
from bot.domain.counts import COUNT_MAX, Counts
from bot.domain.digests import Part
from bot.domain.ledger import UNATTRIBUTED, AccountId, member_account
from bot.domain.teams import NAME_MAX, Team
from bot.domain.usage import NAME_MAX as USAGE_NAME_MAX
from bot.domain.usage import SEEN, UNNAMED, Charge
from bot.domain.usage_events import ID_MAX, SourceRole
from bot.domain.usage_views import Figures, Stretch, UsageView, days_of
from bot.slack.render import messages
from bot.slack.render.messages import Form
from tests.slack.render.facts import (
    ADA,
    ANA,
    BEN,
    ENTRY,
    HOSTILE,
    HUGE,
    MIA,
    NOW,
    OTHER_ENTRY,
    TEAM,
)

Render = Callable[[], dict[str, Any]]

_NAME = HOSTILE[:USAGE_NAME_MAX]
_OF_ANA = Subject(SubjectKind.MEMBER, ANA.user_id)
_SEARCH = Team(team_id=TEAM, name="Search", zone="Europe/Berlin")


def _view(chosen: Stretch = Stretch.WEEK, **facts: Any) -> UsageView:
    days = days_of(chosen, date(2026, 3, 2))
    plain = UsageView(
        viewer=ANA,
        subject=_OF_ANA,
        team=_SEARCH,
        chosen=chosen,
        days=days,
        now=Figures(
            tokens=1_234_567,
            calls=412,
            input_uncached=300_000,
            cache_read=800_000,
            cache_write=34_567,
            output=100_000,
            cost_nano=12_340_000_000,
        ),
        before=Figures(tokens=900_000, calls=300),
        models=(
            Part(name="claude-opus-4-1-20250805", tokens=1_000_000, before=900_000),
            Part(name="gpt-4o", tokens=34_567),
        ),
        projects=(Part(name="ranking", tokens=1_234_567, before=900_000),),
        by_day={day: 150_000 + nth * 10_000 for nth, day in enumerate(days.each)}
        | {day: 90_000 for day in days.each_before if day},
        has_estimates=False,
    )
    return replace(plain, **facts)


def _of_team() -> UsageView:
    return _view(
        Stretch.MONTH,
        viewer=replace(ADA, manages=frozenset({TEAM})),
        subject=Subject(SubjectKind.TEAM, TEAM),
        members=(
            Part(name=ANA.user_id, tokens=1_000_000, before=5),
            Part(name=BEN.user_id, tokens=200_000),
        ),
        has_estimates=None,
        unattributed=12_345,
    )


def _hostile() -> UsageView:
    parts = tuple(Part(name=f"{n}{_NAME}"[:USAGE_NAME_MAX], tokens=HUGE // 10) for n in range(8))
    return _view(
        Stretch.THIRTY_DAYS,
        viewer=MIA,
        team=replace(_SEARCH, name=HOSTILE[:NAME_MAX]),
        now=Figures(tokens=HUGE, calls=HUGE, cost_nano=HUGE, cache_read=7, unpriced=3),
        before=Figures(tokens=HUGE, calls=1),
        models=parts,
        projects=parts,
        has_estimates=True,
        unattributed=1,
        is_partial=True,
    )


def _first() -> UsageView:
    nothing = _view(now=Figures(), before=Figures(), models=(), projects=(), by_day={})
    return replace(nothing, team=replace(_SEARCH, zone="UTC"))


def _call(**facts: Any) -> Call:
    plain = Call(
        source="litellm",
        external_id="chatcmpl-9f0c1d2e3b4a5968",
        revision=0,
        role=SourceRole.GATEWAY,
        account=member_account(ANA.user_id),
        team_id=TEAM,
        occurred_at=NOW - timedelta(minutes=3),
        received_at=NOW,
        provider="anthropic",
        model="claude-opus-4-1",
        project="ranking",
        counts=Counts(
            input_uncached=8_000, cache_read=2_000, cache_write=500, output=345, reasoning=100
        ),
        charge=Charge(tokens=10_845, rate="raw", cost_nano=4_200_000),
        is_estimate=False,
        entry_id=ENTRY,
    )
    return replace(plain, **facts)


def _hostile_call(n: int = 0) -> Call:
    return _call(
        source=f"{n}{HOSTILE}"[:60],
        external_id=f"{n}{HOSTILE}"[:ID_MAX],
        provider=HOSTILE[:60],
        model=_NAME,
        project=_NAME,
        counts=Counts(
            input_uncached=COUNT_MAX,
            cache_read=COUNT_MAX,
            cache_write=COUNT_MAX,
            output=COUNT_MAX,
            reasoning=COUNT_MAX,
        ),
        charge=Charge(
            tokens=4 * COUNT_MAX,
            rate="c0ffee00:1000000/100000/1250000/5000000",
            cost_nano=10**15,
            cost_is_estimate=True,
        ),
        is_estimate=True,
        account=UNATTRIBUTED,
        revision=3,
    )


def usage_messages() -> dict[str, Render]:
    view, chart, call = messages.usage_view, messages.usage_chart, messages.call
    most = Most(
        viewer=ANA,
        subject=_OF_ANA,
        chosen=Stretch.WEEK,
        days=days_of(Stretch.WEEK, date(2026, 3, 2)),
        calls=(
            _call(),
            _call(external_id="short", project=UNNAMED, entry_id=None, counts=Counts()),
        ),
    )
    crowd = replace(
        most,
        viewer=MIA,
        chosen=Stretch.THIRTY_DAYS,
        calls=tuple(_hostile_call(n) for n in range(10)),
    )
    seen = _call(charge=Charge(tokens=0, rate=SEEN, cost_nano=None), entry_id=None)
    of_nobody = replace(seen, provider="", role=SourceRole.REPORT, account=UNATTRIBUTED)
    revisions = (
        Revision(revision=2, tokens=1_200, entry_id=ENTRY, received_at=NOW),
        Revision(revision=3, tokens=-7, entry_id=OTHER_ENTRY, received_at=NOW),
    )
    return {
        "usage_own": partial(view, _view()),
        "usage_of_team": partial(view, _of_team()),
        "usage_last_week": partial(view, _view(Stretch.LAST_WEEK)),
        "usage_today": partial(view, _view(Stretch.TODAY)),
        "usage_hostile": partial(view, _hostile()),
        "usage_none_yet": partial(view, _first()),
        "usage_stopped": partial(
            view, _view(Stretch.MONTH, now=Figures(), models=(), projects=(), by_day={})
        ),
        "usage_unpriced": partial(view, _view(now=Figures(tokens=5, calls=1, unpriced=1))),
        "usage_chart": partial(chart, _view()),
        "usage_chart_of_team": partial(chart, _of_team()),
        "usage_chart_hostile": partial(chart, _hostile()),
        "usage_chart_as_table": partial(chart, _hostile(), Form.TABLE),
        "usage_chart_in_words": partial(chart, _hostile(), Form.WORDS),
        "usage_chart_none_yet": partial(chart, _first()),
        "most_used": partial(messages.most_used, most),
        "most_used_none": partial(messages.most_used, replace(most, calls=())),
        "most_used_hostile": partial(messages.most_used, crowd),
        "call": partial(call, CallView(call=_call())),
        "call_seen": partial(call, CallView(call=seen, charged_instead=SourceRole.TELEMETRY)),
        "call_seen_of_nobody": partial(
            call,
            CallView(call=of_nobody),
        ),
        "call_seen_linked_since": partial(
            call, CallView(call=of_nobody, linked_to=member_account(BEN.user_id))
        ),
        "call_seen_linked_since_to_a_team": partial(
            call, CallView(call=of_nobody, linked_to=AccountId("pool:search"))
        ),
        "call_seen_before": partial(call, CallView(call=replace(seen, role=SourceRole.REPORT))),
        "call_free": partial(
            call,
            CallView(
                call=_call(
                    charge=Charge(tokens=0, rate="free", cost_nano=0),
                    entry_id=None,
                    project=UNNAMED,
                )
            ),
        ),
        "call_at_unknown_rate": partial(
            call,
            CallView(call=_call(charge=Charge(tokens=7, rate="c0ffee00:unknown", cost_nano=1))),
        ),
        "call_at_odd_rate": partial(
            call, CallView(call=_call(charge=Charge(tokens=7, rate=_NAME, cost_nano=None)))
        ),
        "call_hostile": partial(call, CallView(call=_hostile_call(), revisions=revisions)),
    }
