"""Which source is charged, where several see the same call.

Time is divided by team and provider: at each moment one kind of source is in charge, and only its
events of that moment are charged. The rest are kept for comparison. A gateway is surer than an
agent's telemetry, and both come sooner than the provider's report, which trues up what they charged
(docs/metering.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from bot.domain.usage_events import SourceRole

#: After so long without an event of what is in charge, another source's events are charged.
QUIET = timedelta(days=7)
#: How exactly the last event of a gateway is known: its row is not written for each batch.
COARSE = timedelta(hours=1)

_SUREST_FIRST = (SourceRole.GATEWAY, SourceRole.TELEMETRY, SourceRole.REPORT)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """From when on a kind of source is in charge; None for ever before."""

    since: datetime | None
    role: SourceRole
    #: The latest event that it was charged for.
    last_at: datetime | None = None


def in_charge(shifts: Sequence[Shift], at: datetime) -> SourceRole | None:
    """Which role's events of that moment are charged; `shifts` in their order."""
    found = None
    for shift in shifts:
        if shift.since is None or shift.since <= at:
            found = shift.role
    return found


def next_shift(shifts: Sequence[Shift], role: SourceRole, first: datetime) -> Shift | None:
    """The shift that events of this role begin, the earliest of which was at `first`; or none.

    A surer source takes over where the other's last charged event ends, so that no moment of it is
    charged twice and none of its own events after that is lost. A less sure one does so only when
    what was in charge has been quiet for long. A day in UTC is a report's whole, or not at all.
    """
    if not shifts:
        return Shift(since=None, role=role)
    current = shifts[-1]
    if current.role is role:
        return None
    last = current.last_at
    is_surer = _SUREST_FIRST.index(role) < _SUREST_FIRST.index(current.role)
    if not is_surer and last is not None and first <= last + QUIET:
        return None
    begins = first if last is None else max(first, last + _INSTANT)
    if SourceRole.REPORT in {role, current.role}:
        # A report's row stands for its whole day, and goes on growing until that is over.
        begins = _midnight(first) if last is None else max(_midnight(first), _day_after(last))
    if current.since is not None:
        begins = max(begins, current.since + _INSTANT)
    return Shift(since=begins, role=role)


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time(), tzinfo=UTC)


def _day_after(moment: datetime) -> datetime:
    return _midnight(moment) + timedelta(days=1)


def later(shift: Shift, last: datetime) -> Shift | None:
    """The shift with a later last event, where that is worth a write; else None."""
    coarse = COARSE if shift.role is SourceRole.GATEWAY else timedelta(0)
    if shift.last_at is not None and last <= shift.last_at + coarse:
        return None
    return Shift(since=shift.since, role=shift.role, last_at=last)
