"""A batch of usage events in one database transaction: what is new, charged, and counted by day."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.domain import notes
from bot.domain import usage as rules
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId, EntryId, EntryKind
from bot.domain.usage import Charge, Placed, Used
from bot.domain.usage_events import EventRefused, Rejection, Taken, UsageEvent, replaces
from bot.services import placing
from bot.services.placing import Sender
from bot.storage import charges, ids, rollups, source_days, usage_events
from bot.storage.database import Call, Transaction
from bot.storage.source_days import SourceDay, Told
from bot.storage.statements import Row
from bot.storage.usage_events import KnownEvent, Revised


class NotAllNew(Exception):
    """Some of these events stand already."""


class Batch:
    """Takes events in once. Locks are taken in one order: events, accounts, rollups."""

    def __init__(
        self,
        tx: Transaction,
        workspace_id: WorkspaceId,
        sender: Sender,
        now: datetime,
        *,
        kind: EntryKind = EntryKind.USAGE,
    ) -> None:
        self._kind = kind
        self._tx = tx
        self._workspace_id = workspace_id
        self._sender = sender
        self._now = now
        self._entry_id = EntryId(ids.new(now))
        self._by_account: Counter[AccountId] = Counter()
        #: By the place of each event that was new, or brought other figures: what it comes to.
        self.charged: dict[int, int] = {}
        self._used: list[Used] = []
        self._sources: set[str] = set()
        self._told: dict[SourceDay, Told] = {}

    def take(self, chunk: Sequence[tuple[int, UsageEvent]]) -> Taken:
        """Write what is new, charge it, and count it by day."""
        taken, _ = self.add(chunk)
        self.write()
        return taken

    def add(
        self, chunk: Sequence[tuple[int, UsageEvent]], locking: Sequence[Call] = ()
    ) -> tuple[Taken, list[list[Row]]]:
        """Write events that are new, and later figures of others; `write` has yet to charge them.

        `locking` is what locks accounts in the same round trip, after the events as everybody does;
        with its rows. Raises `NotAllNew` where events that stand would be locked after accounts.
        """
        placed, outside = placing.placed(
            self._tx, self._workspace_id, chunk, self._sender, self._now
        )
        if not placed:
            return Taken(rejected=tuple(outside)), []
        adding = usage_events.adding(
            self._workspace_id,
            placed,
            role=self._sender.role,
            entry_id=self._entry_id,
            now=self._now,
        )
        added, *locked = self._tx.batch([adding, *locking])
        new = {(source, external_id) for source, external_id in added}
        if locking and len(new) < len(placed):
            raise NotAllNew
        for one in placed:
            if one.key in new:
                self._count_new(one)
        revised, rejected = self._revise([one for one in placed if one.key not in new])
        self._sources |= {one.event.source for one in placed}
        taken = Taken(
            accepted=len(new) + revised,
            duplicates=len(placed) - len(new) - revised - len(rejected),
            rejected=(*outside, *rejected),
        )
        return taken, locked

    def write(self) -> None:
        """Charge what was added, and count it by day."""
        note = notes.clean(", ".join(sorted(self._sources)))
        entry = rules.entry(
            self._by_account,
            entry_id=self._entry_id,
            kind=self._kind,
            actor=self._sender.actor,
            note=note,
            now=self._now,
        )
        tx, workspace_id, used = self._tx, self._workspace_id, self._used
        asked = [rollups.unknown(workspace_id, used)] if used else []
        if entry is not None:
            found = charges.charge(tx, workspace_id, self._entry_id, entry, asked)
        else:
            found = tx.batch(asked)
        if used:
            rollups.add_asked(tx, workspace_id, used, *found)
        source_days.add(self._tx, self._workspace_id, self._told, self._now)

    # Sums.

    def _count_new(self, one: Placed) -> None:
        event, charge = one.event, one.charge
        self._by_account[one.payer.account] += charge.tokens
        self.charged[one.nth] = charge.tokens
        self._tell(
            event.occurred_at,
            source=event.source,
            provider=event.provider,
            events=1,
            counted=event.counts.total,
            tokens=charge.tokens,
        )
        if charge.is_seen_only:
            return
        self._used.append(rules.counted(one.place, event.counts, charge))

    def _tell(
        self, at: datetime, *, source: str, provider: str, events: int, counted: int, tokens: int
    ) -> None:
        told = self._told.setdefault(
            (source, provider, _utc_day(at)), Told(self._sender.role, at, self._sender.owner)
        )
        told.events += events
        told.counted += counted
        told.tokens += tokens
        told.last_occurred_at = max(told.last_occurred_at, at)

    # Later figures.

    def _revise(self, again: Sequence[Placed]) -> tuple[int, list[Rejection]]:
        """Charge the difference of later figures; how many were, and what differs without being."""
        known = usage_events.known(self._tx, self._workspace_id, [one.key for one in again])
        revised: list[Revised] = []
        rejected: list[Rejection] = []
        for one in again:
            stands = known[one.key]
            try:
                if replaces(one.event, revision=stands.revision, counts=stands.counts):
                    revised.append(self._count_again(one, stands))
            except EventRefused as refused:
                rejected.append(Rejection(one.nth, one.event.external_id, str(refused)))
        usage_events.revise(self._tx, self._workspace_id, revised, self._entry_id, self._now)
        return len(revised), rejected

    def _count_again(self, one: Placed, stands: KnownEvent) -> Revised:
        """It stays where it was counted, and charged or not, whatever it would be today."""
        event = one.event
        charge = one.cost.seen_only if stands.charge.is_seen_only else one.cost
        more = charge.tokens - stands.charge.tokens
        self._by_account[stands.account] += more
        self.charged[one.nth] = more
        self._tell(
            stands.occurred_at,
            source=event.source,
            provider=stands.provider,
            events=0,
            counted=event.counts.total - stands.counts.total,
            tokens=more,
        )
        if not charge.is_seen_only:
            self._used += _difference(stands, one, charge)
        return Revised(
            source=event.source,
            external_id=event.external_id,
            revision=event.revision,
            model=one.model,
            counts=event.counts,
            charge=charge,
            more=more,
        )


def _utc_day(moment: datetime) -> str:
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return placing.iso_day(utc.date())


def _difference(stands: KnownEvent, one: Placed, charge: Charge) -> tuple[Used, Used]:
    """Out of the sums with the figures that stood, and into them with the new ones."""
    stood = rules.counted(stands.place, stands.counts, stands.charge)
    new = stands.place._replace(model=one.model)
    return stood.taken_back, rules.counted(new, one.event.counts, charge)
