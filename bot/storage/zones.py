"""Moments that follow a team's zone: when its rules credit next, and when their lots expire."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from bot.domain.directory import TeamId, WorkspaceId
from bot.storage.database import Transaction
from bot.storage.tables import AccountRow, AllowanceRow, AllowanceTurnRow, LotRow, table

_account = table(AccountRow)
_allowance = table(AllowanceRow)
_turn = table(AllowanceTurnRow)
_lot = table(LotRow)


def lock_accounts(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> None:
    """Lock every account that a rule in the team's zone credits, in the order of their ids.

    Nobody settles them, or moves their tokens, until this database transaction ends.
    """
    tx.connection.execute(
        sa.select(_account.c.account_id)
        .where(*_accounts(workspace_id, team_id))
        .order_by(_account.c.account_id)
        .with_for_update()
    ).all()


def next_days(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> list[date]:
    """The days on which rules in the team's zone credit next."""
    rows = tx.connection.execute(
        sa.select(_turn.c.next_on)
        .where(*_turns(workspace_id, team_id), _turn.c.next_on.is_not(None))
        .distinct()
    )
    return [date.fromisoformat(day) for day in rows.scalars()]


def expiries(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> list[datetime]:
    """The moments at which lots of those rules expire."""
    rows = tx.connection.execute(
        sa.select(_lot.c.expires_at).where(*_lots(workspace_id, team_id)).distinct()
    )
    return list(rows.scalars())


def move(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_id: TeamId,
    *,
    begins: Mapping[date, datetime],
    expires: Sequence[tuple[datetime, datetime]],
) -> None:
    """Let each day begin at its new moment, and lots expire at theirs; for locked accounts.

    `expires` is in an order in which no new moment is an old one that is still to come.
    """
    for day, moment in begins.items():
        tx.connection.execute(
            sa.update(_turn)
            .where(*_turns(workspace_id, team_id), _turn.c.next_on == day.isoformat())
            .values(next_at=moment)
        )
    for old, new in expires:
        tx.connection.execute(
            sa.update(_lot)
            .where(*_lots(workspace_id, team_id), _lot.c.expires_at == old)
            .values(expires_at=new)
        )


def mark_due(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId, at: datetime) -> None:
    """Have something be due on these accounts: whoever comes next computes when it really is."""
    tx.connection.execute(
        sa.update(_account).where(*_accounts(workspace_id, team_id)).values(next_due_at=at)
    )


def _accounts(workspace_id: WorkspaceId, team_id: TeamId) -> Sequence[sa.ColumnElement[bool]]:
    credited = sa.union(
        sa.select(_turn.c.account_id).where(*_turns(workspace_id, team_id)),
        sa.select(_lot.c.account_id).where(*_lots(workspace_id, team_id)),
    )
    return (_account.c.workspace_id == workspace_id, _account.c.account_id.in_(credited))


def _rules(workspace_id: WorkspaceId, team_id: TeamId) -> sa.Select[tuple[str]]:
    return sa.select(_allowance.c.allowance_id).where(
        _allowance.c.workspace_id == workspace_id, _allowance.c.team_id == team_id
    )


def _turns(workspace_id: WorkspaceId, team_id: TeamId) -> Sequence[sa.ColumnElement[bool]]:
    return (
        _turn.c.workspace_id == workspace_id,
        _turn.c.allowance_id.in_(_rules(workspace_id, team_id)),
    )


def _lots(workspace_id: WorkspaceId, team_id: TeamId) -> Sequence[sa.ColumnElement[bool]]:
    return (
        _lot.c.workspace_id == workspace_id,
        _lot.c.allowance_id.in_(_rules(workspace_id, team_id)),
        _lot.c.remaining > 0,
    )
