"""Holds: rows that change together with their account's, under its lock."""

from dataclasses import KW_ONLY, dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.holds import Hold, HoldId, HoldState
from bot.domain.ledger import UNCACHED, AccountId
from bot.storage import reservations
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.reservations import LockedAccount
from bot.storage.statements import Row, Statement
from bot.storage.tables import HoldRow, table

_hold = table(HoldRow)


def _p(name: str, like: sa.ColumnElement[object] = _hold.c.hold_id) -> sa.BindParameter[object]:
    return sa.bindparam(name, type_=like.type)


_ONE = (_hold.c.workspace_id == _p("workspace_id")) & (_hold.c.hold_id == _p("hold_id"))
_COLUMNS = (
    _hold.c.hold_id,
    _hold.c.account_id,
    _hold.c.state,
    _hold.c.tokens,
    _hold.c.promised,
    _hold.c.held,
    _hold.c.settled,
    _hold.c.is_late,
    _hold.c.created_at,
    _hold.c.first_end_at,
    _hold.c.expires_at,
    _hold.c.settled_source,
    _hold.c.settled_id,
    _hold.c.user_label,
    _hold.c.source,
    _hold.c.model,
    _hold.c.project,
    _hold.c.fingerprint,
    _hold.c.actor,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """A hold that nobody has made yet, by the names of its columns."""

    hold_id: HoldId
    account_id: AccountId
    team_id: TeamId
    tokens: int
    created_at: datetime
    expires_at: datetime
    actor: str
    idempotency_key: str
    fingerprint: str
    user_label: str
    source: str
    model: str
    project: str
    details: str


_GIVEN = tuple(one.name for one in fields(NewHold))
_ADDED = (
    *_GIVEN,
    *("workspace_id", "state", "promised", "held", "settled", "is_late", "first_end_at"),
)
#: Nothing where its key was used before; of two at once with one key the second waits, and then
#: finds the row of the first.
ADD = Statement(
    lambda insert: (
        insert(_hold)
        .values({name: sa.bindparam(name, type_=_hold.c[name].type) for name in _ADDED})
        .on_conflict_do_nothing()
        .returning(_hold.c.hold_id)
    )
)
READ = Statement(lambda _insert: sa.select(*_COLUMNS).where(_ONE))
#: Of accounts that are not locked, since too many meet there.
READ_LOCKED = Statement(lambda _insert: sa.select(*_COLUMNS).where(_ONE).with_for_update())
#: On an account that is locked.
PROMISE = Statement(
    lambda _insert: (
        sa.update(_hold)
        .where(_ONE)
        .values(
            promised=sa.bindparam("new_promised", type_=_hold.c.promised.type),
            held=sa.bindparam("new_held", type_=_hold.c.held.type),
        )
    )
)
BY_KEY = Statement(
    lambda _insert: sa.select(*_COLUMNS).where(
        _hold.c.workspace_id == _p("workspace_id"),
        _hold.c.idempotency_key == _p("idempotency_key"),
    )
)
PUT = Statement(
    lambda _insert: (
        sa.update(_hold)
        .where(_ONE)
        .values(
            {
                name: sa.bindparam(f"new_{name}", type_=_hold.c[name].type)
                for name in (
                    "state",
                    "promised",
                    "held",
                    "settled",
                    "settled_source",
                    "settled_id",
                    "is_late",
                    "expires_at",
                )
            }
        )
    )
)


@dataclass(frozen=True, slots=True)
class StoredHold:
    """A hold with what only its keeper asks for."""

    hold: Hold
    _: KW_ONLY
    first_end_at: datetime
    #: The event that settled it whole.
    settled_by: tuple[str, str] | None
    user_label: str
    source: str
    model: str
    project: str
    fingerprint: str
    actor: str


def add(tx: Transaction, workspace_id: WorkspaceId, new: NewHold) -> tuple[bool, int | None]:
    """Whether its key is new, and what is available once all its tokens are reserved.

    None where they could not be: the caller undoes the database transaction.
    """
    values = _added(workspace_id, new, held=new.tokens)
    added, reserved = tx.batch([(ADD, values), (reservations.RESERVE, values)])
    return bool(added), int(reserved[0][0]) if reserved else None


def add_bare(
    tx: Transaction, workspace_id: WorkspaceId, new: NewHold
) -> tuple[bool, LockedAccount | None]:
    """Whether its key is new, and its account, which is locked; nothing is promised it yet.

    None for an account on which no balance is kept: there all is promised, and nothing held.
    """
    values = _added(workspace_id, new, held=0)
    if new.account_id in UNCACHED:
        return bool(tx.fetch(ADD, values)), None
    values |= {"promised": 0, "kind": new.account_id.partition(":")[0]}
    added, _, rows = tx.batch(
        [(ADD, values), (reservations.OPEN, values), (reservations.LOCK, values)]
    )
    return bool(added), reservations.of_row(rows[0])


def reserve(tx: Transaction, workspace_id: WorkspaceId, new: NewHold, held: int) -> None:
    """Promise a hold that was added bare all that it is for, and hold so much of it."""
    values = _added(workspace_id, new, held=held)
    tx.queue(PROMISE, values | {"new_promised": new.tokens, "new_held": held})
    tx.queue(reservations.RESERVE_LOCKED, values | {"tokens": held})


def _added(workspace_id: WorkspaceId, new: NewHold, *, held: int) -> dict[str, object]:
    given = {name: getattr(new, name) for name in _GIVEN}
    return given | {
        "workspace_id": workspace_id,
        "state": HoldState.OPEN.value,
        "promised": new.tokens,
        "held": held,
        "settled": 0,
        "is_late": False,
        "first_end_at": new.expires_at,
        "now": new.created_at,
    }


def read(tx: Transaction, workspace_id: WorkspaceId, hold_id: str) -> StoredHold | None:
    """A hold as it stands; to be changed only after `locked`."""
    rows = tx.fetch(READ, {"workspace_id": workspace_id, "hold_id": hold_id})
    return _stored(rows[0]) if rows else None


def by_key(tx: Transaction, workspace_id: WorkspaceId, key: str) -> StoredHold | None:
    rows = tx.fetch(BY_KEY, {"workspace_id": workspace_id, "idempotency_key": key})
    return _stored(rows[0]) if rows else None


def locked(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, hold_id: HoldId
) -> tuple[StoredHold, int]:
    """The hold, which nobody else settles, voids or lets expire until this is committed.

    Also what the account has available. Who has the account's lock has its holds': so whoever lets
    many of them expire waits for no single one.
    """
    values = {"workspace_id": workspace_id, "account_id": account, "hold_id": hold_id}
    if account in UNCACHED:
        return _stored(tx.fetch(READ_LOCKED, values)[0]), 0
    accounts, rows = tx.batch([(reservations.LOCK, values), (READ, values)])
    return _stored(rows[0]), reservations.of_row(accounts[0]).available


def put(
    tx: Transaction,
    workspace_id: WorkspaceId,
    stood: Hold,
    hold: Hold,
    *,
    settled_by: tuple[str, str] | None = None,
    now: datetime,
) -> None:
    """Write what became of a hold that is locked, and give back what it holds no longer."""
    source, external_id = settled_by or (None, None)
    values = {
        "workspace_id": workspace_id,
        "hold_id": hold.hold_id,
        "new_state": hold.state.value,
        "new_promised": hold.promised,
        "new_held": hold.held,
        "new_settled": hold.settled,
        "new_settled_source": source,
        "new_settled_id": external_id,
        "new_is_late": hold.is_late,
        "new_expires_at": hold.expires_at,
    }
    tx.queue(PUT, values)
    if stood.state is HoldState.OPEN and hold.account not in UNCACHED:
        released = {
            "workspace_id": workspace_id,
            "account_id": hold.account,
            "tokens": stood.held - hold.held,
            "ended": int(hold.state is not HoldState.OPEN),
            "now": now,
        }
        tx.queue(reservations.RELEASE, released)


def _stored(row: Row) -> StoredHold:
    hold_id, account, state, tokens, promised, held, settled, is_late = row[:8]
    created_at, first_end_at, expires_at = map(_moment, row[8:11])
    by_source, by_id, user_label, source, model, project, fingerprint, actor = row[11:]
    return StoredHold(
        Hold(
            hold_id=hold_id,
            account=account,
            state=HoldState(state),
            tokens=tokens,
            promised=promised,
            held=held,
            created_at=created_at,
            expires_at=expires_at,
            settled=settled,
            is_late=bool(is_late),
        ),
        first_end_at=first_end_at,
        settled_by=(by_source, by_id) if by_source is not None else None,
        user_label=user_label,
        source=source,
        model=model,
        project=project,
        fingerprint=fingerprint,
        actor=actor,
    )


def _moment(stored: object) -> datetime:
    moment = as_moment(stored)
    if moment is None:
        raise TypeError("a hold has all its times")
    return moment
