"""Lots: rows that only an account's own lock, taken before, lets anybody change."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain import lots as rules
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId, Entry, EntryId, Expiring
from bot.domain.lots import Lot, Taken
from bot.storage import expired_lots, ids
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Row, Statement, among
from bot.storage.tables import AccountRow, LotRow, LotUseRow, table

_account = table(AccountRow)
_lot = table(LotRow)
_use = table(LotUseRow)

_COLUMNS = (
    _lot.c.lot_id,
    _lot.c.account_id,
    _lot.c.entry_id,
    _lot.c.remaining,
    _lot.c.expires_at,
    _lot.c.allowance_id,
)


def _bound(name: str, like: sa.ColumnElement[object]) -> sa.BindParameter[object]:
    return sa.bindparam(name, type_=like.type)


def _soonest() -> sa.ColumnElement[datetime]:
    first_end = (
        sa.select(sa.func.min(_lot.c.expires_at))
        .where(
            _lot.c.workspace_id == _account.c.workspace_id,
            _lot.c.account_id == _account.c.account_id,
            _lot.c.remaining > sa.literal_column("0"),
        )
        .scalar_subquery()
    )
    due: sa.ColumnElement[datetime] = _account.c.next_due_at
    return sa.case((due < first_end, due), else_=sa.func.coalesce(first_end, due))


#: When something is due on an account whose tokens are held no longer: a lot that ended while they
#: were held expires with them, so whoever comes next sees to it.
DUE_ONCE_LET_GO = _soonest()

LIVE = Statement(
    lambda _insert: sa.select(*_COLUMNS).where(
        _lot.c.workspace_id == _bound("workspace_id", _lot.c.workspace_id),
        _lot.c.account_id == _bound("account_id", _lot.c.account_id),
        _lot.c.remaining > sa.literal_column("0"),
    )
)
OF_ACCOUNTS = Statement(
    lambda insert: sa.select(*_COLUMNS).where(
        _lot.c.workspace_id == _bound("workspace_id", _lot.c.workspace_id),
        among(_lot.c.account_id, "accounts", insert),
        _lot.c.remaining > sa.literal_column("0"),
    )
)
USE = Statement(
    lambda _insert: (
        sa.update(_lot)
        .where(
            _lot.c.workspace_id == _bound("workspace_id", _lot.c.workspace_id),
            _lot.c.lot_id == _bound("lot_id", _lot.c.lot_id),
        )
        .values(remaining=_lot.c.remaining - sa.bindparam("tokens", type_=sa.BigInteger()))
    )
)
ADD_USE = Statement(
    lambda insert: insert(_use).values(
        {
            name: _bound(name, _use.c[name])
            for name in ("workspace_id", "lot_id", "entry_id", "tokens")
        }
    )
)
ADD = Statement(
    lambda insert: insert(_lot).values(
        {
            name: _bound(name, _lot.c[name])
            for name in (
                "workspace_id",
                "lot_id",
                "account_id",
                "entry_id",
                "allowance_id",
                "tokens",
                "expires_at",
            )
        }
        | {"remaining": _bound("tokens", _lot.c.tokens)}
    )
)
#: The same for many lots, each of them once.
USE_MANY = Bulk(
    _lot,
    ("workspace_id", "lot_id", "tokens"),
    lambda given, _insert: (
        sa.update(_lot)
        .where(
            _lot.c.workspace_id == given["workspace_id"],
            _lot.c.lot_id == given["lot_id"],
        )
        .values(remaining=_lot.c.remaining - given["tokens"])
    ),
)
ADD_USES = Bulk(_use, ("workspace_id", "lot_id", "entry_id", "tokens"))
ADD_MANY = Bulk(
    _lot,
    (
        "workspace_id",
        "lot_id",
        "account_id",
        "entry_id",
        "allowance_id",
        "tokens",
        "remaining",
        "expires_at",
    ),
)
RECEIVE = Statement(
    lambda _insert: (
        sa.update(_account)
        .where(
            _account.c.workspace_id == _bound("workspace_id", _account.c.workspace_id),
            _account.c.account_id == _bound("account_id", _account.c.account_id),
        )
        .values(
            expiring=_account.c.expiring + sa.bindparam("tokens", type_=sa.BigInteger()),
            next_due_at=sa.case(
                (
                    _account.c.next_due_at < _bound("expires_at", _account.c.next_due_at),
                    _account.c.next_due_at,
                ),
                else_=_bound("expires_at", _account.c.next_due_at),
            ),
        )
    )
)


#: Spending takes what expires first, as the account's row has it; so much was left all the same.
KEEP = Statement(
    lambda _insert: (
        sa.update(_account)
        .where(
            _account.c.workspace_id == _bound("workspace_id", _account.c.workspace_id),
            _account.c.account_id == _bound("account_id", _account.c.account_id),
        )
        .values(expiring=_account.c.expiring + sa.bindparam("tokens", type_=sa.BigInteger()))
    )
)


def live(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> list[Lot]:
    """Lots of which something remains, the first to be spent first."""
    rows = tx.fetch(LIVE, {"workspace_id": workspace_id, "account_id": account})
    return rules.in_order(map(_lot_of, rows))


def by_account(rows: Sequence[Row], accounts: Iterable[AccountId]) -> dict[AccountId, list[Lot]]:
    """The same for several accounts, of what `OF_ACCOUNTS` found."""
    found: dict[AccountId, list[Lot]] = {account: [] for account in accounts}
    for lot in rules.in_order(map(_lot_of, rows)):
        found[lot.account].append(lot)
    return found


def made_by(tx: Transaction, workspace_id: WorkspaceId, entry_id: EntryId) -> list[Lot]:
    """The lots that an entry credited, spent ones too."""
    rows = tx.connection.execute(
        sa.select(*_COLUMNS).where(_lot.c.workspace_id == workspace_id, _lot.c.entry_id == entry_id)
    )
    return [_lot_of(tuple(row)) for row in rows]


def expired_of(
    tx: Transaction, workspace_id: WorkspaceId, entry_id: EntryId
) -> dict[AccountId, int]:
    """How much of what an entry credited has expired since, by account."""
    return expired_lots.of_each(tx, workspace_id, [entry_id]).get(entry_id, {})


def credited_by(
    tx: Transaction, workspace_id: WorkspaceId, entry_id: EntryId, account: AccountId
) -> int:
    """How much of what an entry credited to an account expires, less what has expired since."""
    made = tx.connection.execute(
        sa.select(sa.func.coalesce(sa.func.sum(_lot.c.tokens, type_=sa.BigInteger()), 0)).where(
            _lot.c.workspace_id == workspace_id,
            _lot.c.entry_id == entry_id,
            _lot.c.account_id == account,
        )
    ).scalar_one()
    return int(made) - expired_of(tx, workspace_id, entry_id).get(account, 0)


def keep(tx: Transaction, workspace_id: WorkspaceId, account: AccountId, tokens: int) -> None:
    """Have the account's row say that so much of what expires was not taken after all."""
    tx.queue(KEEP, {"workspace_id": workspace_id, "account_id": account, "tokens": tokens})


