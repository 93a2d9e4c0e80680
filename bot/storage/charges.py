"""Charging many accounts at once for what was used: one statement for all of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import ledger as rules
from bot.domain import lots as spending
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import UNCACHED, AccountId, Entry, EntryId
from bot.storage import accounts, ledger, lots
from bot.storage.database import Call, Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Given, Row, insert_given
from bot.storage.tables import AccountRow, table

_account = table(AccountRow)
# Written out: a statement of many rows has no parameters but theirs.
_MOST: sa.ColumnElement[int] = sa.literal_column(str(rules.BALANCE_MAX), sa.BigInteger())


def _charge(given: Given, insert: Any) -> sa.ClauseElement:
    """Change many accounts at once, below zero too; the caller looks at what is due on them."""
    zero: sa.ColumnElement[int] = sa.literal_column("0")
    statement = insert_given(_account, {**given, "held": zero, "expiring": zero}, insert)
    change = statement.excluded.balance
    total = _account.c.balance + change
    executable: sa.ClauseElement = statement.on_conflict_do_update(
        index_elements=[_account.c.workspace_id, _account.c.account_id],
        set_={
            "balance": total,
            "opened_by": sa.func.coalesce(_account.c.opened_by, statement.excluded.opened_by),
            "expiring": sa.case(
                (change >= zero, _account.c.expiring),
                else_=accounts.less(_account.c.expiring, -change),
            ),
        },
        where=total.between(-_MOST, _MOST),
    ).returning(_account.c.account_id, _account.c.balance, _account.c.next_due_at)
    return executable


CHARGE = Bulk(_account, ("workspace_id", "account_id", "kind", "balance", "opened_by"), _charge)


def charge(
    tx: Transaction,
    workspace_id: WorkspaceId,
    entry_id: EntryId,
    entry: Entry,
    beside: Sequence[Call] = (),
) -> list[list[Row]]:
    """Write an entry of usage, of many accounts at once, and take its tokens.

    Returns the rows of `beside`, which its caller asks in the same round trip. Its id and key are
    new, so nobody can have recorded it. Raises `AccountsDue` and `BalanceOutOfRange`; the caller's
    database transaction is then undone.
    """
    changes = [(a, n) for a, n in rules.net_changes(entry.postings) if a not in UNCACHED]
    entry_rows, posting_rows = ledger.new_entry_rows(workspace_id, [(entry_id, entry)])
    tx.bulk(ledger.ADD_NEW_ENTRIES, entry_rows)
    if not changes:  # what nobody is known to have used
        tx.bulk(ledger.ADD_POSTINGS, posting_rows)
        return tx.batch(beside)
    rows = [
        (workspace_id, account, account.partition(":")[0], tokens, entry_id)
        for account, tokens in changes  # in the one order in which accounts are touched
    ]
    spent = {account: -tokens for account, tokens in changes if tokens < 0}
    # Read once the accounts are locked: nobody else takes of their lots meanwhile.
    of_spent = {"workspace_id": workspace_id, "accounts": tuple(spent)}
    calls: list[Call] = [(CHARGE, rows), (lots.OF_ACCOUNTS, of_spent), *beside]
    charged, lot_rows, *found = tx.batch(calls)
    due_at = {AccountId(account): as_moment(moment) for account, _, moment in charged}
    _check(tx, workspace_id, changes, due_at, entry.now)
    tx.bulk(ledger.ADD_POSTINGS, posting_rows)
    _spend_lots(tx, workspace_id, spent, entry_id, lot_rows)
    return found


def _check(
    tx: Transaction,
    workspace_id: WorkspaceId,
    changes: Sequence[tuple[AccountId, int]],
    due_at: Mapping[AccountId, datetime | None],
    now: datetime,
) -> None:
    """Raise for accounts of which something is due, or which did not change."""
    due = sorted(account for account, at in due_at.items() if at is not None and at <= now)
    if due:
        raise ledger.AccountsDue(workspace_id, tuple(due))
    refused = [change for change in changes if change[0] not in due_at]
    if refused:
        raise ledger.refusal(tx, workspace_id, refused, now)


def _spend_lots(
    tx: Transaction,
    workspace_id: WorkspaceId,
    spent: Mapping[AccountId, int],
    entry_id: EntryId,
    lot_rows: Sequence[Row],
) -> None:
    """Write what an entry took of the lots of several accounts, which are locked."""
    found = lots.by_account(lot_rows, spent)
    taken = [
        one for account, tokens in spent.items() for one in spending.take(found[account], tokens)
    ]
    tx.bulk(lots.USE_MANY, [(workspace_id, one.lot.lot_id, one.tokens) for one in taken])
    tx.bulk(lots.ADD_USES, [(workspace_id, one.lot.lot_id, entry_id, one.tokens) for one in taken])
