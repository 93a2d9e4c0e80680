"""Lots that expire soon, with what their rules say of it."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.expiries import Lot
from bot.domain.ledger import AccountId, AccountKind
from bot.domain.periods import Period
from bot.storage.database import Transaction
from bot.storage.tables import (
    AllowanceRow,
    AllowanceTermsRow,
    AllowanceTurnRow,
    LotRow,
    table,
)

_lot = table(LotRow)
_allowance = table(AllowanceRow)
_terms = table(AllowanceTermsRow)
_turn = table(AllowanceTurnRow)


def expiring(
    tx: Transaction, workspace_id: WorkspaceId, *, after: datetime, until: datetime
) -> list[tuple[AccountId, datetime]]:
    """Members with lots that expire in this time, and when, by account."""
    rows = tx.connection.execute(
        sa.select(_lot.c.account_id, _lot.c.expires_at)
        .where(
            _lot.c.workspace_id == workspace_id,
            _lot.c.remaining > sa.literal_column("0"),  # as in the index lot_by_expiry
            _lot.c.expires_at > after,
            _lot.c.expires_at <= until,
            _lot.c.account_id.like(f"{AccountKind.MEMBER.value}:%"),
        )
        .distinct()
        .order_by(_lot.c.account_id, _lot.c.expires_at)
    )
    return [(AccountId(account), expires_at) for account, expires_at in rows]


def lots(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Iterable[AccountId], *, after: datetime
) -> list[Lot]:
    """What remains of these accounts' lots that have not expired yet."""
    goes_on = (_allowance.c.state == "active") & _turn.c.next_at.is_not(None)
    rows = tx.connection.execute(
        sa.select(
            _lot.c.account_id,
            _lot.c.tokens,
            _lot.c.remaining,
            _lot.c.expires_at,
            _lot.c.allowance_id,
            _allowance.c.period,
            goes_on.label("goes_on"),
            _carry_max().label("carry_max"),
        )
        .select_from(_with_rules())
        .where(
            _lot.c.workspace_id == workspace_id,
            _lot.c.account_id.in_(sorted(accounts)),
            _lot.c.remaining > sa.literal_column("0"),  # as in the index lot_live
            _lot.c.expires_at > after,
        )
        .order_by(_lot.c.account_id, _lot.c.expires_at, _lot.c.lot_id)
    ).mappings()
    return [_lot_of(row) for row in rows]


def _with_rules() -> sa.FromClause:
    same_rule = (_allowance.c.workspace_id == _lot.c.workspace_id) & (
        _allowance.c.allowance_id == _lot.c.allowance_id
    )
    same_turn = (
        (_turn.c.workspace_id == _lot.c.workspace_id)
        & (_turn.c.allowance_id == _lot.c.allowance_id)
        & (_turn.c.account_id == _lot.c.account_id)
    )
    return _lot.outerjoin(_allowance, same_rule).outerjoin(_turn, same_turn)


def _carry_max() -> sa.ScalarSelect[int | None]:
    """By the rule's terms for the period that ends."""
    return (
        sa.select(_terms.c.carry_max)
        .where(
            _terms.c.workspace_id == _lot.c.workspace_id,
            _terms.c.allowance_id == _lot.c.allowance_id,
            (_turn.c.next_on.is_(None)) | (_terms.c.from_on < _turn.c.next_on),
        )
        .order_by(_terms.c.from_on.desc())
        .limit(1)
        .correlate(_lot, _turn)
        .scalar_subquery()
    )


def _lot_of(row: sa.RowMapping) -> Lot:
    goes_on = row["allowance_id"] is not None and bool(row["goes_on"])
    return Lot(
        account=AccountId(row["account_id"]),
        tokens=row["tokens"],
        remaining=row["remaining"],
        expires_at=row["expires_at"],
        allowance_id=row["allowance_id"],
        period=Period(row["period"]) if goes_on else None,
        carry_max=row["carry_max"] if goes_on else 0,
    )