def to_take(
    tx: Transaction,
    workspace_id: WorkspaceId,
    entry: Entry,
    account: AccountId,
    *,
    tokens: int,
    balance: int,
) -> list[Taken]:
    """Which lots an entry takes its tokens from, of an account that had `balance` before."""
    every = live(tx, workspace_id, account)
    # What holds cover of expired lots pays for their calls, and goes nowhere else.
    found = every if entry.may_overdraw else [one for one in every if one.expires_at > entry.now]
    if entry.reverses is None:
        taken = rules.take(found, tokens, first=entry.takes_lots_of)
    else:
        lasting = tokens - credited_by(tx, workspace_id, entry.reverses, account)
        taken = rules.take_back(
            found,
            tokens,
            made_by=entry.reverses,
            lasting=max(lasting, 0),
            balance=balance - _left(every) + _left(found),
        )
    by_row = min(tokens, _left(every))
    kept = by_row - sum(one.tokens for one in taken)
    if kept:
        keep(tx, workspace_id, account, kept)
    return taken


def use(
    tx: Transaction, workspace_id: WorkspaceId, taken: Iterable[Taken], entry_id: EntryId
) -> None:
    """Write what an entry took of lots."""
    for one in taken:
        values = {
            "workspace_id": workspace_id,
            "lot_id": one.lot.lot_id,
            "entry_id": entry_id,
            "tokens": one.tokens,
        }
        tx.queue(USE, values)
        tx.queue(ADD_USE, values)


def receive(
    tx: Transaction,
    workspace_id: WorkspaceId,
    account: AccountId,
    arrived: Iterable[Expiring],
    *,
    entry_id: EntryId,
    now: datetime,
) -> None:
    """Write the lots that tokens passed on become."""
    for one in arrived:
        values = {
            "workspace_id": workspace_id,
            "lot_id": ids.new(now),
            "account_id": account,
            "entry_id": entry_id,
            "allowance_id": None,
            "tokens": one.tokens,
            "expires_at": one.expires_at,
        }
        tx.queue(ADD, values)
        tx.queue(RECEIVE, values)


def _left(some: Iterable[Lot]) -> int:
    return sum(lot.remaining for lot in some)


def _lot_of(row: Row) -> Lot:
    lot_id, account, entry_id, remaining, expires_at, allowance_id = row
    moment = as_moment(expires_at)
    if moment is None:
        raise TypeError(f"lot {lot_id} has no moment of expiry")
    return Lot(
        lot_id=lot_id,
        account=account,
        entry_id=entry_id,
        remaining=remaining,
        expires_at=moment,
        allowance_id=allowance_id,
    )
