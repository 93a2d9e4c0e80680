"""Whose turn is next by which rule."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.domain.allowances import Allowance, AllowanceId, Turn
from bot.domain.directory import Standing, WorkspaceId
from bot.domain.ledger import AccountId, AccountKind, account_kind
from bot.storage import allowances, upsert
from bot.storage.database import Transaction
from bot.storage.moments import as_moment
from bot.storage.statements import Bulk, Row, Statement, among
from bot.storage.tables import (
    AccountRow,
    AllowanceRow,
    AllowanceTurnRow,
    MemberRow,
    TeamRow,
    table,
)

_account = table(AccountRow)
_allowance = table(AllowanceRow)
_turn = table(AllowanceTurnRow)
_member = table(MemberRow)
_team = table(TeamRow)

_PRESENT = frozenset({Standing.ACTIVE.value, Standing.GUEST.value, Standing.FOREIGN.value})
_MEMBER = f"{AccountKind.MEMBER}:"
_COLUMNS = (
    _turn.c.allowance_id,
    _turn.c.account_id,
    _turn.c.joined_on,
    _turn.c.next_on,
    _turn.c.next_at,
    _turn.c.paid_until,
    _turn.c.left_on,
    _team.c.zone,
    _member.c.standing,
)
#: Each turn with its zone, and how whom it credits stands; no such person is no standing.
_TOLD = (
    sa.select(*_COLUMNS)
    .join(
        _allowance,
        (_allowance.c.workspace_id == _turn.c.workspace_id)
        & (_allowance.c.allowance_id == _turn.c.allowance_id),
    )
    .join(
        _team,
        (_team.c.workspace_id == _allowance.c.workspace_id)
        & (_team.c.team_id == _allowance.c.team_id),
    )
    .outerjoin(
        _member,
        (_member.c.workspace_id == _turn.c.workspace_id)
        & (
            _member.c.user_id
            == sa.func.substr(_turn.c.account_id, sa.literal_column(str(len(_MEMBER) + 1)))
        ),
    )
)
OF_ACCOUNTS = Statement(
    lambda insert: _TOLD.where(
        _turn.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
        among(_turn.c.account_id, "accounts", insert),
    )
)
MOVE = Bulk(
    _turn,
    ("workspace_id", "allowance_id", "account_id", "next_on", "next_at", "paid_until"),
    lambda given, _insert: (
        sa.update(_turn)
        .where(
            *(_turn.c[key] == given[key] for key in ("workspace_id", "allowance_id", "account_id"))
        )
        .values({name: given[name] for name in ("next_on", "next_at", "paid_until")})
    ),
)


def of_accounts(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId]
) -> dict[AccountId, list[Turn]]:
    """Each account's turns, with their rules and zones, ended ones too."""
    rows = tx.fetch(OF_ACCOUNTS, {"workspace_id": workspace_id, "accounts": tuple(accounts)})
    return by_account(tx, workspace_id, rows, accounts)


def by_account(
    tx: Transaction, workspace_id: WorkspaceId, rows: Sequence[Row], accounts: Iterable[AccountId]
) -> dict[AccountId, list[Turn]]:
    """The same of what `OF_ACCOUNTS` found."""
    found: dict[AccountId, list[Turn]] = {account: [] for account in accounts}
    rules = allowances.by_ids(tx, workspace_id, {row[0] for row in rows}) if rows else {}
    for row in rows:
        turn = _turn_of(row, rules)
        found[turn.account].append(turn)
    return found


def by_rule(tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId) -> list[Turn]:
    """All turns of one rule, by account, ended ones too."""
    rules = allowances.by_ids(tx, workspace_id, [allowance_id])
    rows = tx.connection.execute(
        _TOLD.where(
            _turn.c.workspace_id == workspace_id, _turn.c.allowance_id == allowance_id
        ).order_by(_turn.c.account_id)
    )
    return [_turn_of(tuple(row), rules) for row in rows]


