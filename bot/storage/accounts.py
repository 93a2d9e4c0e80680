"""Accounts: the rows on which balances are kept, and the statements that change them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import ledger as rules
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.storage.database import Transaction
from bot.storage.statements import Statement
from bot.storage.tables import AccountRow, EntryRow, table

_account = table(AccountRow)
_entry = table(EntryRow)


def _p(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.String())


_TOKENS = sa.bindparam("tokens", type_=sa.BigInteger())


#: An account moves only if this entry was written, so that a key used before moves nothing.
_WRITTEN = sa.exists().where(
    _entry.c.workspace_id == _p("workspace_id"), _entry.c.entry_id == _p("entry_id")
)
_MINE = sa.and_(
    _account.c.workspace_id == _p("workspace_id"), _account.c.account_id == _p("account_id")
)
#: Something on it ended by then, which is settled before anything moves.
_NOTHING_DUE = _account.c.next_due_at.is_(None) | (
    _account.c.next_due_at > sa.bindparam("now", type_=_account.c.next_due_at.type)
)
_AFTER = (
    _account.c.balance - _account.c.held,
    _account.c.opened_by,
    _account.c.balance,
    _account.c.next_due_at,
)


def less(expiring: Any, tokens: Any) -> sa.ColumnElement[int]:
    """What remains of lots once so much was spent: they are spent first."""
    return sa.case((expiring > tokens, expiring - tokens), else_=sa.literal_column("0"))


# The guard against double spending: one statement that checks and takes. Of two that race for the
# same tokens the second sees what the first left, and updates no row.
SPEND = Statement(
    lambda _insert: (
        sa.update(_account)
        .where(
            _MINE,
            _account.c.balance - _account.c.held >= _TOKENS,
            _NOTHING_DUE,
            _WRITTEN,
        )
        .values(
            balance=_account.c.balance - _TOKENS,
            expiring=less(_account.c.expiring, _TOKENS),
        )
        .returning(*_AFTER)
    )
)
AVAILABLE = Statement(lambda _insert: sa.select(_account.c.balance - _account.c.held).where(_MINE))


def _change(insert: Any) -> sa.ClauseElement:
    """Add to an account, a negative number too where an entry may overdraw; open it if need be."""
    source: Any = sa.select(
        _p("workspace_id"),
        _p("account_id"),
        _p("kind"),
        _TOKENS,
        sa.literal_column("0"),
        _p("entry_id"),
        sa.literal_column("0"),
    ).where(_WRITTEN)
    columns = ["workspace_id", "account_id", "kind", "balance", "held", "opened_by", "expiring"]
    statement = insert(_account).from_select(columns, source)
    change = statement.excluded.balance
    total = _account.c.balance + change
    executable: sa.ClauseElement = statement.on_conflict_do_update(
        index_elements=[_account.c.workspace_id, _account.c.account_id],
        set_={
            "balance": total,
            "opened_by": sa.func.coalesce(_account.c.opened_by, statement.excluded.opened_by),
            "expiring": sa.case(
                (change >= sa.literal_column("0"), _account.c.expiring),
                else_=less(_account.c.expiring, -change),
            ),
        },
        where=sa.and_(total.between(-rules.BALANCE_MAX, rules.BALANCE_MAX), _NOTHING_DUE),
    ).returning(*_AFTER)
    return executable


CHANGE = Statement(_change)


def lock(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> None:
    """Have nobody else move its tokens until this database transaction ends."""
    tx.connection.execute(
        sa.select(_account.c.account_id)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id == account)
        .with_for_update()
    ).all()


def available(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> int:
    """Balance less held; zero for one that nothing has reached yet, or that keeps no balance."""
    rows = tx.fetch(AVAILABLE, {"workspace_id": workspace_id, "account_id": account})
    return int(rows[0][0] or 0) if rows else 0


def available_of(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Iterable[AccountId]
) -> dict[AccountId, int]:
    rows = tx.connection.execute(
        sa.select(_account.c.account_id, _account.c.balance - _account.c.held).where(
            _account.c.workspace_id == workspace_id, _account.c.account_id.in_(list(accounts))
        )
    )
    return {row[0]: row[1] for row in rows}


def due_of(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId], now: datetime
) -> tuple[AccountId, ...]:
    """Those of the accounts on which something is due."""
    found = tx.connection.execute(
        sa.select(_account.c.account_id)
        .where(
            _account.c.workspace_id == workspace_id,
            _account.c.account_id.in_(accounts),
            _account.c.next_due_at <= now,
        )
        .order_by(_account.c.account_id)
    )
    return tuple(AccountId(account) for account in found.scalars())
