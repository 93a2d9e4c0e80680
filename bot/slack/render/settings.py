"""How usage comes in and what it is charged, in words: the alarm first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import amounts
from bot.domain.rates import Preset, RateCard
from bot.domain.retention import FOREVER
from bot.domain.settings_views import SettingsView, UnpricedModel
from bot.domain.sources import SourceState
from bot.domain.usage_events import SourceRole
from bot.slack.ids import COMMAND
from bot.slack.render.blocks import Block, Message, context, message, section
from bot.slack.render.blocks import lines as lines_of
from bot.slack.render.days import counted, day
from bot.slack.render.text import code

KINDS = {
    SourceRole.GATEWAY: "gateway",
    SourceRole.TELEMETRY: "telemetry, an estimate",
    SourceRole.REPORT: "the provider's report",
}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_SOURCES_MAX = 12
#: Silent sources that the headline names.
_NAMED = 3
_PERCENT = 100
_RAW = "one token is one token"
_FIRST = (
    "• a gateway, or your own code: `tokenbot api-key create NAME --scope usage:write` prints a "
    "key, and a first call to try\n"
    f"• Claude Code: each person types `{COMMAND} link claude-code`\n"
    "• what was used before: `tokenbot import-usage FILE`"
)


def settings(found: SettingsView) -> Message:
    """For admins and finance: sources, rates, what nobody knows yet."""
    return message(
        _headline(found),
        *_sources(found),
        section(_rates(found)),
        *_unpriced(found.unpriced),
        section(_waiting(found)),
        section(_kept(found.calls_kept)),
        context(
            "Changed on the command line: `tokenbot rates`, `tokenbot api-key`, "
            "`tokenbot identity`, `tokenbot setting`"
        ),
    )


def _headline(found: SettingsView) -> str:
    silent = [one.source for one in found.sources if one.is_silent]
    if silent:
        names = ", ".join(code(name) for name in silent[:_NAMED])
        names += f" and {len(silent) - _NAMED} more" if len(silent) > _NAMED else ""
        return f"*{counted(len(silent), 'source')} fell silent* while people are active: {names}."
    if not found.sources:
        return "*No usage comes in yet.* A platform engineer connects what you already run."
    return f"*Usage comes in* from {counted(len(found.sources), 'source')}; none is silent."


def _sources(found: SettingsView) -> list[Block]:
    lines = [_source(one, found.now) for one in found.sources[:_SOURCES_MAX]]
    if not lines:
        return [section(_FIRST)]
    if len(found.sources) > _SOURCES_MAX:
        lines.append(f"and {len(found.sources) - _SOURCES_MAX} more: `tokenbot sources`")
    return lines_of(["*Sources, the last 7 days*", *lines])


def _source(one: SourceState, now: datetime) -> str:
    heard = f"last event {_ago(now - one.last_received_at)}, {_late(one.lag)}"
    events, charged = counted(one.events, "event"), amounts.short(one.tokens)
    return (
        f"• {code(one.source)} ({KINDS[one.role]}): {heard}; {events}, {charged} tokens charged; "
        f"{_gap(one)}{_nobodys(one)}{_silence(one)}"
    )


def _silence(one: SourceState) -> str:
    """A provider's report is fetched, all else is sent."""
    if not one.is_silent:
        return ""
    if one.role is SourceRole.REPORT:
        return " – *silent*; does the provider still take the admin key? tokenbot’s log says so"
    return " – *silent*; is it running, and does its key still count?"


def _gap(one: SourceState) -> str:
    if one.gap is None:
        return "no report to compare with"
    if one.gap == 0:
        return "the provider's report agrees"
    way = "more" if one.gap > 0 else "less"
    return f"the provider's report has {amounts.short(abs(one.gap))} {way}{_share(one)}"


def _nobodys(one: SourceState) -> str:
    return f"; {amounts.short(one.nobodys)} of its tokens are nobody's" if one.nobodys else ""


def _share(one: SourceState) -> str:
    if not one.compared or one.gap is None:
        return ""
    percent = abs(one.gap) * _PERCENT // one.compared
    return f" ({percent} %)" if percent else " (under 1 %)"


def _ago(span: timedelta) -> str:
    return "just now" if span < timedelta(minutes=2) else f"{_span(span)} ago"


def _late(span: timedelta) -> str:
    return "at once" if span < timedelta(minutes=2) else f"{_span(span)} after it happened"


def _span(span: timedelta) -> str:
    if span >= 2 * _DAY:
        return f"{span // _DAY} days"
    if span >= 2 * _HOUR:
        return f"{span // _HOUR} hours"
    return f"{span // timedelta(minutes=1)} minutes"


def _rates(found: SettingsView) -> str:
    now = _RAW if found.card is None else _card(found.card)
    if found.planned is not None:
        begins = day(found.planned.effective_from.date().isoformat())
        now += f"; from {begins}: {_card(found.planned)}"
    return (
        f"*What a call costs*\n{now}\n"
        f"Dollars that no source tells are estimated by the list prices of {found.list_prices}"
    )


def _card(card: RateCard) -> str:
    return _RAW if card.preset is Preset.RAW else code(card.label)


def _unpriced(models: Sequence[UnpricedModel]) -> list[Block]:
    if not models:
        return []
    lines = [
        f"• {code(one.model)}: {counted(one.calls, 'call')}, {amounts.short(one.tokens)} tokens"
        for one in models
    ]
    return lines_of(
        [
            "*Models of which nobody knows the price, the last 30 days*",
            *lines,
            "Give them a weight in a table of your own: `tokenbot rates use FILE`",
        ]
    )


def _kept(months: str) -> str:
    calls = (
        "Single calls, entries and sums: for ever"
        if months == FOREVER
        else f"Single calls: {months} months; entries and sums: for ever"
    )
    return f"*How long it is kept*\n{calls}"


def _waiting(found: SettingsView) -> str:
    if not found.waiting_names:
        return "*Who is who*\nEvery name that a source uses belongs to somebody."
    names, tokens = counted(found.waiting_names, "name"), found.waiting_tokens
    charged = f" with {amounts.short(tokens)} {'token' if tokens == 1 else 'tokens'}"
    return (
        f"*Who is who*\n{names}{charged if tokens else ''} "
        f"{'belongs' if found.waiting_names == 1 else 'belong'} to nobody yet: `{COMMAND} link`"
    )
