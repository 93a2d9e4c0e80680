"""Tokens are held before a call is made, and freed where it was not."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.domain import holds as rules
from bot.domain.directory import WorkspaceId
from bot.domain.holds import Hold, HoldId, HoldState, HoldUnknown
from bot.domain.ledger import AccountId
from bot.domain.limits import Limit
from bot.domain.refusals import KeyReused
from bot.services import admission, dues
from bot.services.holders import Holder
from bot.services.one_by_one import OneByOne
from bot.storage import holds, ids, new_holds
from bot.storage.database import Database, Transaction
from bot.storage.holds import Change, StoredHold
from bot.storage.new_holds import NewHold


class _NotPlain(Exception):
    """Accounts whose guards refused, or of whose keys one was heard before.

    Why, or whether it may pass after all, their limits say; what was heard is answered as then.
    """

    def __init__(self, accounts: set[AccountId]) -> None:
        super().__init__()
        self.accounts = accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be held, and for how long."""

    tokens: int
    ttl: timedelta
    #: Whose key asks for it.
    actor: str
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


def hold(
    database: Database,
    workspace_id: WorkspaceId,
    holder: Holder,
    wish: Wish,
    *,
    now: datetime,
) -> Standing:
    """Hold tokens, once for the wish's key.

    Raises `LimitReached`, `TooManyHolds` and `KeyReused`; nothing is held then.
    """
    return _hold(database, workspace_id, holder, wish, is_plain=holder.is_plain, now=now)


def hold_each(
    database: Database,
    workspace_id: WorkspaceId,
    wished: Sequence[tuple[Holder, Wish]],
    *,
    now: datetime,
) -> list[Standing | Exception]:
    """What `hold` makes of each, or raises for it; many who come at once share statements."""
    found, apart = _hold_together(database, workspace_id, wished, now)
    alone = OneByOne()
    for place, (holder, wish) in enumerate(wished):
        if place not in found:
            is_plain = holder.account not in apart
            act = partial(_hold, database, workspace_id, holder, wish, is_plain=is_plain, now=now)
            found[place] = alone.outcome(holder.account, act)
    return [found[place] for place in range(len(wished))]


@dues.settled_first
def _hold(
    database: Database,
    workspace_id: WorkspaceId,
    holder: Holder,
    wish: Wish,
    *,
    is_plain: bool,
    now: datetime,
) -> Standing:
    rules.check_tokens(wish.tokens)
    new = _new(holder, wish, now)
    if is_plain:
        with suppress(_NotPlain), database.writing() as tx:
            return _plainly(tx, workspace_id, [new])[0]
    with database.writing() as tx:
        return _carefully(tx, workspace_id, holder, new)


def _hold_together(
    database: Database,
    workspace_id: WorkspaceId,
    wished: Sequence[tuple[Holder, Wish]],
    now: datetime,
) -> tuple[dict[int, Standing | Exception], set[AccountId]]:
    """Those that their accounts' guards let pass, all of them or none; and whose guards don't.

    Of refusals and of faults each hears alone.
    """
    apart = {holder.account for holder, _ in wished if not holder.is_plain}
    for _ in range(2):  # once more without those whose guards refused
        places = [place for place, (one, _) in enumerate(wished) if one.account not in apart]
        if len(places) <= 1:
            break
        try:
            news = [_new(*wished[place], now) for place in places]
            with database.writing() as tx:
                return dict(zip(places, _plainly(tx, workspace_id, news), strict=True)), apart
        except _NotPlain as refused:
            apart |= refused.accounts
        except Exception:  # noqa: BLE001 - it is raised again where each tries alone
            break
    return {}, apart


def may(
    database: Database, workspace_id: WorkspaceId, holder: Holder, wish: Wish, now: datetime
) -> Standing:
    """What `hold` would answer, while nothing is held. Raises `LimitReached`, `TooManyHolds`."""
    rules.check_tokens(wish.tokens)
    new = _new(holder, wish, now)
    with database.snapshot() as tx:
        if not holder.is_known:
            return Standing(_made(new, held=0), 0)
        found = dues.as_of(tx, workspace_id, holder.account, now)
        balance, held = (found.balance, found.held) if found else (0, 0)
        passed = admission.judge(tx, workspace_id, holder, new, balance=balance, held=held)
    return Standing(_made(new, held=0), balance - held, passed)


@dues.settled_first
def void(database: Database, workspace_id: WorkspaceId, hold_id: str, *, now: datetime) -> Standing:
    """Free what is held for a call that was not made. Raises `HoldUnknown` and `HoldEnded`.

    One that ended by itself stays as it is.
    """
    with database.writing() as tx:
        stored, available = _locked(tx, workspace_id, hold_id, now)
        after = rules.voided(stored.hold, now)
        holds.put(tx, workspace_id, [Change(stored.hold, after)])
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
        stored, available = _locked(tx, workspace_id, hold_id, now)
        after = rules.extended(stored.hold, stored.first_end_at, wanted, now)
        holds.put(tx, workspace_id, [Change(stored.hold, after)])
    return Standing(after, available)


def get(database: Database, workspace_id: WorkspaceId, hold_id: str, now: datetime) -> Standing:
    """A hold as it stands at that time. Raises `HoldUnknown`."""
    with database.snapshot() as tx:
        found = _known(tx, workspace_id, hold_id).hold
        available = dues.available(tx, workspace_id, found.account, now)
    return Standing(rules.as_of(found, now), available)


def _known(tx: Transaction, workspace_id: WorkspaceId, hold_id: str) -> StoredHold:
    stored = holds.read(tx, workspace_id, [hold_id]).get(HoldId(hold_id))
    if stored is None:
        raise HoldUnknown(hold_id)
    return stored


def _locked(
    tx: Transaction, workspace_id: WorkspaceId, hold_id: str, now: datetime
) -> tuple[StoredHold, int]:
    """A hold under its account's lock, and what that has available."""
    known = _known(tx, workspace_id, hold_id).hold
    found, accounts = holds.locked(tx, workspace_id, {known.hold_id: known.account}, now)
    account = accounts.get(known.account)
    return found[known.hold_id], account.available if account else 0


def _plainly(tx: Transaction, workspace_id: WorkspaceId, news: Sequence[NewHold]) -> list[Standing]:
    """By the guard of each account alone. Raises `_NotPlain`, also for a key that was heard."""
    fresh, available = new_holds.add(tx, workspace_id, news)
    apart = {
        new.account_id
        for new in news
        if new.hold_id not in fresh or new.account_id not in available
    }
    if apart:
        raise _NotPlain(apart)
    return [Standing(_made(new, held=new.tokens), available[new.account_id]) for new in news]


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
    """By all the limits of a call, or by none: under its account's lock."""
    is_new, account = new_holds.add_bare(tx, workspace_id, new)
    if not is_new:
        return _heard_before(tx, workspace_id, new)
    if account is None:
        return Standing(_made(new, held=0), 0)
    held, passed = admission.admit(tx, workspace_id, holder, new, account)
    return Standing(_made(new, held=held), account.available - held, passed)


def _new(holder: Holder, wish: Wish, now: datetime) -> NewHold:
    return NewHold(
        hold_id=HoldId(ids.new(now)),
        account_id=holder.account,
        team_id=holder.team_id,
        tokens=wish.tokens,
        created_at=now,
        expires_at=now + wish.ttl,
        actor=wish.actor,
        idempotency_key=f"{wish.actor}/{wish.key}",  # keys of other callers are other keys
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
