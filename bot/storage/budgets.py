"""Budgets: what may leave each pool in a period, counted on a row of that period's own.

A row holds what left the pool in its period less what came back, as the postings have it; what is
reserved for allowances is counted beside it, where it stands. Rows are only ever written under the
pool's lock, by the rule and the zone that stand then: whoever changes either drops them, and the
next to ask counts anew from the books.
"""

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
    FUNDING_UNFINISHED,
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
_ALLOWANCES = frozenset({EntryKind.ALLOWANCE})


def count(tx: Transaction, workspace_id: WorkspaceId, entry: Entry) -> None:
    """Count an entry towards the budgets of the pools that it leaves or comes back to.

    After its accounts are locked, so that budgets come last in the one order of locks, and before
    its postings are written. Raises `PoolShort`, with which the database transaction is undone.
    Costs no query without a pool.
    """
    if entry.kind in COUNTED:
        for pool in sorted(_pools(p.source for p in entry.postings)):
            leaving = sum(p.tokens for p in entry.postings if p.source == pool)
            if not _spend(tx, workspace_id, pool, leaving, entry.now):
                raise _refusal(tx, workspace_id, pool, leaving, entry.now)
    elif entry.kind in GIVING_BACK:
        for pool in sorted(_pools(p.destination for p in entry.postings)):
            coming = sum(p.tokens for p in entry.postings if p.destination == pool)
            add(tx, workspace_id, pool, -coming, entry.now)


def add(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> None:
    """Count what was asked for before, when it was reserved; or less, for what comes back.

    Before the postings are written, so that whoever opens the period's row doesn't see them too.
    """
    if _opened(tx, workspace_id, pool, now):
        tx.connection.execute(
            sa.update(_budget)
            .where(*_at(workspace_id, pool, now))
            .values(spent=_budget.c.spent + tokens)
        )


def allows(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> bool:
    """Whether so much may still be reserved in this period; for a pool that is locked."""
    found = state(tx, workspace_id, pool, now)
    return found is None or tokens <= found.left


def put(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, budget: Budget, now: datetime
) -> BudgetState:
    """Let the pool, which is locked, have this budget, in the present period too.

    What left it in that period counts, whatever budget there was.
    """
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
    count_anew(tx, workspace_id, pool)
    found = state(tx, workspace_id, pool, now)
    if found is None:
        raise LookupError(f"{pool} is no team's pool")
    return found


def drop(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId) -> None:
    """Let the pool, which is locked, spend what it has, as without a budget."""
    tx.connection.execute(
        sa.delete(_rule).where(_rule.c.workspace_id == workspace_id, _rule.c.account_id == pool)
    )
    count_anew(tx, workspace_id, pool)


def count_anew(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId) -> None:
    """Forget the counts of a locked pool, whose periods no longer begin when they did."""
    tx.connection.execute(
        sa.delete(_budget).where(
            _budget.c.workspace_id == workspace_id, _budget.c.account_id == pool
        )
    )


def state(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, now: datetime
) -> BudgetState | None:
    """The budget as it stands in the present period, by a look alone."""
    found = _of(tx, workspace_id, pool)
    if found is None:
        return None
    budget, zone = found
    span = budget.span(periods.day_of(now, zone))
    spent = _counted(tx, workspace_id, pool, now)
    if spent is None:
        spent = _so_far(tx, workspace_id, pool, span, zone)
    reserved = tx.connection.execute(sa.select(_reserved(workspace_id, pool))).scalar_one()
    return BudgetState(budget=budget, spent=spent + int(reserved), until=span.end)


def _spend(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, tokens: int, now: datetime
) -> bool:
    """Count so much as spent; False where the period's budget hasn't that much left.

    One guarded statement: of two that race for the same rest the second finds it gone.
    """
    if not _opened(tx, workspace_id, pool, now):
        return True
    spent = tx.connection.execute(
        sa.update(_budget)
        .where(
            *_at(workspace_id, pool, now),
            _budget.c.spent + _reserved(workspace_id, pool) + tokens <= _budget.c.tokens,
        )
        .values(spent=_budget.c.spent + tokens)
    )
    return spent.rowcount == 1


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
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId
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


def _opened(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, now: datetime) -> bool:
    """Have a row for the period of that moment; False where the pool has no budget.

    The first to ask writes it, with what the books say of the period so far.
    """
    found = _of(tx, workspace_id, pool)
    if found is None:
        return False
    budget, zone = found
    if _counted(tx, workspace_id, pool, now) is None:
        span = budget.span(periods.day_of(now, zone))
        tx.connection.execute(
            sa.insert(_budget).values(
                workspace_id=workspace_id,
                account_id=pool,
                period_on=span.start.isoformat(),
                begins_at=periods.start_of(span.start, zone),
                ends_at=periods.start_of(span.end, zone),
                tokens=budget.tokens,
                spent=_so_far(tx, workspace_id, pool, span, zone),
            )
        )
    return True


def _counted(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, now: datetime
) -> int | None:
    """What the row of that moment's period counts; None before there is one."""
    found = tx.connection.execute(
        sa.select(_budget.c.spent).where(*_at(workspace_id, pool, now))
    ).scalar_one_or_none()
    return None if found is None else int(found)


def _so_far(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, span: Span, zone: ZoneInfo
) -> int:
    """What left the pool in a period less what came back, by the books."""
    first, after = (ids.first_at(periods.start_of(day, zone)) for day in (span.start, span.end))
    within = (_posting.c.entry_id >= first, _posting.c.entry_id < after)
    left = _moved(tx, workspace_id, (_posting.c.source == pool, *within), COUNTED)
    back = _moved(tx, workspace_id, (_posting.c.destination == pool, *within), GIVING_BACK)
    repaid = (_posting.c.destination == pool, _posting.c.source.startswith("member:"), *within)
    return left - back - _moved(tx, workspace_id, repaid, _ALLOWANCES)


def _moved(
    tx: Transaction,
    workspace_id: WorkspaceId,
    which: Sequence[sa.ColumnElement[bool]],
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
                _posting.c.workspace_id == workspace_id, *which, _entry.c.kind.in_(sorted(kinds))
            )
        ).scalar_one()
    )


def _reserved(workspace_id: WorkspaceId, pool: AccountId) -> sa.ScalarSelect[int]:
    """What allowances will take of the pool: it counts until it leaves, or comes free."""
    rest = sa.func.sum(_funding.c.needed - _funding.c.credited, type_=sa.BigInteger())
    return (
        sa.select(sa.func.coalesce(rest, 0))
        .where(
            _funding.c.workspace_id == workspace_id,
            _funding.c.pool == pool,
            _funding.c.state == "reserved",
            FUNDING_UNFINISHED,
        )
        .scalar_subquery()
    )


def _at(
    workspace_id: WorkspaceId, pool: AccountId, now: datetime
) -> Sequence[sa.ColumnElement[bool]]:
    return (
        _budget.c.workspace_id == workspace_id,
        _budget.c.account_id == pool,
        _budget.c.begins_at <= now,
        _budget.c.ends_at > now,
    )


def _pools(accounts: Iterable[AccountId]) -> set[AccountId]:
    return {one for one in accounts if account_kind(one) is AccountKind.POOL}
