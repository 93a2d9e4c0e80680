"""What Home shows of others: a statement each, whatever their number."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from bot.domain.directory import Member, Role, Standing, TeamId, UserId, WorkspaceId
from bot.domain.home import NAMED_MAX, NEAR_DAYS, WEEK_DAYS, Near, Step
from bot.domain.ledger import AccountKind
from bot.domain.topups import TopUp, TopUpId
from bot.storage.database import Transaction
from bot.storage.tables import (
    AccountRow,
    AllowanceRow,
    MemberRow,
    RoleRow,
    RollupRow,
    TeamRow,
    TopUpCopyRow,
    TopUpRow,
    table,
)
from bot.storage.teams import PRESENT
from bot.storage.topups import topup_of

_account = table(AccountRow)
_allowance = table(AllowanceRow)
_copy = table(TopUpCopyRow)
_member = table(MemberRow)
_role = table(RoleRow)
_rollup = table(RollupRow)
_team = table(TeamRow)
_topup = table(TopUpRow)

#: Of one approver, counted; beyond, a number says no more.
HELD_MAX = 1_000


def held(
    tx: Transaction, workspace_id: WorkspaceId, approver: UserId
) -> list[tuple[TopUpId, Member]]:
    """The open requests that came to an approver, the oldest first, and who asks for each.

    Of the requester only what decides who may decide: their id and their team.
    """
    rows = tx.connection.execute(
        sa.select(_topup.c.topup_id, _topup.c.requester, _member.c.team_id, _member.c.standing)
        .select_from(
            _topup.join(
                _copy,
                (_copy.c.workspace_id == _topup.c.workspace_id)
                & (_copy.c.topup_id == _topup.c.topup_id),
            ).join(
                _member,
                (_member.c.workspace_id == _topup.c.workspace_id)
                & (_member.c.user_id == _topup.c.requester),
            )
        )
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.state == sa.literal_column("'open'"),
            _copy.c.user_id == approver,
        )
        .order_by(_topup.c.topup_id)
        .limit(HELD_MAX)
    )
    return [
        (
            TopUpId(row.topup_id),
            Member(
                user_id=UserId(row.requester),
                team_id=TeamId(row.team_id),
                standing=Standing(row.standing),
            ),
        )
        for row in rows
    ]


def topups_of(
    tx: Transaction, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId]
) -> list[TopUp]:
    """These requests, the oldest first."""
    rows = tx.connection.execute(
        sa.select(_topup)
        .where(_topup.c.workspace_id == workspace_id, _topup.c.topup_id.in_(topup_ids))
        .order_by(_topup.c.topup_id)
    ).mappings()
    return [topup_of(row) for row in rows]


def near_their_end(
    tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId], *, since: date
) -> dict[TeamId, tuple[tuple[Near, ...], int]]:
    """Of each team those with the least left, and how many there are.

    Who used something since, and has less than a few days' worth of it.
    """
    used = _used(workspace_id, team_ids, since)
    left = (_account.c.balance - _account.c.held).label("left")
    team = _member.c.team_id
    order = [left, _member.c.user_id]
    placed = (
        sa.select(
            _member.c.team_id,
            _member.c.user_id,
            left,
            sa.func.row_number().over(partition_by=team, order_by=order).label("place"),
            sa.func.count().over(partition_by=team).label("people"),
        )
        .select_from(
            used.join(_member, _member.c.user_id == used.c.user_id).join(
                _account,
                (_account.c.workspace_id == _member.c.workspace_id)
                & (_account.c.account_id == f"{AccountKind.MEMBER}:" + _member.c.user_id),
            )
        )
        .where(
            _member.c.workspace_id == workspace_id,
            _member.c.team_id.in_(list(team_ids)),
            _member.c.standing.in_(PRESENT),
            used.c.tokens > 0,
            left * WEEK_DAYS < used.c.tokens * NEAR_DAYS,
        )
        .subquery("placed")
    )
    rows = tx.connection.execute(
        sa.select(placed).where(placed.c.place <= NAMED_MAX).order_by(placed.c.place)
    )
    found: dict[TeamId, tuple[tuple[Near, ...], int]] = dict.fromkeys(team_ids, ((), 0))
    for row in rows:
        named = (*found[row.team_id][0], Near(UserId(row.user_id), int(row.left)))
        found[row.team_id] = (named, int(row.people))
    return found


def set_up(tx: Transaction, workspace_id: WorkspaceId) -> frozenset[Step]:
    """What of the first steps is done."""
    done = {
        Step.CHANNEL: sa.exists().where(
            _team.c.workspace_id == workspace_id,
            _team.c.channel_id.is_not(None),
            _team.c.ended_at.is_(None),
        ),
        Step.APPROVERS: sa.exists().where(
            _role.c.workspace_id == workspace_id,
            _role.c.role.in_([Role.ADMIN.value, Role.MANAGER.value]),
        ),
        Step.ALLOWANCE: sa.exists().where(
            _allowance.c.workspace_id == workspace_id, _allowance.c.state == "active"
        ),
    }
    row = tx.connection.execute(sa.select(*done.values())).one()
    return frozenset(step for step, is_done in zip(done, row, strict=True) if is_done)


def _used(workspace_id: WorkspaceId, team_ids: Sequence[TeamId], since: date) -> sa.Subquery:
    """What each person used since that these teams paid."""
    return (
        sa.select(_rollup.c.user_id, sa.func.sum(_rollup.c.tokens).label("tokens"))
        .where(
            _rollup.c.workspace_id == workspace_id,
            _rollup.c.team_id.in_(list(team_ids)),
            _rollup.c.day >= since.isoformat(),
            _rollup.c.user_id != "",
        )
        .group_by(_rollup.c.user_id)
        .subquery("used")
    )
