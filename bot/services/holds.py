"""Tokens are held before a call, and charged for what it used after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import holds as rules
from bot.domain.directory import WorkspaceId
from bot.domain.holds import (
    Hold,
    HoldId,
    HoldState,
    HoldUnknown,
)
from bot.domain.ledger import UNATTRIBUTED, EntryKind
from bot.domain.limits import Limit
from bot.domain.refusals import KeyReused
from bot.domain.usage_events import FiguresDiffer, SourceRole, UsageEvent, check_time
from bot.services import admission, dues
from bot.services.holders import Holder
from bot.services.intake import Batch
from bot.services.placing import Sender
from bot.storage import holds, ids
from bot.storage.database import Database, Transaction
from bot.storage.holds import NewHold, StoredHold


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be held, and for how long."""

    tokens: int
    ttl: timedelta
    #: The caller's own, and what it says of everything else that was asked.
    key: str
    fingerprint: str
    #: How the caller calls the person, and what the call is of.
    user_label: str
    source: str = ""
    model: str = ""
    project: str = ""
    #: A flat JSON object, or empty.
    details: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A hold as it stands, and what its account has available besides."""

    hold: Hold
    available: int
    #: What would have refused it, had the policy not let it pass.
    passed: Limit | None = None


@dues.settled_first
def hold(
    database: Database,
    workspace_id: WorkspaceId,
    holder: Holder,
    wish: Wish,
    *,
    actor: str,
    now: datetime,
) -> Standing:
    """Hold tokens, once for the wish's key.

    Raises `LimitReached`, `TooManyHolds` and `KeyReused`; nothing is held then.
    """
    rules.check_tokens(wish.tokens)
    new = _new(holder, wish, actor=actor, now=now)
    with database.writing() as tx:
        if not (holder.rules.is_plain and holder.is_known):
            return _carefully(tx, workspace_id, holder, new)
        is_new, available = holds.add(tx, workspace_id, new)
        if not is_new:
            return _heard_before(tx, workspace_id, new)
        if available is None:
            raise admission.refusal(tx, workspace_id, holder, new)
    return Standing(_made(new, held=new.tokens), available)


def may(
    database: Database, workspace_id: WorkspaceId, holder: Holder, wish: Wish, now: datetime
) -> Standing:
    """What `hold` would answer, while nothing is held. Raises `LimitReached`, `TooManyHolds`."""
    rules.check_tokens(wish.tokens)
    new = _new(holder, wish, actor="", now=now)
    with database.snapshot() as tx:
        if not holder.is_known:
            return Standing(_made(new, held=0), 0)
        found = dues.as_of(tx, workspace_id, holder.account, now)
        balance, held = (found.balance, found.held) if found else (0, 0)
        passed = admission.judge(tx, workspace_id, holder, new, balance=balance, held=held)
    return Standing(_made(new, held=0), balance - held, passed)


@dues.settled_first
def settle(
    database: Database,
    workspace_id: WorkspaceId,
    hold_id: str,
    event: UsageEvent,
    *,
    is_final: bool,
    actor: str,
    now: datetime,
) -> Standing:
    """Charge what a hold's call used, whole and once, and free what it did not use.

    After the hold's end it is charged all the same. The same event again is the same answer.
    Raises `HoldUnknown`, `HoldEnded`, and `EventRefused` for what no event can be.
    """
    check_time(event, now)
    with database.writing() as tx:
        account = _known(tx, workspace_id, hold_id).hold.account
        # Whoever nobody knew may be known by now: the event says how the caller calls them.
        whose = None if account == UNATTRIBUTED else account
        sender = Sender(role=SourceRole.GATEWAY, owner=None, account=whose, actor=actor)
        batch = Batch(tx, workspace_id, sender, now, kind=EntryKind.SETTLEMENT)
        taken = batch.add([(0, event)])
        stored, available = holds.locked(tx, workspace_id, account, HoldId(hold_id))
        for rejected in taken.rejected:
            raise FiguresDiffer(rejected.error)
        key = (event.source, event.external_id)
        if stored.settled_by == key and not taken.accepted:
            return Standing(stored.hold, available)
        charged = batch.charged
        after = rules.settled(stored.hold, charged, is_final=is_final, now=now)
        batch.write()
        settled_by = key if is_final else None
        holds.put(tx, workspace_id, stored.hold, after, settled_by=settled_by, now=now)
    freed = stored.hold.held - after.held
    return Standing(after, available - charged + freed)


@dues.settled_first
def void(database: Database, workspace_id: WorkspaceId, hold_id: str, *, now: datetime) -> Standing:
    """Free what is held for a call that was not made. Raises `HoldUnknown` and `HoldEnded`.

    One that ended by itself stays as it is.
    """
    with database.writing() as tx:
        stored, available = _locked(tx, workspace_id, hold_id)
        after = rules.voided(stored.hold, now)
        holds.put(tx, workspace_id, stored.hold, after, now=now)
    return Standing(after, available + stored.hold.held - after.held)


@dues.settled_first
def extend(
    database: Database,
    workspace_id: WorkspaceId,
    hold_id: str,
    wanted: timedelta,
    *,
    now: datetime,
) -> Standing:
    """Have a hold stand so long from now. Raises `HoldUnknown`, `HoldEnded`, `HoldRefused`."""
    with database.writing() as tx:
        stored, available = _locked(tx, workspace_id, hold_id)
        after = rules.extended(stored.hold, stored.first_end_at, wanted, now)
        holds.put(tx, workspace_id, stored.hold, after, now=now)
    return Standing(after, available)


def get(database: Database, workspace_id: WorkspaceId, hold_id: str, now: datetime) -> Standing:
    """A hold as it stands at that time. Raises `HoldUnknown`."""
    with database.snapshot() as tx:
        found = _known(tx, workspace_id, hold_id).hold
        available = dues.available(tx, workspace_id, found.account, now)
    return Standing(rules.as_of(found, now), available)


def _known(tx: Transaction, workspace_id: WorkspaceId, hold_id: str) -> StoredHold:
    stored = holds.read(tx, workspace_id, hold_id)
    if stored is None:
        raise HoldUnknown(hold_id)
    return stored


def _locked(tx: Transaction, workspace_id: WorkspaceId, hold_id: str) -> tuple[StoredHold, int]:
    known = _known(tx, workspace_id, hold_id).hold
    return holds.locked(tx, workspace_id, known.account, known.hold_id)


def _heard_before(tx: Transaction, workspace_id: WorkspaceId, new: NewHold) -> Standing:
    """The hold that took this key, as it stands."""
    stored = holds.by_key(tx, workspace_id, new.idempotency_key)
    if stored is None or stored.fingerprint != new.fingerprint:
        raise KeyReused(new.idempotency_key.partition("/")[2])
    available = dues.available(tx, workspace_id, stored.hold.account, new.created_at)
    return Standing(rules.as_of(stored.hold, new.created_at), available)


def _carefully(
    tx: Transaction, workspace_id: WorkspaceId, holder: Holder, new: NewHold
) -> Standing:
    """Where more than what is available limits a call, or less does: on its locked account."""
    is_new, account = holds.add_bare(tx, workspace_id, new)
    if not is_new:
        return _heard_before(tx, workspace_id, new)
    if account is None:
        return Standing(_made(new, held=0), 0)
    held, passed = admission.admit(tx, workspace_id, holder, new, account)
    return Standing(_made(new, held=held), account.available - held, passed)


def _new(holder: Holder, wish: Wish, *, actor: str, now: datetime) -> NewHold:
    return NewHold(
        hold_id=HoldId(ids.new(now)),
        account_id=holder.account,
        team_id=holder.team_id,
        tokens=wish.tokens,
        created_at=now,
        expires_at=now + wish.ttl,
        actor=actor,
        idempotency_key=f"{actor}/{wish.key}",  # keys of other callers are other keys
        fingerprint=wish.fingerprint,
        user_label=wish.user_label,
        source=wish.source,
        model=wish.model,
        project=wish.project,
        details=wish.details,
    )


def _made(new: NewHold, *, held: int) -> Hold:
    return Hold(
        hold_id=new.hold_id,
        account=new.account_id,
        state=HoldState.OPEN,
        tokens=new.tokens,
        promised=new.tokens,
        held=held,
        created_at=new.created_at,
        expires_at=new.expires_at,
    )
