"""What holds keep of an account's tokens, by guarded statements or under its lock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.holds import OPEN_MAX, HoldState
from bot.domain.ledger import AccountId
from bot.storage import lots
from bot.storage.database import Call, Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Given, Row, Statement, among
from bot.storage.tables import AccountRow, HoldRow, table

_account = table(AccountRow)
_hold = table(HoldRow)

_TEXT = sa.String()
_ZERO: sa.ColumnElement[int] = sa.literal_column("0")

_MINE = (_account.c.workspace_id == sa.bindparam("workspace_id", type_=_TEXT)) & (
    _account.c.account_id == sa.bindparam("account_id", type_=_TEXT)
)
#: What holds that are made in one database transaction take of an account together.
_TAKEN = sa.table(
    "taken",
    sa.column("workspace_id", _TEXT),
    sa.column("account_id", _TEXT),
    sa.column("tokens", sa.BigInteger()),
    sa.column("holds", sa.Integer()),
    sa.column("expires_at", _account.c.next_due_at.type),
    sa.column("now", _account.c.next_due_at.type),
)


def _of(given: Given) -> sa.ColumnElement[bool]:
    return sa.and_(*(_account.c[one] == given[one] for one in ("workspace_id", "account_id")))


def _reserved(given: Given) -> dict[str, sa.ColumnElement[Any]]:
    ends = given["expires_at"]
    return {
        "held": _account.c.held + given["tokens"],
        "open_holds": _account.c.open_holds + given["holds"],
        "next_due_at": sa.case((_account.c.next_due_at < ends, _account.c.next_due_at), else_=ends),
    }


#: Calls that a policy let pass may use more than is held for them: their limits are counted, one
#: by one, under the account's lock.
_BEYOND = sa.exists().where(
    _hold.c.workspace_id == _account.c.workspace_id,
    _hold.c.account_id == _account.c.account_id,
    _hold.c.state == sa.literal_column(f"'{HoldState.OPEN}'"),
    _hold.c.promised > _hold.c.held,
)
# The guard against overspending by concurrency: one statement that checks and reserves. Of two
# calls that want the same tokens the second sees what the first left, and updates no row.
RESERVE = Bulk(
    _TAKEN,
    tuple(_TAKEN.c.keys()),
    lambda given, _insert: (
        sa.update(_account)
        .where(
            _of(given),
            _account.c.balance - _account.c.held >= given["tokens"],
            _account.c.open_holds + given["holds"] <= sa.literal_column(str(OPEN_MAX)),
            _account.c.next_due_at.is_(None) | (_account.c.next_due_at > given["now"]),
            ~_BEYOND,
        )
        .values(_reserved(given))
        .returning(_account.c.account_id, _account.c.balance - _account.c.held)
    ),
)
#: On an account that is locked, once somebody has looked how much is there.
RESERVE_LOCKED = Bulk(
    _TAKEN,
    tuple(_TAKEN.c.keys()),
    lambda given, _insert: sa.update(_account).where(_of(given)).values(_reserved(given)),
)


#: What holds that ended in one database transaction give back to an account together.
_GIVEN_BACK = sa.table(
    "given_back",
    sa.column("workspace_id", _TEXT),
    sa.column("account_id", _TEXT),
    sa.column("tokens", sa.BigInteger()),
    sa.column("ended", sa.Integer()),
)
RELEASE = Bulk(
    _GIVEN_BACK,
    tuple(_GIVEN_BACK.c.keys()),
    lambda given, _insert: (
        sa.update(_account)
        .where(_of(given))
        .values(
            held=_account.c.held - given["tokens"],
            open_holds=_account.c.open_holds - given["ended"],
            next_due_at=lots.DUE_ONCE_LET_GO,
        )
    ),
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
#: In the one order of all accounts (docs/ledger.md), so that no two wait for each other.
LOCK = Statement(
    lambda insert: (
        sa.select(
            _account.c.account_id,
            _account.c.balance,
            _account.c.held,
            _account.c.open_holds,
            _account.c.next_due_at,
        )
        .where(
            _account.c.workspace_id == sa.bindparam("workspace_id", type_=_TEXT),
            among(_account.c.account_id, "accounts", insert),
        )
        .order_by(_account.c.account_id)
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

    def is_due(self, now: datetime) -> bool:
        """Whether something on it has ended, which may count still."""
        return self.next_due_at is not None and self.next_due_at <= now


def lock(workspace_id: WorkspaceId, accounts: Iterable[AccountId]) -> Call:
    """Lock these accounts; of its rows `of_rows` makes what they have."""
    return LOCK, {"workspace_id": workspace_id, "accounts": tuple(sorted(set(accounts)))}


def locked(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> LockedAccount | None:
    """The account, for this database transaction alone; None where nothing has reached it yet."""
    return of_rows(tx.fetch(*lock(workspace_id, [account]))).get(account)


def of_rows(rows: Iterable[Row]) -> dict[AccountId, LockedAccount]:
    """What `lock` found."""
    return {
        account: LockedAccount(balance, held, open_holds, as_moment(next_due_at))
        for account, balance, held, open_holds, next_due_at in rows
    }
