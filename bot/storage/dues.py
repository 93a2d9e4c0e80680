"""What falls due on accounts: found by an index, read under their locks, written at once."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.account_states import AccountState, Due, Settled
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.domain.lots import LotId
from bot.storage import advances, allowance_turns, allowances, ledger, lots, open_holds
from bot.storage.database import Transaction
from bot.storage.statements import Bulk, Row, Statement, among
from bot.storage.tables import AccountRow, LotRow, table

_account = table(AccountRow)
_lot = table(LotRow)


def _states(insert: object) -> sa.Select[tuple[str, int, int]]:
    return (
        sa.select(_account.c.account_id, _account.c.balance, _account.c.held)
        .where(
            _account.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            among(_account.c.account_id, "accounts", insert),
        )
        .order_by(_account.c.account_id)
    )


READ = Statement(_states)
LOCK = Statement(lambda insert: _states(insert).with_for_update())
#: In place of the guarded statements of `accounts`: what it writes was computed under the lock.
PUT_ACCOUNTS = Bulk(
    _account,
    (
        "workspace_id",
        "account_id",
        "balance",
        "expiring",
        "next_due_at",
        "opened_by",
        "held",
        "open_holds",
    ),
    lambda given, _insert: (
        sa.update(_account)
        .where(
            _account.c.workspace_id == given["workspace_id"],
            _account.c.account_id == given["account_id"],
        )
        .values(
            balance=given["balance"],
            expiring=given["expiring"],
            next_due_at=given["next_due_at"],
            opened_by=sa.func.coalesce(_account.c.opened_by, given["opened_by"]),
            held=given["held"],
            open_holds=_account.c.open_holds - given["open_holds"],
        )
    ),
)
CARRY = Bulk(
    _lot,
    ("workspace_id", "lot_id", "expires_at"),
    lambda given, _insert: (
        sa.update(_lot)
        .where(_lot.c.workspace_id == given["workspace_id"], _lot.c.lot_id == given["lot_id"])
        .values(expires_at=given["expires_at"])
    ),
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
    """The accounts with their lots, turns, open holds and what they owe, by id.

    With `lock`, nobody else settles or moves tokens of them until this database transaction ends:
    what is read after the lock is as the last who had it left it.
    """
    values = {"workspace_id": workspace_id, "accounts": tuple(accounts)}
    statements = (
        LOCK if lock else READ,
        lots.OF_ACCOUNTS,
        allowance_turns.OF_ACCOUNTS,
        open_holds.OPEN_OF_ACCOUNTS,
        advances.OPEN_OF_ACCOUNTS,
    )
    rows, live_rows, turn_rows, hold_rows, owed_rows = tx.batch(
        [(one, values) for one in statements]
    )
    live = lots.by_account(live_rows, accounts)
    turns = allowance_turns.by_account(tx, workspace_id, turn_rows, accounts)
    owed_by = advances.by_account(owed_rows, accounts)
    held_by = open_holds.by_account(hold_rows, accounts)
    return [
        AccountState(
            account=account,
            balance=balance,
            held=held,
            lots=tuple(live[account]),
            turns=tuple(turns[account]),
            holds=tuple(held_by[account]),
            advances=tuple(owed_by[account]),
        )
        for account, balance, held in rows
    ]


def write(tx: Transaction, workspace_id: WorkspaceId, settled: Sequence[Settled]) -> None:
    """Everything that settling came to, for accounts that are locked."""
    dues = [due for one in settled for due in one.dues]
    entries, postings = ledger.new_entry_rows(workspace_id, ((d.entry_id, d.entry) for d in dues))
    tx.bulk(ledger.ADD_NEW_ENTRIES, entries)
    tx.bulk(ledger.ADD_POSTINGS, postings)
    tx.bulk(lots.ADD_MANY, list(_lots(workspace_id, dues)))
    tx.bulk(lots.USE_MANY, _used(workspace_id, dues))
    tx.bulk(
        lots.ADD_USES,
        [
            (workspace_id, use.lot.lot_id, due.entry_id, use.tokens)
            for due in dues
            for use in due.uses
        ],
    )
    tx.bulk(
        CARRY,
        [(workspace_id, lot.lot_id, lot.expires_at) for one in settled for lot in one.carried],
    )
    tx.bulk(
        advances.REPAY,
        [(workspace_id, one.entry_id, one.tokens) for due in dues for one in due.repaid],
    )
    tx.bulk(allowance_turns.MOVE, list(_turns(workspace_id, settled)))
    ended = [(workspace_id, hold_id) for one in settled for hold_id in one.ended]
    tx.bulk(open_holds.EXPIRE, ended)
    tx.bulk(PUT_ACCOUNTS, [_account_row(workspace_id, one) for one in settled])


def _lots(workspace_id: WorkspaceId, dues: Sequence[Due]) -> Iterator[Row]:
    for due in dues:
        lot = due.lot
        if lot is not None:
            yield (
                workspace_id,
                lot.lot_id,
                lot.account,
                due.entry_id,
                lot.allowance_id,
                lot.remaining,
                lot.remaining,
                lot.expires_at,
            )


def _used(workspace_id: WorkspaceId, dues: Sequence[Due]) -> list[Row]:
    """What goes of each lot: two entries may take of one, as when holds covered some of it."""
    tokens: dict[LotId, int] = {}
    for due in dues:
        for use in due.uses:
            tokens[use.lot.lot_id] = tokens.get(use.lot.lot_id, 0) + use.tokens
    return [(workspace_id, lot_id, gone) for lot_id, gone in tokens.items()]


def _turns(workspace_id: WorkspaceId, settled: Sequence[Settled]) -> Iterator[Row]:
    for one in settled:
        for turn in one.moved_turns:
            yield (
                workspace_id,
                turn.allowance.allowance_id,
                turn.account,
                allowances.as_text(turn.next_on),
                turn.next_at,
                allowances.as_text(turn.paid_until),
            )


def _account_row(workspace_id: WorkspaceId, one: Settled) -> Row:
    credited_by = next((due.entry_id for due in one.dues if due.credit is not None), None)
    return (
        workspace_id,
        one.account,
        one.balance,
        one.expiring,
        one.next_due_at,
        credited_by,
        one.held,
        len(one.ended),
    )
