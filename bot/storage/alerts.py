"""Alerts: thresholds that accounts passed, and whether that was told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.alerts import Alert
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.storage import ids, upsert
from bot.storage.database import Transaction
from bot.storage.moments import Moment
from bot.storage.tables import (
    AlertRow,
    EntryRow,
    LotRow,
    ProgressRow,
    WorkspaceRow,
    table,
)

_alert = table(AlertRow)
_entry = table(EntryRow)
_lot = table(LotRow)
_progress = table(ProgressRow)
_workspace = table(WorkspaceRow)

#: Rows of `progress`: entries that were looked at, and moments up to which lots were.
BALANCES = "alerts"
EXPIRIES = "expiries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What there is to do in a workspace."""

    workspace_id: WorkspaceId
    #: Entries from this id on were not looked at, or maybe not all of them.
    since: str
    has_moved: bool
    #: Lots that expire after this moment were not looked at.
    expiring_after: datetime
    has_expiring: bool
    has_untold: bool


@dataclass(frozen=True, slots=True)
class NewAlert:
    """A threshold passed, or tokens that expire, before it is known whether that is news."""

    account: AccountId
    period_on: str
    threshold: int
    tell_at: datetime
    #: Noted as told, where nobody is to be told of it.
    told_at: datetime | None = None


def waiting(
    tx: Transaction, *, now: datetime, first_look: timedelta, expiring_until: datetime
) -> list[Waiting]:
    """Workspaces in which there is something to do: one statement over all of them."""
    balances, expiries = _progress.alias("balances"), _progress.alias("expiries")
    since = sa.func.coalesce(balances.c.position, ids.first_at(now - first_look)).label("since")
    after = sa.func.coalesce(
        sa.cast(expiries.c.position, Moment), sa.literal(now, Moment), type_=Moment
    ).label("after")
    has_moved = sa.exists().where(
        _entry.c.workspace_id == _workspace.c.workspace_id, _entry.c.entry_id >= since.element
    )
    has_expiring = sa.exists().where(
        _lot.c.workspace_id == _workspace.c.workspace_id,
        _lot.c.remaining > sa.literal_column("0"),  # as in the index lot_by_expiry
        _lot.c.expires_at > after.element,
        _lot.c.expires_at <= expiring_until,
    )
    has_untold = sa.exists().where(_alert.c.workspace_id == _workspace.c.workspace_id, *_due(now))
    found = sa.select(
        _workspace.c.workspace_id,
        since,
        after,
        has_moved.label("has_moved"),
        has_expiring.label("has_expiring"),
        has_untold.label("has_untold"),
    ).select_from(
        _workspace.outerjoin(balances, _is_of(balances, BALANCES)).outerjoin(
            expiries, _is_of(expiries, EXPIRIES)
        )
    )
    return [
        Waiting(
            workspace_id=WorkspaceId(row["workspace_id"]),
            since=row["since"],
            has_moved=bool(row["has_moved"]),
            expiring_after=row["after"],
            has_expiring=bool(row["has_expiring"]),
            has_untold=bool(row["has_untold"]),
        )
        for row in tx.connection.execute(found).mappings()
        if row["has_moved"] or row["has_expiring"] or row["has_untold"]
    ]


def add(
    tx: Transaction, workspace_id: WorkspaceId, passed: Iterable[NewAlert], now: datetime
) -> None:
    """Note thresholds passed; those of a period that are noted already stay as they are.

    The index `alert_once` and this ON CONFLICT are what makes an alert happen once.
    """
    rows = [
        {
            "workspace_id": workspace_id,
            "alert_id": ids.new(now),
            "account_id": one.account,
            "period_on": one.period_on,
            "threshold": one.threshold,
            "passed_at": now,
            "tell_at": one.tell_at,
            "told_at": one.told_at,
        }
        for one in sorted(passed, key=lambda one: (one.account, one.period_on, one.threshold))
    ]
    if rows:
        tx.connection.execute(upsert.insert(tx)(_alert).on_conflict_do_nothing(), rows)


def live(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Iterable[AccountId]
) -> dict[AccountId, list[Alert]]:
    """What these accounts passed and were not lifted above again, told or not, of any period."""
    rows = tx.connection.execute(
        sa.select(_alert)
        .where(
            _alert.c.workspace_id == workspace_id,
            _alert.c.account_id.in_(sorted(accounts)),
            _alert.c.lifted_at.is_(None),
        )
        .order_by(_alert.c.account_id, _alert.c.alert_id)
    ).mappings()
    found: dict[AccountId, list[Alert]] = {}
    for row in rows:
        alert = Alert(
            alert_id=row["alert_id"],
            account=AccountId(row["account_id"]),
            period_on=row["period_on"],
            threshold=row["threshold"],
            told_at=row["told_at"],
        )
        found.setdefault(alert.account, []).append(alert)
    return found


def due(
    tx: Transaction, workspace_id: WorkspaceId, *, now: datetime, limit: int
) -> list[AccountId]:
    """Accounts with an alert to be told now."""
    found = tx.connection.execute(
        sa.select(_alert.c.account_id)
        .where(_alert.c.workspace_id == workspace_id, *_due(now))
        .distinct()
        .order_by(_alert.c.account_id)
        .limit(limit)
    )
    return [AccountId(account) for account in found.scalars()]


def mark_told(
    tx: Transaction, workspace_id: WorkspaceId, alert_ids: Sequence[str], now: datetime
) -> set[str]:
    """These were told, or what was told says it all; those that had not been by then."""
    return _change(tx, workspace_id, alert_ids, told_at=now)


def lift(
    tx: Transaction, workspace_id: WorkspaceId, alert_ids: Sequence[str], now: datetime
) -> None:
    """These hold no more: they are armed again."""
    _change(tx, workspace_id, alert_ids, lifted_at=now)


def put_off(
    tx: Transaction, workspace_id: WorkspaceId, alert_ids: Sequence[str], tell_at: datetime
) -> set[str]:
    """Tell these then; those that had not been told by now."""
    return _change(tx, workspace_id, alert_ids, tell_at=tell_at)


def _change(
    tx: Transaction, workspace_id: WorkspaceId, alert_ids: Sequence[str], **values: datetime
) -> set[str]:
    """The guard is that they are still as they were read: not told, not lifted."""
    if not alert_ids:
        return set()
    # A CTE that locks in the order of ids: two workers would else wait for each other.
    locked = (
        sa.select(_alert.c.alert_id)
        .where(
            _alert.c.workspace_id == workspace_id,
            _alert.c.alert_id.in_(sorted(alert_ids)),
            _alert.c.lifted_at.is_(None),
            *([] if "lifted_at" in values else [_alert.c.told_at.is_(None)]),
        )
        .order_by(_alert.c.alert_id)
        .with_for_update()
        .cte("locked")
    )
    changed = tx.connection.execute(
        sa.update(_alert)
        .where(
            _alert.c.workspace_id == workspace_id,
            _alert.c.alert_id.in_(sa.select(locked.c.alert_id)),
        )
        .values(**values)
        .returning(_alert.c.alert_id)
    )
    return set(changed.scalars())


def _due(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """As in the index alert_untold."""
    return (_alert.c.told_at.is_(None), _alert.c.lifted_at.is_(None), _alert.c.tell_at <= now)


def _is_of(progress: sa.FromClause, job: str) -> sa.ColumnElement[bool]:
    return (progress.c.workspace_id == _workspace.c.workspace_id) & (progress.c.job == job)
