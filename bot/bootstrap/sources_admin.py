"""What the command line says of the sources of usage; plain lines to print."""

from datetime import datetime, timedelta

from bot.bootstrap import clock, system_clock
from bot.bootstrap.admin import opened, workspace_named
from bot.config import Settings
from bot.domain.sources import SourceState
from bot.domain.usage_events import SourceRole
from bot.services import sources

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def show(configured: Settings, workspace: str | None) -> list[str]:
    """A line for each source that was heard lately, then one for each that fell silent."""
    now = system_clock()
    with opened(configured) as database:
        found = sources.states(database, workspace_named(database, workspace), now)
    return [
        *(_line(one) for one in found),
        *(_alarm(one, now) for one in found if one.is_silent),
    ]


def _line(one: SourceState) -> str:
    events = f"{one.events:,} {'event' if one.events == 1 else 'events'}"
    return (
        f"{one.source} ({one.role.value}): last event {clock.shown(one.last_occurred_at)}, "
        f"{_span(one.lag)} late; 7 days: {events}, {one.tokens:,} tokens charged; "
        f"{_gap(one)}{_nobodys(one)}"
    )


def _gap(one: SourceState) -> str:
    if one.gap is None:
        return "no report to compare with"
    if one.gap == 0:
        return "the report agrees"
    share = f" ({abs(one.gap) * 100 // one.compared} %)" if one.compared else ""
    return f"the report has {abs(one.gap):,} {'more' if one.gap > 0 else 'less'}{share}"


def _nobodys(one: SourceState) -> str:
    return f"; {one.nobodys:,} of its tokens are nobody's" if one.nobodys else ""


def _alarm(one: SourceState, now: datetime) -> str:
    check = (
        "does the provider still take the admin key? tokenbot's log says so"
        if one.role is SourceRole.REPORT
        else "is it running, and does its key still count (tokenbot api-key list)?"
    )
    silence = _span(now - one.last_received_at)
    return f"ALARM: nothing from {one.source} for {silence}, though people are active; {check}"


def _span(span: timedelta) -> str:
    if span >= 2 * _DAY:
        return f"{span // _DAY} days"
    if span >= 2 * _HOUR:
        return f"{span // _HOUR} hours"
    if span >= timedelta(minutes=2):
        return f"{span // timedelta(minutes=1)} minutes"
    return f"{span // timedelta(seconds=1)} s"
