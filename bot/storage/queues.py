"""Open requests as approvers look for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.queues import PAGE, TEAMS_MAX, Filter, Scope, TeamCount, Whose
from bot.domain.topups import TopUp
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, TeamRow, TopUpCopyRow, TopUpRow, table
from bot.storage.topups import topup_of

_topup = table(TopUpRow)
_copy = table(TopUpCopyRow)
_member = table(MemberRow)
_team = table(TeamRow)
#: In the words of the index, without which it isn't used.
_OPEN = _topup.c.state == sa.literal_column("'open'")
_WITH_REQUESTER = _topup.join(
    _member,
    (_member.c.workspace_id == _topup.c.workspace_id) & (_member.c.user_id == _topup.c.requester),
)


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks, and whose requests they may decide."""

    workspace_id: WorkspaceId
    actor: UserId
    scopes: Sequence[Scope]
    now: datetime


def totals(tx: Transaction, look: Look, chosen: Filter) -> tuple[int, int]:
    """How many requests are found, and what they ask for in all."""
    row = tx.connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(_topup.c.tokens, type_=sa.BigInteger()), 0),
        )
        .select_from(_WITH_REQUESTER)
        .where(*_found(look, chosen))
    ).one()
    return int(row[0]), int(row[1])


def page(tx: Transaction, look: Look, chosen: Filter) -> list[TopUp]:
    """The requests of a page, the oldest first."""
    rows = tx.connection.execute(
        sa.select(_topup)
        .select_from(_WITH_REQUESTER)
        .where(*_found(look, chosen))
        .order_by(_topup.c.topup_id)
        .limit(PAGE)
        .offset(chosen.page * PAGE)
    ).mappings()
    return [topup_of(row) for row in rows]


def teams(tx: Transaction, look: Look, whose: Whose) -> list[TeamCount]:
    """The teams whose people ask, by name."""
    rows = tx.connection.execute(
        sa.select(_team.c.team_id, _team.c.name, sa.func.count())
        .select_from(
            _WITH_REQUESTER.join(
                _team,
                (_team.c.workspace_id == _member.c.workspace_id)
                & (_team.c.team_id == _member.c.team_id),
            )
        )
        .where(*_found(look, Filter(whose=whose)))
        .group_by(_team.c.team_id, _team.c.name)
        .order_by(_team.c.name, _team.c.team_id)
        .limit(TEAMS_MAX)
    )
    return [TeamCount(TeamId(row[0]), row[1], int(row[2])) for row in rows]


def _found(look: Look, chosen: Filter) -> list[sa.ColumnElement[bool]]:
    where = [
        _topup.c.workspace_id == look.workspace_id,
        _OPEN,
        sa.or_(sa.false(), *(_within(scope) for scope in look.scopes)),
    ]
    if chosen.whose is Whose.MINE:
        mine = sa.exists().where(
            _copy.c.workspace_id == _topup.c.workspace_id,
            _copy.c.topup_id == _topup.c.topup_id,
            _copy.c.user_id == look.actor,
        )
        where.append(mine)
    if chosen.team_id is not None:
        where.append(_member.c.team_id == chosen.team_id)
    if chosen.person is not None:
        where.append(_topup.c.requester == chosen.person)
    if chosen.tokens_max is not None:
        where.append(_topup.c.tokens <= chosen.tokens_max)
    if chosen.waited is not None:
        where.append(_topup.c.asked_at <= look.now - chosen.waited)
    return where


def _within(scope: Scope) -> sa.ColumnElement[bool]:
    others = _topup.c.requester.not_in(sorted(scope.but))
    if scope.team_ids is None:
        return others
    return _member.c.team_id.in_(sorted(scope.team_ids)) & others
