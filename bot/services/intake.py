"""A batch of usage events in one database transaction: who pays, what, and where it is counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.domain import metering, notes, periods
from bot.domain import usage as rules
from bot.domain.counts import Counts
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.identities import Payer
from bot.domain.ledger import UNATTRIBUTED, AccountId, EntryId, member_account
from bot.domain.usage import Charge, DayPlace, Used
from bot.domain.usage_events import (
    EventRefused,
    Rejection,
    SourceRole,
    Taken,
    UsageEvent,
    replaces,
)
from bot.services import charging
from bot.storage import charges, identities, ids, meters, rollups, source_days, usage_events
from bot.storage.database import Transaction
from bot.storage.source_days import SourceDay, Told
from bot.storage.statements import Row
from bot.storage.usage_events import EventKey, KnownEvent, Revised

#: Models and projects of a batch are few, and their names are made fit to show.
_name = lru_cache(maxsize=4_096)(rules.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Whence a batch comes."""

    role: SourceRole
    #: The person to whom the sender's API key is bound.
    owner: UserId | None
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An event with its place in the batch, who pays for it, and what it is charged."""

    index: int
    event: UsageEvent
    payer: Payer
    identity_id: str | None
    day: str
    model: str
    project: str
    charge: Charge

    @property
    def key(self) -> EventKey:
        return (self.event.source, self.event.external_id)


class Batch:
    """Takes events in once. Locks are taken in one order: events, accounts, rollups."""

    def __init__(
        self, tx: Transaction, workspace_id: WorkspaceId, sender: Sender, now: datetime
    ) -> None:
        self._tx = tx
        self._workspace_id = workspace_id
        self._sender = sender
        self._now = now
        self._entry_id = EntryId(ids.new(now))
        self._charged: Counter[AccountId] = Counter()
        self._used: list[Used] = []
        self._told: dict[SourceDay, Told] = {}

    def take(self, chunk: Sequence[tuple[int, UsageEvent]]) -> Taken:
        """Write what is new, charge it, and count it by day."""
        placed = sorted(self._placed(chunk), key=lambda one: one.key)
        new = usage_events.add_new(self._tx, [self._row(one) for one in placed])
        for one in placed:
            if one.key in new:
                self._count_new(one)
        revised, rejected = self._revise([one for one in placed if one.key not in new])
        self._write(placed)
        return Taken(
            accepted=len(new) + revised,
            duplicates=len(placed) - len(new) - revised - len(rejected),
            rejected=tuple(rejected),
        )

    def _write(self, placed: Sequence[_Placed]) -> None:
        note = notes.clean(", ".join(sorted({one.event.source for one in placed})))
        entry = rules.entry(
            self._charged,
            entry_id=self._entry_id,
            actor=self._sender.actor,
            note=note,
            now=self._now,
        )
        if entry is not None:
            charges.charge(self._tx, self._workspace_id, self._entry_id, entry)
        rollups.add(self._tx, self._workspace_id, self._used)
        source_days.add(self._tx, self._workspace_id, self._told, self._now)

    # Who pays, and what.

    def _placed(self, chunk: Sequence[tuple[int, UsageEvent]]) -> list[_Placed]:
        events = [event for _, event in chunk]
        whose = self._whose(events)
        accounts = sorted({account for account, _ in whose})
        payers = identities.payers(self._tx, self._workspace_id, accounts)
        clocks = {payer.zone: ZoneInfo(payer.zone) for payer in payers.values()}
        paying = [payers[account] for account, _ in whose]
        is_charged = self._charged_here(events, paying)
        costs = charging.by_cards(self._tx, self._workspace_id, events)
        return [
            _Placed(
                index=index,
                event=event,
                payer=payer,
                identity_id=identity_id,
                day=periods.day_of(event.occurred_at, clocks[payer.zone]).isoformat(),
                model=_name(event.model),
                project=_name(event.project),
                charge=charge if counts else charge.seen_only,
            )
            for (index, event), payer, (_, identity_id), charge, counts in zip(
                chunk, paying, whose, costs, is_charged, strict=True
            )
        ]

    def _whose(self, events: Sequence[UsageEvent]) -> list[tuple[AccountId, str | None]]:
        """The account of each event, and the identity by which it was found."""
        if self._sender.owner is not None:
            return [(member_account(self._sender.owner), None)] * len(events)
        names: dict[str, set[str]] = {}
        for event in events:
            names.setdefault(event.source, set()).add(event.user)
        known = {
            source: identities.of_names(
                self._tx, self._workspace_id, source, names[source], self._now
            )
            for source in sorted(names)
        }
        found = (known[event.source][event.user] for event in events)
        return [(one.account, one.identity_id) for one in found]

    def _charged_here(self, events: Sequence[UsageEvent], paying: Sequence[Payer]) -> list[bool]:
        """Whether each event is charged, or only kept for comparison with what is in charge."""
        role = self._sender.role
        shifts = meters.shifts(
            self._tx, self._workspace_id, sorted({payer.team_id for payer in paying})
        )
        spans: dict[tuple[TeamId, str], list[datetime]] = {}
        for event, payer in zip(events, paying, strict=True):
            if not _is_nobodys_report(role, payer):
                spans.setdefault((payer.team_id, event.provider), []).append(event.occurred_at)
        begun = {
            metered: shift
            for metered, times in spans.items()
            if (shift := metering.next_shift(shifts.get(metered, ()), role, min(times)))
        }
        if begun:
            meters.put(self._tx, self._workspace_id, begun)
            # Another batch may have begun one at the same time: what stands is what counts.
            shifts |= meters.shifts(
                self._tx, self._workspace_id, sorted({team for team, _ in begun})
            )
        later = {
            metered: shift
            for metered, times in spans.items()
            if shifts[metered][-1].role is role
            and (shift := metering.later(shifts[metered][-1], max(times)))
        }
        meters.put(self._tx, self._workspace_id, later)
        return [
            not _is_nobodys_report(role, payer)
            and metering.in_charge(shifts[payer.team_id, event.provider], event.occurred_at) is role
            for event, payer in zip(events, paying, strict=True)
        ]

    # Rows and sums.

    def _row(self, one: _Placed) -> Row:
        event, charge = one.event, one.charge
        return (
            self._workspace_id,
            event.source,
            event.external_id,
            event.revision,
            self._sender.role.value,
            one.payer.account,
            one.identity_id,
            one.payer.team_id,
            one.day,
            event.occurred_at,
            self._now,
            event.provider,
            one.model,
            one.project,
            *usage_events.counted(event.counts),
            charge.tokens,
            charge.rate,
            charge.cost_nano,
            charge.cost_is_estimate,
            event.is_estimate,
            self._entry_id if charge.tokens else None,
            event.team,
            usage_events.details(event.metadata),
        )

    def _count_new(self, one: _Placed) -> None:
        event, charge = one.event, one.charge
        self._charged[one.payer.account] += charge.tokens
        self._tell(one, events=1, counted=event.counts.total, tokens=charge.tokens)
        if charge.is_seen_only:
            return
        place = DayPlace(
            team_id=one.payer.team_id,
            day=one.day,
            user_id=one.payer.user_id,
            model=one.model,
            project=one.project,
        )
        self._used.append(_used(place, event.counts, charge))

    def _tell(self, one: _Placed, *, events: int, counted: int, tokens: int) -> None:
        event = one.event
        day = event.occurred_at.astimezone(UTC).date().isoformat()
        told = self._told.setdefault(
            (event.source, event.provider, day), Told(self._sender.role, event.occurred_at)
        )
        told.events += events
        told.counted += counted
        told.tokens += tokens
        told.last_occurred_at = max(told.last_occurred_at, event.occurred_at)

    # Later figures.

    def _revise(self, again: Sequence[_Placed]) -> tuple[int, list[Rejection]]:
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
                rejected.append(Rejection(one.index, one.event.external_id, str(refused)))
        usage_events.revise(self._tx, self._workspace_id, revised, self._entry_id, self._now)
        return len(revised), rejected

    def _count_again(self, one: _Placed, stands: KnownEvent) -> Revised:
        """It stays where it was counted, whoever it would be counted for today."""
        event = one.event
        charge = one.charge.seen_only if stands.charge.is_seen_only else one.charge
        more = charge.tokens - stands.charge.tokens
        self._charged[stands.account] += more
        self._tell(one, events=0, counted=event.counts.total - stands.counts.total, tokens=more)
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


def _is_nobodys_report(role: SourceRole, payer: Payer) -> bool:
    """A provider's figures that belong to nobody are shown, not charged: others may have them."""
    return role is SourceRole.REPORT and payer.account == UNATTRIBUTED


def _used(place: DayPlace, counts: Counts, charge: Charge) -> Used:
    return Used(
        place=place,
        tokens=charge.tokens,
        calls=1,
        input_uncached=counts.input_uncached,
        cache_read=counts.cache_read,
        cache_write=counts.cache_write,
        output=counts.output,
        cost_nano=charge.cost_nano or 0,
        unpriced=int(charge.cost_nano is None),
    )


def _difference(stands: KnownEvent, one: _Placed, charge: Charge) -> tuple[Used, Used]:
    """Out of the sums with the figures that stood, and into them with the new ones."""
    stood = _used(stands.place, stands.counts, stands.charge)
    return stood.taken_back, _used(replace(stands.place, model=one.model), one.event.counts, charge)
