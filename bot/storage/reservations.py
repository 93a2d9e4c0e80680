"""What holds keep of an account's tokens, by guarded statements or under its lock."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.holds import OPEN_MAX
from bot.domain.ledger import AccountId
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Row, Statement
from bot.storage.tables import AccountRow, HoldRow, LotRow, table

_account = table(AccountRow)
_hold = table(HoldRow)
_lot = table(LotRow)

_TEXT = sa.String()
_TOKENS = sa.bindparam("tokens", type_=sa.BigInteger())
_NOW = sa.bindparam("now", type_=_account.c.next_due_at.type)
_ENDS = sa.bindparam("expires_at", type_=_account.c.next_due_at.type)
_ZERO: sa.ColumnElement[int] = sa.literal_column("0")

_MINE = (_account.c.workspace_id == sa.bindparam("workspace_id", type_=_TEXT)) & (
    _account.c.account_id == sa.bindparam("account_id", type_=_TEXT)
)
#: A key that was used before reserves nothing.
_IS_NEW = sa.exists().where(
    _hold.c.workspace_id == sa.bindparam("workspace_id", type_=_TEXT),
    _hold.c.hold_id == sa.bindparam("hold_id", type_=_TEXT),
)
_NOTHING_DUE = _account.c.next_due_at.is_(None) | (_account.c.next_due_at > _NOW)
_RESERVED = {
    "held": _account.c.held + _TOKENS,
    "open_holds": _account.c.open_holds + sa.literal_column("1"),
    "next_due_at": sa.case((_account.c.next_due_at < _ENDS, _account.c.next_due_at), else_=_ENDS),
}
# The guard against overspending by concurrency: one statement that checks and reserves. Of two
# calls that want the same tokens the second sees what the first left, and updates no row.
RESERVE = Statement(
    lambda _insert: (
        sa.update(_account)
        .where(
            _MINE,
            _account.c.balance - _account.c.held >= _TOKENS,
            _account.c.open_holds < sa.literal_column(str(OPEN_MAX)),
            _NOTHING_DUE,
            _IS_NEW,
        )
        .values(_RESERVED)
        .returning(_account.c.balance - _account.c.held)
    )
)
#: On an account that is locked, once somebody has looked how much is there.
RESERVE_LOCKED = Statement(lambda _insert: sa.update(_account).where(_MINE).values(_RESERVED))
#: What holds covered of expired lots expires once they end: whoever comes next sees to it.
_COVERED = sa.exists().where(
    _lot.c.workspace_id == _account.c.workspace_id,
    _lot.c.account_id == _account.c.account_id,
    _lot.c.remaining > _ZERO,
    _lot.c.expires_at <= _NOW,
)
RELEASE = Statement(
    lambda _insert: (
        sa.update(_account)
        .where(_MINE)
        .values(
            held=_account.c.held - _TOKENS,
            open_holds=_account.c.open_holds - sa.bindparam("ended", type_=sa.Integer()),
            next_due_at=sa.case((_COVERED, _NOW), else_=_account.c.next_due_at),
        )
    )
)
#: Whoever may use more than there is need not have had anything yet.
OPEN = Statement(
    lambda insert: (
        insert(_account)
        .values(
            workspace_id=sa.bindparam("workspace_id", type_=_TEXT),
            account_id=sa.bindparam("account_id", type_=_TEXT),
            kind=sa.bindparam("kind", type_=_TEXT),
            balance=_ZERO,
            held=_ZERO,
            expiring=_ZERO,
        )
        .on_conflict_do_nothing()
    )
)
LOCK = Statement(
    lambda _insert: (
        sa.select(
            _account.c.balance,
            _account.c.held,
            _account.c.open_holds,
            _account.c.next_due_at,
        )
        .where(_MINE)
        .with_for_update()
    )
)


@dataclass(frozen=True, slots=True)
class LockedAccount:
    """An account that nobody else moves, or holds anything on, meanwhile."""

    balance: int
    held: int
    open_holds: int
    next_due_at: datetime | None

    @property
    def available(self) -> int:
        return self.balance - self.held


def locked(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> LockedAccount | None:
    """The account, for this database transaction alone; None where nothing has reached it yet."""
    rows = tx.fetch(LOCK, {"workspace_id": workspace_id, "account_id": account})
    return of_row(rows[0]) if rows else None


def of_row(row: Row) -> LockedAccount:
    """What `LOCK` found."""
    balance, held, open_holds, next_due_at = row
    return LockedAccount(balance, held, open_holds, as_moment(next_due_at))
