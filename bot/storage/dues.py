"""What falls due on accounts: found by an index, read under their locks, written at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.dues import AccountState, Due, Settled
from bot.domain.ledger import AccountId
from bot.storage import allowance_turns, ledger, lots
from bot.storage.database import Transaction
from bot.storage.statements import Statement, Values
from bot.storage.tables import AccountRow, AllowanceTurnRow, LotRow, table

_account = table(AccountRow)
_lot = table(LotRow)
_turn = table(AllowanceTurnRow)


def _given(name: str, like: sa.ColumnElement[object]) -> sa.BindParameter[object]:
    return sa.bindparam(name, type_=like.type)


#: In place of the guarded statements of `accounts`: what it writes was computed under the lock.
PUT_ACCOUNT = Statement(
    lambda _insert: (
        sa.update(_account)
        .where(
            _account.c.workspace_id == _given("workspace_id", _account.c.workspace_id),
            _account.c.account_id == _given("account_id", _account.c.account_id),
        )
        .values(
            balance=_given("balance", _account.c.balance),
            expiring=_given("expiring", _account.c.expiring),
            next_due_at=_given("next_due_at", _account.c.next_due_at),
            opened_by=sa.func.coalesce(
                _account.c.opened_by, _given("opened_by", _account.c.opened_by)
            ),
        )
    )
)
PUT_TURN = Statement(
    lambda _insert: (
        sa.update(_turn)
        .where(
            _turn.c.workspace_id == _given("workspace_id", _turn.c.workspace_id),
            _turn.c.allowance_id == _given("allowance_id", _turn.c.allowance_id),
            _turn.c.account_id == _given("account_id", _turn.c.account_id),
        )
        .values(
            next_on=_given("next_on", _turn.c.next_on),
            next_at=_given("next_at", _turn.c.next_at),
            paid_until=_given("paid_until", _turn.c.paid_until),
        )
    )
)
CARRY = Statement(
    lambda _insert: (
        sa.update(_lot)
        .where(
            _lot.c.workspace_id == _given("workspace_id", _lot.c.workspace_id),
            _lot.c.lot_id == _given("lot_id", _lot.c.lot_id),
        )
        .values(expires_at=_given("expires_at", _lot.c.expires_at))
    )
)


def due(tx: Transaction, now: datetime, *, limit: int) -> list[tuple[WorkspaceId, AccountId]]:
    """Accounts on which something is due, the longest first."""
    found = tx.connection.execute(
        sa.select(_account.c.workspace_id, _account.c.account_id)
        .where(_account.c.next_due_at <= now)
        .order_by(_account.c.next_due_at, _account.c.workspace_id, _account.c.account_id)
        .limit(limit)
    )
    return [(WorkspaceId(row[0]), AccountId(row[1])) for row in found]


def states(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId], *, lock: bool
) -> list[AccountState]:
    """The accounts with their lots and turns, by id.

    With `lock`, nobody else settles or moves tokens of them until this database transaction ends:
    what is read after the lock is as the last who had it left it.
    """
    statement = (
        sa.select(_account.c.account_id, _account.c.balance, _account.c.held)
        .where(_account.c.workspace_id == workspace_id, _account.c.account_id.in_(accounts))
        .order_by(_account.c.account_id)
    )
    rows = tx.connection.execute(statement.with_for_update() if lock else statement).all()
    found = [AccountId(row.account_id) for row in rows]
    live = lots.of_accounts(tx, workspace_id, found)
    turns = allowance_turns.of_accounts(tx, workspace_id, found)
    return [
        AccountState(
            account=account,
            balance=row.balance,
            held=row.held,
            lots=tuple(live[account]),
            turns=tuple(turns[account]),
        )
        for account, row in zip(found, rows, strict=True)
    ]


def write(tx: Transaction, workspace_id: WorkspaceId, settled: Sequence[Settled]) -> None:
    """Everything that settling came to, for accounts that are locked."""
    mine: Values = {"workspace_id": workspace_id}
    dues = [due for one in settled for due in one.dues]
    tx.many(
        ledger.ADD_NEW_ENTRY, [ledger.entry_values(workspace_id, d.entry_id, d.entry) for d in dues]
    )
    tx.many(
        ledger.ADD_POSTING,
        [row for d in dues for row in ledger.posting_values(workspace_id, d.entry_id, d.entry)],
    )
    tx.many(lots.ADD, list(_lots(workspace_id, dues)))
    uses = [
        {**mine, "lot_id": use.lot.lot_id, "entry_id": d.entry_id, "tokens": use.tokens}
        for d in dues
        for use in d.uses
    ]
    tx.many(lots.USE, uses)
    tx.many(lots.ADD_USE, uses)
    tx.many(
        CARRY,
        [
            {**mine, "lot_id": lot.lot_id, "expires_at": lot.expires_at}
            for one in settled
            for lot in one.carried
        ],
    )
    tx.many(PUT_TURN, list(_turns(workspace_id, settled)))
    tx.many(PUT_ACCOUNT, [_account_values(workspace_id, one) for one in settled])


def _lots(workspace_id: WorkspaceId, dues: Sequence[Due]) -> Iterator[Values]:
    for due in dues:
        if due.lot is not None:
            yield {
                "workspace_id": workspace_id,
                "lot_id": due.lot.lot_id,
                "account_id": due.lot.account,
                "entry_id": due.entry_id,
                "allowance_id": due.lot.allowance_id,
                "tokens": due.lot.remaining,
                "expires_at": due.lot.expires_at,
            }


def _turns(workspace_id: WorkspaceId, settled: Sequence[Settled]) -> Iterator[Values]:
    for one in settled:
        for turn in one.moved_turns:
            yield {
                "workspace_id": workspace_id,
                "allowance_id": turn.allowance.allowance_id,
                "account_id": turn.account,
                "next_on": turn.next_on and turn.next_on.isoformat(),
                "next_at": turn.next_at,
                "paid_until": turn.paid_until and turn.paid_until.isoformat(),
            }


def _account_values(workspace_id: WorkspaceId, one: Settled) -> Values:
    credited_by = [d.entry_id for d in one.dues if d.credit is not None]
    return {
        "workspace_id": workspace_id,
        "account_id": one.account,
        "balance": one.balance,
        "expiring": one.expiring,
        "next_due_at": one.next_due_at,
        "opened_by": credited_by[0] if credited_by else None,
    }
