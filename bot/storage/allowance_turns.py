"""Whose turn is next by which rule."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.domain.allowances import Allowance, AllowanceId, Turn
from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.domain.ledger import AccountId, AccountKind, account_kind, account_owner, member_account
from bot.storage import allowances, upsert
from bot.storage.database import Transaction
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

_PRESENT = (Standing.ACTIVE.value, Standing.GUEST.value, Standing.FOREIGN.value)
_WITH_ZONES = (
    sa.select(*_turn.c, _team.c.zone)
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
)


def of_accounts(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId]
) -> dict[AccountId, list[Turn]]:
    """Each account's turns, with their rules and zones, ended ones too."""
    rows = tx.connection.execute(
        _WITH_ZONES.where(_turn.c.workspace_id == workspace_id, _turn.c.account_id.in_(accounts))
    ).mappings()
    return _by_account(tx, workspace_id, list(rows), accounts)


def by_rule(tx: Transaction, workspace_id: WorkspaceId, allowance_id: AllowanceId) -> list[Turn]:
    """All turns of one rule, by account, ended ones too."""
    rows = list(
        tx.connection.execute(
            _WITH_ZONES.where(
                _turn.c.workspace_id == workspace_id, _turn.c.allowance_id == allowance_id
            ).order_by(_turn.c.account_id)
        ).mappings()
    )
    accounts = [row["account_id"] for row in rows]
    found = _by_account(tx, workspace_id, rows, accounts)
    return [turn for account in accounts for turn in found[account]]


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


def _by_account(
    tx: Transaction,
    workspace_id: WorkspaceId,
    rows: Sequence[sa.RowMapping],
    accounts: Sequence[AccountId],
) -> dict[AccountId, list[Turn]]:
    found: dict[AccountId, list[Turn]] = {account: [] for account in accounts}
    if not rows:
        return found
    rules = allowances.by_ids(tx, workspace_id, (row["allowance_id"] for row in rows))
    present = _present(tx, workspace_id, list(found))
    for row in rows:
        turn = _turn_of(row, rules[row["allowance_id"]], takes_part=row["account_id"] in present)
        found[turn.account].append(turn)
    return found


def _present(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Sequence[AccountId]
) -> set[AccountId]:
    """Pools, and those of the members who have not left."""
    people = [a for a in accounts if account_kind(a) is AccountKind.MEMBER]
    here = tx.connection.execute(
        sa.select(_member.c.user_id).where(
            _member.c.workspace_id == workspace_id,
            _member.c.user_id.in_([account_owner(account) for account in people]),
            _member.c.standing.in_(_PRESENT),
        )
    ).scalars()
    return {*(set(accounts) - set(people)), *(member_account(UserId(user)) for user in here)}


def _turn_of(row: sa.RowMapping, allowance: Allowance, *, takes_part: bool) -> Turn:
    return Turn(
        allowance=allowance,
        account=AccountId(row["account_id"]),
        zone=ZoneInfo(row["zone"]),
        joined_on=date.fromisoformat(row["joined_on"]),
        next_on=allowances.as_day(row["next_on"]),
        next_at=row["next_at"],
        paid_until=allowances.as_day(row["paid_until"]),
        left_on=allowances.as_day(row["left_on"]),
        takes_part=takes_part,
    )
