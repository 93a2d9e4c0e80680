"""What a call that was held for used: charged whole and once, and what it did not use is freed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.domain import holds as rules
from bot.domain.directory import WorkspaceId
from bot.domain.holds import Hold, HoldId
from bot.domain.ledger import UNATTRIBUTED, AccountId, EntryKind
from bot.domain.usage_events import FiguresDiffer, SourceRole, UsageEvent, check_time
from bot.services import dues
from bot.services.holds import Standing
from bot.services.intake import Batch
from bot.services.one_by_one import OneByOne
from bot.services.placing import Sender
from bot.storage import holds
from bot.storage.database import Database, Transaction
from bot.storage.holds import Change, StoredHold


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a hold's call used, or a part of it."""

    hold_id: HoldId
    #: What it is held on, as its row says.
    account: AccountId
    event: UsageEvent
    is_final: bool
    #: Whose key settles it.
    actor: str

    @property
    def key(self) -> tuple[str, str]:
        """What the event is by."""
        return self.event.source, self.event.external_id


@dues.settled_first
def settle(
    database: Database, workspace_id: WorkspaceId, settlement: Settlement, *, now: datetime
) -> Standing:
    """Charge what a hold's call used, and free what it did not use.

    After the hold's end it is charged all the same. The same event again is the same answer.
    Raises `HoldEnded`, and `EventRefused` for what no event can be.
    """
    check_time(settlement.event, now)
    with database.writing() as tx:
        # Its event may stand, which is locked before the account: each in a round trip of its own.
        return _settled(tx, workspace_id, [settlement], now, is_new=False)[0]


def settle_each(
    database: Database,
    workspace_id: WorkspaceId,
    settlements: Sequence[Settlement],
    *,
    now: datetime,
) -> list[Standing | Exception]:
    """What `settle` makes of each, or raises for it; many who come at once share statements."""
    found: dict[int, Standing | Exception] = {}
    for places in _groups(settlements):
        some = [settlements[place] for place in places]
        found |= zip(places, _settle_together(database, workspace_id, some, now), strict=False)
    alone = OneByOne()
    for place, settlement in enumerate(settlements):
        if place not in found:
            act = partial(settle, database, workspace_id, settlement, now=now)
            found[place] = alone.outcome(settlement.account, act)
    return [found[place] for place in range(len(settlements))]


def _groups(settlements: Sequence[Settlement]) -> list[list[int]]:
    """Those that can share an entry: of one caller, each of another hold and another event."""
    groups: dict[str, list[int]] = {}
    seen: set[object] = set()
    for place, one in enumerate(settlements):
        if one.account == UNATTRIBUTED or one.hold_id in seen or one.key in seen:
            continue
        seen |= {one.hold_id, one.key}
        groups.setdefault(one.actor, []).append(place)
    return [places for places in groups.values() if len(places) > 1]


def _settle_together(
    database: Database, workspace_id: WorkspaceId, some: Sequence[Settlement], now: datetime
) -> list[Standing]:
    """All of them, or none: of whoever is refused, and of faults, each hears alone."""
    try:
        for one in some:
            check_time(one.event, now)
        with database.writing() as tx:
            return _settled(tx, workspace_id, some, now, is_new=True)
    except Exception:  # noqa: BLE001 - it is raised again where each tries alone
        return []


def _settled(
    tx: Transaction,
    workspace_id: WorkspaceId,
    some: Sequence[Settlement],
    now: datetime,
    *,
    is_new: bool,
) -> list[Standing]:
    """Raises for the first that can't be. Locks: events, accounts, then sums by day.

    Where all is new, a round trip locks them in this order; `NotAllNew` where something isn't.
    """
    # Whoever nobody knew may be known by now: the event says how the caller calls them.
    is_known = some[0].account != UNATTRIBUTED
    sender = Sender(
        role=SourceRole.GATEWAY,
        owner=None,
        accounts=[one.account for one in some] if is_known else None,
        actor=some[0].actor,
    )
    batch = Batch(tx, workspace_id, sender, now, kind=EntryKind.SETTLEMENT)
    whose = {one.hold_id: one.account for one in some}
    locking = holds.locking(workspace_id, whose)
    events = [(place, one.event) for place, one in enumerate(some)]
    taken, rows = batch.add(events, locking if is_new else ())
    for rejected in taken.rejected:
        raise FiguresDiffer(rejected.error)
    rows = rows or tx.batch(locking)
    stored, accounts = holds.of_locked(workspace_id, whose, rows, now)
    changes = [
        _change(one, stored[one.hold_id], batch.charged.get(place), now)
        for place, one in enumerate(some)
    ]
    batch.write()
    holds.put(tx, workspace_id, changes)
    available = {account: found.available for account, found in accounts.items()}
    return _standings(changes, batch.charged, available)


def _change(one: Settlement, stored: StoredHold, charged: int | None, now: datetime) -> Change:
    """What becomes of the hold; nothing where this very event settled it before."""
    if stored.settled_by == one.key and charged is None:
        return Change(stored.hold, stored.hold, stored.settled_by)
    after = rules.settled(stored.hold, charged or 0, is_final=one.is_final, now=now)
    return Change(stored.hold, after, one.key if one.is_final else None)


def _standings(
    changes: Sequence[Change], charged: Mapping[int, int], available: dict[AccountId, int]
) -> list[Standing]:
    """Each with what its account has once all of them are settled."""
    for place, change in enumerate(changes):
        account = change.hold.account
        if account in available:
            available[account] += _freed(change.stood, change.hold) - charged.get(place, 0)
    return [Standing(one.hold, available.get(one.hold.account, 0)) for one in changes]


def _freed(stood: Hold, hold: Hold) -> int:
    return stood.held - hold.held
