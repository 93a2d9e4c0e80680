"""What OpenTelemetry's senders tell of usage, taken in so that each token counts once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain import telemetry as rules
from bot.domain.api_keys import ALL, Reach
from bot.domain.counts import CountsRefused
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.telemetry import Heard, Reading, Sighting, Signal, Unread
from bot.domain.usage_events import (
    LATE_MAX,
    EventRefused,
    SourceRole,
    Taken,
    check_time,
)
from bot.services import dues, usage
from bot.services.intake import Batch
from bot.services.placing import Sender
from bot.storage import series, signals
from bot.storage.database import Database

#: Of growing figures in one commit: each has up to five series, whose rows it locks.
CHUNK = 200
#: Different reasons that a sender is told.
_ERRORS_MAX = 5
#: How long it is known of whom nothing is heard: longer than anything late is taken.
HEARD_KEPT = LATE_MAX + timedelta(days=7)
_FORGET_MAX = 1_000


def take_in(
    database: Database,
    workspace_id: WorkspaceId,
    reading: Reading,
    *,
    owner: UserId | None,
    actor: str,
    now: datetime,
    reach: Reach = ALL,
) -> Heard:
    """Charge what is new in a reading, each once, whichever signals tell of it and how often.

    `owner` is the person to whom the sender's API key is bound: what it sends is theirs, and what
    it says of its user is not looked at; `reach` is whom it may charge. Whoever is cut off may
    send all again. Raises `DatabaseBusy` and `DatabaseFault`, after which that holds as well.
    """
    tally = _Tally(list(reading.unread))
    timely = tally.timely(reading.sightings, now)
    here = _counted_here(database, workspace_id, reading.signal, timely, now)
    sender = Sender(role=SourceRole.TELEMETRY, owner=owner, actor=actor, reach=reach)
    if owner is not None:
        here = [replace(one, event=replace(one.event, user="")) for one in here]
    tally.add(*_take_calls(database, workspace_id, here, sender=sender, now=now))
    growing = sorted((one for one in here if one.growing), key=lambda one: one.growing[0].at_ns)
    for start in range(0, len(growing), CHUNK):
        chunk = growing[start : start + CHUNK]
        grown = _take_growing(database, workspace_id, chunk, sender=sender, now=now)
        tally.unread += grown.unread
        tally.duplicates += grown.duplicates
        tally.add(grown.gained, grown.taken)
    return tally.heard(elsewhere=len(timely) - len(here))


def forget_old(database: Database, now: datetime) -> None:
    """Delete what is known of processes and sessions that ended long ago."""
    before = now - HEARD_KEPT
    with database.writing() as tx:
        series.forget(tx, before=before, limit=_FORGET_MAX)
        signals.forget(tx, before=before, limit=_FORGET_MAX)


def _counted_here(
    database: Database,
    workspace_id: WorkspaceId,
    signal: Signal,
    sightings: Sequence[Sighting],
    now: datetime,
) -> list[Sighting]:
    """Those of sessions that this signal is counted for: the first that told of them.

    The claim is a commit before theirs: the sender that is cut off in between sends again by this
    signal, and what another told meanwhile is not counted.
    """
    sessions = {one.session for one in sightings if one.session}
    with database.reading() as tx:
        known = signals.known(tx, workspace_id, sessions, now) if sessions else {}
    if new := sessions - known.keys():
        with database.writing() as tx:
            known |= signals.claim(tx, workspace_id, new, signal=signal, now=now)
    return [one for one in sightings if not one.session or known[one.session] is signal]


def _take_calls(
    database: Database,
    workspace_id: WorkspaceId,
    sightings: Sequence[Sighting],
    *,
    sender: Sender,
    now: datetime,
) -> tuple[list[Sighting], Taken]:
    """Those that say what was used by themselves, and what became of them."""
    calls = [one for one in sightings if not one.growing]
    taken = usage.take_in(
        database,
        workspace_id,
        [one.event for one in calls],
        role=sender.role,
        owner=sender.owner,
        actor=sender.actor,
        now=now,
        reach=sender.reach,
    )
    return calls, taken


@dues.settled_first
def _take_growing(
    database: Database,
    workspace_id: WorkspaceId,
    chunk: Sequence[Sighting],
    *,
    sender: Sender,
    now: datetime,
) -> "_Grown":
    """One commit: how far the series are now, and the events of what they gained.

    Their rows are locked first, so that of two exports at once the second sees what the first
    has charged (docs/decisions/0011-growing-figures.md).
    """
    points = [point for one in chunk for point in one.growing]
    with database.writing() as tx:
        told = rules.advanced(chunk, series.hold(tx, workspace_id, points, now))
        series.put(tx, workspace_id, told.lasts, now)
        grown = _Grown(duplicates=told.duplicates)
        for one in told.gained:
            try:
                grown.gained.append(replace(one, event=rules.event_of(one)))
            except CountsRefused as refused:
                grown.unread.append(Unread(one.items, str(refused)))
        if grown.gained:
            events = [one.event for one in grown.gained]
            grown.taken = Batch(tx, workspace_id, sender, now).take(list(enumerate(events)))
    return grown


@dataclass(slots=True)
class _Grown:
    """What became of growing figures: those that gained something, and the rest."""

    duplicates: int
    gained: list[Sighting] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    taken: Taken = field(default_factory=Taken)


@dataclass(slots=True)
class _Tally:
    """What became of a request so far."""

    unread: list[Unread]
    accepted: int = 0
    duplicates: int = 0

    def timely(self, sightings: Iterable[Sighting], now: datetime) -> list[Sighting]:
        """Those that can be booked; no session is claimed for one that can't."""
        good: list[Sighting] = []
        for one in sightings:
            try:
                check_time(one.event, now)
            except EventRefused as refused:
                self.unread.append(Unread(one.items, str(refused)))
            else:
                good.append(one)
        return good

    def add(self, sightings: Sequence[Sighting], taken: Taken) -> None:
        self.accepted += taken.accepted
        self.duplicates += taken.duplicates
        for rejection in taken.rejected:
            self.unread.append(Unread(sightings[rejection.index].items, rejection.error))

    def heard(self, *, elsewhere: int) -> Heard:
        errors = dict.fromkeys(one.error for one in self.unread)
        return Heard(
            accepted=self.accepted,
            duplicates=self.duplicates,
            elsewhere=elsewhere,
            rejected=sum(one.items for one in self.unread),
            errors=tuple(errors)[:_ERRORS_MAX],
        )
