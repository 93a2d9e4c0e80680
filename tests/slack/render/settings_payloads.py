"""Settings by name: nothing yet, a company in order, one in trouble, hostile and many names."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.rates import Preset, RateCard
from bot.domain.settings_views import SettingsView, UnpricedModel
from bot.domain.sources import SourceState
from bot.domain.usage import NAME_MAX
from bot.domain.usage_events import SOURCE_MAX, SourceRole
from bot.slack.render import messages
from tests.slack.render.facts import HOSTILE, HUGE, NOW

Render = Callable[[], dict[str, Any]]

_NONE = SettingsView(
    now=NOW,
    sources=(),
    card=None,
    planned=None,
    list_prices="genai-prices 0.2.3",
    unpriced=(),
    waiting_names=0,
    waiting_tokens=0,
    calls_kept="13",
)
_LITELLM = SourceState(
    source="litellm",
    role=SourceRole.GATEWAY,
    last_occurred_at=NOW - timedelta(minutes=1),
    last_received_at=NOW,
    events=12_400,
    tokens=48_200_000,
    compared=48_200_000,
    gap=120_000,
    nobodys=0,
    is_silent=False,
    is_companys=True,
)
_OPENAI = replace(
    _LITELLM,
    source="openai",
    role=SourceRole.REPORT,
    last_occurred_at=NOW - timedelta(hours=15),
    last_received_at=NOW - timedelta(minutes=40),
    events=84,
    tokens=0,
    gap=None,
    nobodys=1_300_000,
)
_SILENT = replace(
    _LITELLM,
    source="claude-code",
    role=SourceRole.TELEMETRY,
    last_received_at=NOW - timedelta(days=3),
    gap=0,
    is_silent=True,
)
_COST = RateCard(
    card_id="0195c0de-0000-7000-8000-0000c0ffee00",
    name="cost",
    effective_from=NOW - timedelta(days=9),
    preset=Preset.COST,
)


def settings_messages() -> dict[str, Render]:
    in_order = replace(_NONE, sources=(_LITELLM, _OPENAI), card=_COST)
    in_trouble = replace(
        _NONE,
        sources=(_LITELLM, _SILENT, replace(_OPENAI, is_silent=True)),
        card=_COST,
        planned=replace(_COST, preset=Preset.RAW, effective_from=NOW + timedelta(days=7)),
        unpriced=(UnpricedModel("our-own-model", 1, 40),),
        waiting_names=3,
        waiting_tokens=1_200_000,
        calls_kept="forever",
    )
    hostile = replace(
        in_trouble,
        sources=tuple(
            replace(_SILENT, source=HOSTILE[:SOURCE_MAX], tokens=HUGE, gap=-HUGE, nobodys=HUGE)
            for _ in range(40)
        ),
        card=replace(_COST, preset=Preset.TABLE, name=HOSTILE[:NAME_MAX]),
        unpriced=tuple(UnpricedModel(HOSTILE[:NAME_MAX], 10**9, HUGE) for _ in range(10)),
    )
    return {
        "sources_silent_one": partial(messages.sources_silent, [_SILENT], is_reminder=False),
        "sources_silent_several": partial(
            messages.sources_silent,
            [
                _SILENT,
                replace(_LITELLM, last_received_at=NOW - timedelta(days=1, minutes=1)),
                replace(_OPENAI, last_received_at=NOW - timedelta(days=2)),
            ],
            is_reminder=False,
        ),
        "sources_silent_report": partial(messages.sources_silent, [_OPENAI], is_reminder=True),
        "sources_silent_hostile": partial(
            messages.sources_silent, hostile.sources, is_reminder=False
        ),
        "settings_none_yet": partial(messages.settings, _NONE),
        "settings_in_order": partial(messages.settings, in_order),
        "settings_in_trouble": partial(messages.settings, in_trouble),
        "settings_hostile": partial(messages.settings, hostile),
    }
