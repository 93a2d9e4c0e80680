"""Who should have a turn by a rule and has none, and who has one and should not."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bot.domain.allowances import AllowanceId, AllowanceState
from bot.domain.directory import Standing, TeamId, WorkspaceId
from bot.domain.ledger import AccountId
from bot.storage.database import Transaction
from bot.storage.tables import AllowanceRow, AllowanceTurnRow, MemberRow, table

_allowance = table(AllowanceRow)
_turn = table(AllowanceTurnRow)
_member = table(MemberRow)

_TAKING_PART = (Standing.ACTIVE.value, Standing.GUEST.value)
#: Whom their own rule may credit, in the directory's words: whoever has not left the company.
_HERE = (*_TAKING_PART, Standing.FOREIGN.value)
_IS_FOR_TEAM = _allowance.c.subject.like("team:%")
#: A rule for one person stays with them, unless it says that what is left goes back.
_RETURNS = _allowance.c.subject.like("member:%") & _allowance.c.returns_on_leaving
# Cut out of subject and account, not put together from member's columns, so that an index of
# `member` finds them.
_TEAM_ID = sa.func.substr(_allowance.c.subject, len("team:") + 1)
_USER_ID = sa.func.substr(_turn.c.account_id, len("member:") + 1)
_OF_RULE = (_allowance.c.workspace_id == _turn.c.workspace_id) & (
    _allowance.c.allowance_id == _turn.c.allowance_id
)
_OF_MEMBER: sa.ColumnElement[str] = sa.literal_column("'member:'") + _member.c.user_id


@dataclass(frozen=True, slots=True)
class Membership:
    """A person and a rule of the team that they joined, or left."""

    workspace_id: WorkspaceId
    allowance_id: AllowanceId
    account: AccountId


def joined(
    tx: Transaction, *, limit: int, allowance_id: AllowanceId | None = None
) -> list[Membership]:
    """Present members whose team has a rule by which they have no turn yet."""
    rows = tx.connection.execute(joining(allowance_id).limit(limit))
    return [_membership(row) for row in rows]


def left(tx: Transaction, *, limit: int) -> list[Membership]:
    """Turns by a team's rule of people who are no longer in that team, or no longer here."""
    return [_membership(row) for row in tx.connection.execute(leaving().limit(limit))]


def gone(tx: Transaction, *, limit: int) -> list[Membership]:
    """Turns by a rule of one's own that gives back, of people who are no longer here."""
    return [_membership(row) for row in tx.connection.execute(going().limit(limit))]


def returned(tx: Transaction, *, limit: int) -> list[Membership]:
    """People who are here again, whose own rule has stopped meanwhile."""
    return [_membership(row) for row in tx.connection.execute(returning().limit(limit))]


def joining(allowance_id: AllowanceId | None = None) -> sa.Select[Any]:
    """Those who should have a turn, in a query."""
    has_no_turn = _is_missing(
        _turn.c.workspace_id == _allowance.c.workspace_id,
        _turn.c.allowance_id == _allowance.c.allowance_id,
        _turn.c.account_id == _OF_MEMBER,
        _turn.c.left_on.is_(None),
    )
    return (
        sa.select(_allowance.c.workspace_id, _allowance.c.allowance_id, _OF_MEMBER)
        .select_from(_allowance)
        .join(
            _member,
            (_member.c.workspace_id == _allowance.c.workspace_id) & (_member.c.team_id == _TEAM_ID),
        )
        .where(
            _IS_FOR_TEAM,
            _allowance.c.state != AllowanceState.ENDED.value,
            *([] if allowance_id is None else [_allowance.c.allowance_id == allowance_id]),
            _member.c.standing.in_(_TAKING_PART),
            has_no_turn,
        )
        .order_by(_allowance.c.workspace_id, _allowance.c.allowance_id, _member.c.user_id)
    )


def leaving() -> sa.Select[Any]:
    """Those who should have one no longer."""
    is_no_longer_in = _is_missing(
        _member.c.workspace_id == _turn.c.workspace_id,
        _member.c.user_id == _USER_ID,
        _member.c.team_id == _TEAM_ID,
        _member.c.standing.in_(_TAKING_PART),
    )
    return (
        sa.select(_turn.c.workspace_id, _turn.c.allowance_id, _turn.c.account_id)
        .join(_allowance, _OF_RULE)
        .where(
            _turn.c.left_on.is_(None),
            # After its last credit nothing is to end, but something may be to give back.
            _turn.c.next_on.is_not(None) | _allowance.c.returns_on_leaving,
            _IS_FOR_TEAM,
            is_no_longer_in,
        )
        .order_by(_turn.c.workspace_id, _turn.c.allowance_id, _turn.c.account_id)
    )


def going() -> sa.Select[Any]:
    """Those whose own rule should stop, since they have left the company."""
    is_away = _is_missing(
        _member.c.workspace_id == _turn.c.workspace_id,
        _member.c.user_id == _USER_ID,
        _member.c.standing.in_(_HERE),
    )
    return (
        sa.select(_turn.c.workspace_id, _turn.c.allowance_id, _turn.c.account_id)
        .join(_allowance, _OF_RULE)
        .where(_turn.c.left_on.is_(None), _RETURNS, is_away)
        .order_by(_turn.c.workspace_id, _turn.c.allowance_id, _turn.c.account_id)
    )


def returning() -> sa.Select[Any]:
    """Those whose own rule should go on, since they are back."""
    is_here = ~_is_missing(
        _member.c.workspace_id == _turn.c.workspace_id,
        _member.c.user_id == _USER_ID,
        _member.c.standing.in_(_HERE),
    )
    return (
        sa.select(_turn.c.workspace_id, _turn.c.allowance_id, _turn.c.account_id)
        .join(_allowance, _OF_RULE)
        .where(
            _turn.c.left_on.is_not(None),
            _RETURNS,
            _allowance.c.state != AllowanceState.ENDED.value,
            is_here,
        )
        .order_by(_turn.c.workspace_id, _turn.c.allowance_id, _turn.c.account_id)
    )


def count(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> int:
    """How many present members the team has."""
    return int(
        tx.connection.execute(
            sa.select(sa.func.count()).where(
                _member.c.workspace_id == workspace_id,
                _member.c.team_id == team_id,
                _member.c.standing.in_(_TAKING_PART),
            )
        ).scalar_one()
    )


def _is_missing(*where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """That there is no such row, looked for by index, once for each row of the query around it.

    PostgreSQL would make a join of NOT EXISTS. While it has no statistics, as in the first minute
    of a large workspace, it compares everybody with everybody there: 2 s for 10,000 people.
    """
    first: sa.Select[Any] = sa.select(sa.literal_column("1")).where(*where).limit(1)
    return first.scalar_subquery().is_(None)


def _membership(row: Any) -> Membership:
    return Membership(WorkspaceId(row[0]), AllowanceId(row[1]), AccountId(row[2]))
