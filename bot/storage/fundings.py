"""Periods that a pool pays for a whole team: reserved on its account, or found too short."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa

from bot.domain.allowances import AllowanceId
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.storage import accounts, budgets, lots, upsert
from bot.storage.database import Transaction
from bot.storage.tables import FUNDING_UNFINISHED, AccountRow, AllowanceFundingRow, table

_account = table(AccountRow)
_funding = table(AllowanceFundingRow)


class FundingState(StrEnum):
    """Whether a period is paid."""

    SHORT = "short"
    RESERVED = "reserved"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """What a pool pays, or should, for a rule's credits of one day."""

    workspace_id: WorkspaceId
    allowance_id: AllowanceId
    period_on: date
    pool: AccountId
    state: FundingState
    #: All that whoever is due on that day gets.
    needed: int
    credited: int = 0

    @property
    def rest(self) -> int:
        """What is reserved of it and not credited yet."""
        return self.needed - self.credited if self.state is FundingState.RESERVED else 0


def of_day(
    tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId, day: date
) -> Funding | None:
    row = (
        tx.connection.execute(sa.select(_funding).where(*_this(workspace_id, allowance_id, day)))
        .mappings()
        .one_or_none()
    )
    return _funding_of(row) if row is not None else None


def unfinished_ones() -> sa.Select[tuple[object, ...]]:
    """Those still short, and those reserved of which something is left: what the index holds."""
    return sa.select(_funding).where(FUNDING_UNFINISHED)


def unfinished(tx: Transaction) -> list[Funding]:
    """Those of all pools."""
    rows = tx.connection.execute(
        unfinished_ones().order_by(
            _funding.c.workspace_id, _funding.c.allowance_id, _funding.c.period_on
        )
    ).mappings()
    return [_funding_of(row) for row in rows]


def unfinished_of(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId) -> list[Funding]:
    """Those that a pool still owes, which is locked, so that nobody pays them meanwhile."""
    rows = tx.connection.execute(
        unfinished_ones()
        .where(_funding.c.workspace_id == workspace_id, _funding.c.pool == pool)
        .order_by(_funding.c.allowance_id, _funding.c.period_on)
    ).mappings()
    return [_funding_of(row) for row in rows]


def put(tx: Transaction, funding: Funding) -> None:
    """Write how a day stands; its pool is locked, so that nobody else writes of it meanwhile."""
    stands = {
        "state": funding.state.value,
        "needed": funding.needed,
        "credited": funding.credited,
    }
    tx.connection.execute(
        upsert.insert(tx)(_funding)
        .values(
            workspace_id=funding.workspace_id,
            allowance_id=funding.allowance_id,
            period_on=funding.period_on.isoformat(),
            pool=funding.pool,
            **stands,
        )
        .on_conflict_do_update(
            index_elements=["workspace_id", "allowance_id", "period_on"], set_=stands
        )
    )


def reserve(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> bool:
    """Hold so much on the pool's account; False when it has less, or its budget allows less.

    The pool's row is locked from its guarded statement on, and what is reserved of a pool changes
    only under that lock: of two that reserve the same rest of a budget the second sees the first's.
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
    if budgets.allows(tx, workspace_id, pool, tokens, now):
        return True
    tx.connection.execute(
        sa.update(_account)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == pool)
        .values(held=_account.c.held - tokens)
    )
    return False


def release(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int) -> None:
    """Let go of what was reserved and never credited; lots that it covered may expire now."""
    tx.connection.execute(
        sa.update(_account)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == pool)
        .values(
            held=_account.c.held - tokens,
            next_due_at=lots.DUE_ONCE_LET_GO,
        )
    )


def pay(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> None:
    """Take from the pool what was held for it; before the postings that say so are written."""
    budgets.add(tx, workspace_id, pool, tokens, now)
    tx.connection.execute(
        sa.update(_account)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == pool)
        .values(
            balance=_account.c.balance - tokens,
            held=_account.c.held - tokens,
            expiring=accounts.less(_account.c.expiring, tokens),
        )
    )


def take_in(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> None:
    """Give back to a locked pool what somebody had of it in advance."""
    budgets.add(tx, workspace_id, pool, -tokens, now)
    tx.connection.execute(
        sa.update(_account)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == pool)
        .values(balance=_account.c.balance + tokens)
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
