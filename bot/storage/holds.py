"""Holds: rows that change together with their account's, under its lock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.holds import Hold, HoldId, HoldState, HoldUnknown
from bot.domain.ledger import UNCACHED, AccountId
from bot.storage import reservations
from bot.storage.database import Call, Transaction
from bot.storage.ledger import AccountsDue
from bot.storage.moments import as_moment
from bot.storage.reservations import LockedAccount
from bot.storage.statements import Bulk, Row, Statement, among
from bot.storage.tables import HoldRow, table

_hold = table(HoldRow)


def _p(name: str, like: sa.ColumnElement[object] = _hold.c.hold_id) -> sa.BindParameter[object]:
    return sa.bindparam(name, type_=like.type)


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
    _hold.c.team_id,
)


def _these(insert: Any) -> sa.Select[Any]:
    return sa.select(*_COLUMNS).where(
        _hold.c.workspace_id == _p("workspace_id"), among(_hold.c.hold_id, "hold_ids", insert)
    )


READ = Statement(_these)
#: Whose accounts are locked before, but for those where too many meet.
READ_LOCKED = Statement(lambda insert: _these(insert).order_by(_hold.c.hold_id).with_for_update())
_CHANGING = (
    *("state", "promised", "held", "settled"),
    *("settled_source", "settled_id", "is_late", "expires_at"),
)
BY_KEY = Statement(
    lambda _insert: sa.select(*_COLUMNS).where(
        _hold.c.workspace_id == _p("workspace_id"),
        _hold.c.idempotency_key == _p("idempotency_key"),
    )
)
PUT = Bulk(
    _hold,
    ("workspace_id", "hold_id", *_CHANGING),
    lambda given, _insert: (
        sa.update(_hold)
        .where(*(_hold.c[one] == given[one] for one in ("workspace_id", "hold_id")))
        .values({one: given[one] for one in _CHANGING})
    ),
)


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a hold."""

    stood: Hold
    hold: Hold
    #: The event that settled it whole.
    settled_by: tuple[str, str] | None = None


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
    #: The team that paid for its account when it was made.
    team_id: TeamId


def read(
    tx: Transaction, workspace_id: WorkspaceId, hold_ids: Iterable[str]
) -> dict[HoldId, StoredHold]:
    """Holds as they stand; to be changed only after `locked`."""
    values = {"workspace_id": workspace_id, "hold_ids": tuple(sorted(set(hold_ids)))}
    return {row[0]: _stored(row) for row in tx.fetch(READ, values)}


def by_key(tx: Transaction, workspace_id: WorkspaceId, key: str) -> StoredHold | None:
    rows = tx.fetch(BY_KEY, {"workspace_id": workspace_id, "idempotency_key": key})
    return _stored(rows[0]) if rows else None


def locked(
    tx: Transaction, workspace_id: WorkspaceId, holds: Mapping[HoldId, AccountId], now: datetime
) -> tuple[dict[HoldId, StoredHold], dict[AccountId, LockedAccount]]:
    """Holds that nobody else settles, voids or lets expire until this is committed; what they are
    of, and what those accounts have.

    Raises `HoldUnknown` for one that is so old that it was deleted meanwhile, and `AccountsDue`:
    what has ended counts no more.
    """
    return of_locked(workspace_id, holds, tx.batch(locking(workspace_id, holds)), now)


def locking(workspace_id: WorkspaceId, holds: Mapping[HoldId, AccountId]) -> list[Call]:
    """Lock holds with what they are of; `of_locked` takes the rows.

    Who has the account's lock has its holds': whoever lets many of them expire waits for no single
    one. `unattributed` has no lock: there each hold's own counts.
    """
    values = {"workspace_id": workspace_id, "hold_ids": tuple(sorted(holds))}
    cached = [account for account in holds.values() if account not in UNCACHED]
    return [reservations.lock(workspace_id, cached), (READ_LOCKED, values)]


def of_locked(
    workspace_id: WorkspaceId,
    holds: Mapping[HoldId, AccountId],
    locked_rows: Sequence[Sequence[Row]],
    now: datetime,
) -> tuple[dict[HoldId, StoredHold], dict[AccountId, LockedAccount]]:
    """What `locked` returns and raises, of what `locking` found."""
    accounts, rows = locked_rows
    found = {row[0]: _stored(row) for row in rows}
    for hold_id in holds.keys() - found.keys():
        raise HoldUnknown(hold_id)
    known = reservations.of_rows(accounts)
    due = tuple(account for account in sorted(known) if known[account].is_due(now))
    if due:
        raise AccountsDue(workspace_id, due)
    return found, known


def put(tx: Transaction, workspace_id: WorkspaceId, changes: Sequence[Change]) -> None:
    """Write what became of holds that are locked, and give back what they hold no longer."""
    tx.bulk(PUT, [_changed(workspace_id, change) for change in changes])
    given_back: dict[AccountId, list[int]] = {}
    for change in changes:
        stood, hold = change.stood, change.hold
        if stood.state is HoldState.OPEN and hold.account not in UNCACHED:
            sums = given_back.setdefault(hold.account, [0, 0])
            sums[0] += stood.held - hold.held
            sums[1] += hold.state is not HoldState.OPEN
    rows = [(workspace_id, account, *given_back[account]) for account in sorted(given_back)]
    tx.bulk(reservations.RELEASE, rows)


def _changed(workspace_id: WorkspaceId, change: Change) -> Row:
    hold = change.hold
    return (
        workspace_id,
        hold.hold_id,
        hold.state.value,
        hold.promised,
        hold.held,
        hold.settled,
        *(change.settled_by or (None, None)),
        hold.is_late,
        hold.expires_at,
    )


def _stored(row: Row) -> StoredHold:
    hold_id, account, state, tokens, promised, held, settled, is_late = row[:8]
    created_at, first_end_at, expires_at = map(_moment, row[8:11])
    by_source, by_id, user_label, source, model, project, fingerprint, actor, team_id = row[11:]
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
        team_id=team_id,
    )


def _moment(stored: object) -> datetime:
    moment = as_moment(stored)
    if moment is None:
        raise TypeError("a hold has all its times")
    return moment
