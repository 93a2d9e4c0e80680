"""Budgets: what each account may spend in a period, counted on a row of that period's own."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.domain import periods
from bot.domain.budgets import COUNTED, GIVING_BACK, Budget, BudgetState
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId, AccountKind, Entry, EntryKind, account_kind, account_owner
from bot.domain.periods import Period, Span
from bot.domain.refusals import PoolShort
from bot.storage import ids, upsert
from bot.storage.database import Transaction
from bot.storage.tables import (
    AllowanceFundingRow,
    BudgetRow,
    BudgetRuleRow,
    EntryRow,
    PostingRow,
    TeamRow,
    table,
)

_budget = table(BudgetRow)
_rule = table(BudgetRuleRow)
_team = table(TeamRow)
_entry = table(EntryRow)
_posting = table(PostingRow)
_funding = table(AllowanceFundingRow)


def count(tx: Transaction, workspace_id: WorkspaceId, entry: Entry) -> None:
    """Count an entry towards the budgets of the pools that it leaves or comes back to.

    After its accounts are locked, so that budgets come last in the one order of locks. Raises
    `PoolShort`, with which the database transaction is undone. Costs no query without a pool.
    """
    if entry.kind in COUNTED:
        for pool in sorted(_pools(p.source for p in entry.postings)):
            leaving = sum(p.tokens for p in entry.postings if p.source == pool)
            if not spend(tx, workspace_id, pool, leaving, entry.now):
                raise _refusal(tx, workspace_id, pool, leaving, entry.now)
    elif entry.kind in GIVING_BACK:
        for pool in sorted(_pools(p.destination for p in entry.postings)):
            coming = sum(p.tokens for p in entry.postings if p.destination == pool)
            give_back(tx, workspace_id, pool, coming, entry.now)


def spend(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> bool:
    """Count so much as spent; False where the period's budget hasn't that much left.

    One guarded statement: of two that race for the same rest the second finds it gone.
    """
    found = _of(tx, workspace_id, pool, now)
    if found is None:
        return True
    span = _opened(tx, workspace_id, pool, found, now)
    spent = tx.connection.execute(
        sa.update(_budget)
        .where(*_this(workspace_id, pool, span), _budget.c.spent + tokens <= _budget.c.tokens)
        .values(spent=_budget.c.spent + tokens)
    )
    return spent.rowcount == 1


def give_back(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> None:
    """Count so much less, at most all that was spent in this period."""
    found = _of(tx, workspace_id, pool, now)
    if found is None:
        return
    span = _opened(tx, workspace_id, pool, found, now)
    less = sa.case((_budget.c.spent > tokens, _budget.c.spent - tokens), else_=0)
    tx.connection.execute(
        sa.update(_budget).where(*_this(workspace_id, pool, span)).values(spent=less)
    )


def put(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, budget: Budget, now: datetime
) -> BudgetState:
    """Let the pool have this budget, in the present period too; what it spent so far counts."""
    values = {
        "workspace_id": workspace_id,
        "account_id": pool,
        "period": budget.period.value,
        "anchor_on": budget.anchor_on.isoformat(),
        "tokens": budget.tokens,
    }
    insert = upsert.insert(tx)(_rule).values(values)
    tx.connection.execute(
        insert.on_conflict_do_update(
            index_elements=["workspace_id", "account_id"],
            set_={name: insert.excluded[name] for name in ("period", "anchor_on", "tokens")},
        )
    )
    found = _of(tx, workspace_id, pool, now)
    if found is None:
        raise LookupError(f"{pool} is no team's pool")
    span = _opened(tx, workspace_id, pool, found, now)
    tx.connection.execute(
        sa.update(_budget).where(*_this(workspace_id, pool, span)).values(tokens=budget.tokens)
    )
    return _state(tx, workspace_id, pool, budget, span)


def drop(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId) -> None:
    """Let the pool spend what it has, as without a budget."""
    tx.connection.execute(
        sa.delete(_rule).where(_rule.c.workspace_id == workspace_id, _rule.c.account_id == pool)
    )


def state(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, now: datetime
) -> BudgetState | None:
    """The budget as it stands in the present period, by a look alone."""
    found = _of(tx, workspace_id, pool, now)
    if found is None:
        return None
    budget, zone = found
    span = budget.span(periods.day_of(now, zone))
    if _is_open(tx, workspace_id, pool, span):
        return _state(tx, workspace_id, pool, budget, span)
    spent = _so_far(tx, workspace_id, pool, span, zone)
    return BudgetState(budget=budget, spent=spent, until=span.end)


def _refusal(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, needed: int, now: datetime
) -> PoolShort:
    found = state(tx, workspace_id, pool, now)
    name = tx.connection.execute(
        sa.select(_team.c.name).where(
            _team.c.workspace_id == workspace_id, _team.c.team_id == account_owner(pool)
        )
    ).scalar_one()
    left, until = (found.left, found.until) if found else (0, None)
    return PoolShort(name, needed, left, budget_until=until)


def _of(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, now: datetime
) -> tuple[Budget, ZoneInfo] | None:
    """The pool's budget and its team's zone."""
    row = tx.connection.execute(
        sa.select(_rule.c.tokens, _rule.c.period, _rule.c.anchor_on, _team.c.zone)
        .join(
            _team,
            (_team.c.workspace_id == _rule.c.workspace_id)
            & (_team.c.team_id == account_owner(pool)),
        )
        .where(_rule.c.workspace_id == workspace_id, _rule.c.account_id == pool)
    ).one_or_none()
    if row is None:
        return None
    anchor_on = date.fromisoformat(row.anchor_on)
    budget = Budget(tokens=row.tokens, period=Period(row.period), anchor_on=anchor_on)
    return budget, ZoneInfo(row.zone)


def _opened(
    tx: Transaction,
    workspace_id: WorkspaceId,
    pool: AccountId,
    found: tuple[Budget, ZoneInfo],
    now: datetime,
) -> Span:
    """The present period, with its row: the first to ask writes it, with what was spent so far."""
    budget, zone = found
    span = budget.span(periods.day_of(now, zone))
    if not _is_open(tx, workspace_id, pool, span):
        tx.connection.execute(
            upsert.insert(tx)(_budget)
            .values(
                workspace_id=workspace_id,
                account_id=pool,
                period_on=span.start.isoformat(),
                tokens=budget.tokens,
                spent=_so_far(tx, workspace_id, pool, span, zone),
            )
            .on_conflict_do_nothing()
        )
    return span


def _is_open(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, span: Span) -> bool:
    found = tx.connection.execute(
        sa.select(_budget.c.spent).where(*_this(workspace_id, pool, span))
    )
    return found.first() is not None


def _state(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, budget: Budget, span: Span
) -> BudgetState:
    spent = tx.connection.execute(
        sa.select(_budget.c.spent).where(*_this(workspace_id, pool, span))
    ).scalar_one()
    return BudgetState(budget=budget, spent=int(spent), until=span.end)


def _so_far(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, span: Span, zone: ZoneInfo
) -> int:
    """What was spent in the period before anybody counted, and what is reserved for allowances."""
    first_id = ids.first_at(periods.start_of(span.start, zone))
    leaves, comes = _posting.c.source == pool, _posting.c.destination == pool
    left = _moved(tx, workspace_id, leaves, first_id=first_id, kinds=COUNTED)
    back = _moved(tx, workspace_id, comes, first_id=first_id, kinds=GIVING_BACK)
    reserved = tx.connection.execute(
        sa.select(
            sa.func.coalesce(
                sa.func.sum(_funding.c.needed - _funding.c.credited, type_=sa.BigInteger()), 0
            )
        ).where(
            _funding.c.workspace_id == workspace_id,
            _funding.c.pool == pool,
            _funding.c.state == "reserved",
        )
    ).scalar_one()
    return max(left - back, 0) + int(reserved)


def _moved(
    tx: Transaction,
    workspace_id: WorkspaceId,
    end: sa.ColumnElement[bool],
    *,
    first_id: str,
    kinds: frozenset[EntryKind],
) -> int:
    total = sa.func.coalesce(sa.func.sum(_posting.c.tokens, type_=sa.BigInteger()), 0)
    return int(
        tx.connection.execute(
            sa.select(total)
            .join_from(
                _posting,
                _entry,
                (_entry.c.workspace_id == _posting.c.workspace_id)
                & (_entry.c.entry_id == _posting.c.entry_id),
            )
            .where(
                _posting.c.workspace_id == workspace_id,
                end,
                _posting.c.entry_id >= first_id,
                _entry.c.kind.in_(sorted(kinds)),
            )
        ).scalar_one()
    )


def _this(
    workspace_id: WorkspaceId, pool: AccountId, span: Span
) -> Sequence[sa.ColumnElement[bool]]:
    return (
        _budget.c.workspace_id == workspace_id,
        _budget.c.account_id == pool,
        _budget.c.period_on == span.start.isoformat(),
    )


def _pools(accounts: Iterable[AccountId]) -> set[AccountId]:
    return {one for one in accounts if account_kind(one) is AccountKind.POOL}