def due_by(
    tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId, now: datetime, limit: int
) -> list[AccountId]:
    """Accounts that the rule should have come to by now, by id."""
    found = tx.connection.execute(
        sa.select(_turn.c.account_id)
        .where(
            _turn.c.workspace_id == workspace_id,
            _turn.c.allowance_id == allowance_id,
            _turn.c.next_at <= now,
        )
        .order_by(_turn.c.account_id)
        .limit(limit)
    )
    return [AccountId(account) for account in found.scalars()]


def stop(tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId) -> None:
    """Let a rule come to nobody any more; what its turns tell of before stays.

    Under the locks of their accounts, which whoever settles one of them has as well.
    """
    mine = (_turn.c.workspace_id == workspace_id, _turn.c.allowance_id == allowance_id)
    tx.connection.execute(
        sa.select(_account.c.account_id)
        .where(
            _account.c.workspace_id == workspace_id,
            _account.c.account_id.in_(sa.select(_turn.c.account_id).where(*mine)),
        )
        .order_by(_account.c.account_id)
        .with_for_update()
    ).all()
    tx.connection.execute(
        sa.update(_turn)
        .where(*mine, _turn.c.next_on.is_not(None))
        .values(next_on=None, next_at=None)
    )


def put(tx: Transaction, workspace_id: WorkspaceId, turns: Sequence[Turn]) -> None:
    """Begin or move turns of locked accounts, which get to know when the next is due."""
    if not turns:
        return
    insert = upsert.insert(tx)(_turn)
    moved = ("joined_on", "next_on", "next_at", "paid_until", "left_on")
    tx.connection.execute(
        insert.on_conflict_do_update(
            index_elements=["workspace_id", "allowance_id", "account_id"],
            set_={name: insert.excluded[name] for name in moved},
        ),
        [
            {
                "workspace_id": workspace_id,
                "allowance_id": turn.allowance.allowance_id,
                "account_id": turn.account,
                "joined_on": turn.joined_on.isoformat(),
                "next_on": allowances.as_text(turn.next_on),
                "next_at": turn.next_at,
                "paid_until": allowances.as_text(turn.paid_until),
                "left_on": allowances.as_text(turn.left_on),
            }
            for turn in turns
        ],
    )
    for at in sorted({turn.next_at for turn in turns if turn.next_at is not None}):
        mine = [turn.account for turn in turns if turn.next_at == at]
        tx.connection.execute(
            sa.update(_account)
            .where(
                _account.c.workspace_id == workspace_id,
                _account.c.account_id.in_(mine),
                _account.c.next_due_at.is_(None) | (_account.c.next_due_at > at),
            )
            .values(next_due_at=at)
        )


def lock_accounts(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId]
) -> None:
    """Lock these, given by id, with a row for those that nothing has reached yet.

    One pass, since whoever makes a row and then locks another, earlier one would be out of order.
    """
    if not accounts:
        return
    insert = upsert.insert(tx)(_account)
    rows = [
        {
            "workspace_id": workspace_id,
            "account_id": account,
            "kind": account_kind(account).value,
            "balance": 0,
            "held": 0,
            "expiring": 0,
        }
        for account in accounts
    ]
    tx.connection.execute(
        insert.on_conflict_do_update(
            index_elements=["workspace_id", "account_id"], set_={"kind": insert.excluded.kind}
        ),
        rows,
    )


def _turn_of(row: Row, rules: Mapping[AllowanceId, Allowance]) -> Turn:
    rule, account, joined_on, next_on, next_at, paid_until, left_on, zone, standing = row
    return Turn(
        allowance=rules[rule],
        account=account,
        zone=ZoneInfo(zone),
        joined_on=date.fromisoformat(joined_on),
        next_on=allowances.as_day(next_on),
        next_at=as_moment(next_at),
        paid_until=allowances.as_day(paid_until),
        left_on=allowances.as_day(left_on),
        # A pool is always here.
        takes_part=standing in _PRESENT or not account.startswith(_MEMBER),
    )
