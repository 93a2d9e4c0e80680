"""Periods that a pool pays for a whole team: reserved on its account, or found too short."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa

from bot.domain.allowances import AllowanceId
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.storage import accounts, budgets, upsert
from bot.storage.database import Transaction
from bot.storage.tables import AccountRow, AllowanceFundingRow, table

_account = table(AccountRow)
_funding = table(AllowanceFundingRow)


class FundingState(StrEnum):
    """Whether a period is paid."""

    SHORT = "short"
    RESERVED = "reserved"
    LAPSED = "lapsed"


UNFINISHED = (_funding.c.state == FundingState.SHORT.value) | (
    (_funding.c.state == FundingState.RESERVED.value) & (_funding.c.credited < _funding.c.needed)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """What a pool pays, or should, for a rule's credits of one day."""

    workspace_id: WorkspaceId
    allowance_id: AllowanceId
    period_on: date
    pool: AccountId
    state: FundingState
    needed: int
    credited: int = 0


def of_day(
    tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId, day: date
) -> Funding | None:
    row = (
        tx.connection.execute(sa.select(_funding).where(*_this(workspace_id, allowance_id, day)))
        .mappings()
        .one_or_none()
    )
    return _funding_of(row) if row is not None else None


def unfinished(tx: Transaction) -> list[Funding]:
    """Those still short, and those reserved of which something is left."""
    rows = tx.connection.execute(
        sa.select(_funding)
        .where(UNFINISHED)
        .order_by(_funding.c.workspace_id, _funding.c.allowance_id, _funding.c.period_on)
    ).mappings()
    return [_funding_of(row) for row in rows]


def put(tx: Transaction, funding: Funding) -> bool:
    """Write the first word on a day; False when another has had it."""
    written = tx.connection.execute(
        upsert.insert(tx)(_funding)
        .values(
            workspace_id=funding.workspace_id,
            allowance_id=funding.allowance_id,
            period_on=funding.period_on.isoformat(),
            pool=funding.pool,
            state=funding.state.value,
            needed=funding.needed,
            credited=funding.credited,
        )
        .on_conflict_do_nothing()
        .returning(_funding.c.allowance_id)
    )
    return written.first() is not None


def change(tx: Transaction, funding: Funding, *, state: FundingState, needed: int) -> bool:
    """Move on from the state in which it was read; False when another has done so before."""
    changed = tx.connection.execute(
        sa.update(_funding)
        .where(
            *_this(funding.workspace_id, funding.allowance_id, funding.period_on),
            _funding.c.state == funding.state.value,
            _funding.c.credited == funding.credited,
        )
        .values(state=state.value, needed=needed)
    )
    return changed.rowcount == 1


def credit(tx: Transaction, funding: Funding, tokens: int) -> None:
    """So much of what was reserved has been credited."""
    tx.connection.execute(
        sa.update(_funding)
        .where(*_this(funding.workspace_id, funding.allowance_id, funding.period_on))
        .values(credited=_funding.c.credited + tokens)
    )


def reserve(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> bool:
    """Hold so much on the pool's account, and count it as spent of its budget; all or nothing.

    False when it has less, or its budget allows less: each by one guarded statement.
    """
    reserved = tx.connection.execute(
        sa.update(_account)
        .where(
            _account.c.workspace_id == workspace_id,
            _account.c.account_id == pool,
            _account.c.balance - _account.c.held >= tokens,
        )
        .values(held=_account.c.held + tokens)
    )
    if reserved.rowcount != 1:
        return False
    if budgets.spend(tx, workspace_id, pool, tokens, now):
        return True
    tx.connection.execute(
        sa.update(_account)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == pool)
        .values(held=_account.c.held - tokens)
    )
    return False


def release(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> None:
    """Give back what was reserved and never credited; lots that it covered may expire now."""
    tx.connection.execute(
        sa.update(_account)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == pool)
        .values(
            held=_account.c.held - tokens,
            next_due_at=sa.case((_account.c.expiring > 0, now), else_=_account.c.next_due_at),
        )
    )
    budgets.give_back(tx, workspace_id, pool, tokens, now)


def pay(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int) -> None:
    """Take from the pool what was held for it."""
    tx.connection.execute(
        sa.update(_account)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == pool)
        .values(
            balance=_account.c.balance - tokens,
            held=_account.c.held - tokens,
            expiring=accounts.less(_account.c.expiring, tokens),
        )
    )


def _this(
    workspace_id: WorkspaceId, allowance_id: AllowanceId, day: date
) -> Sequence[sa.ColumnElement[bool]]:
    return (
        _funding.c.workspace_id == workspace_id,
        _funding.c.allowance_id == allowance_id,
        _funding.c.period_on == day.isoformat(),
    )


def _funding_of(row: sa.RowMapping) -> Funding:
    return Funding(
        workspace_id=WorkspaceId(row["workspace_id"]),
        allowance_id=AllowanceId(row["allowance_id"]),
        period_on=date.fromisoformat(row["period_on"]),
        pool=AccountId(row["pool"]),
        state=FundingState(row["state"]),
        needed=row["needed"],
        credited=row["credited"],
    )
