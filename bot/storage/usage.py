"""What was used, by day, model, project and person: read from rollups, never from entries."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

import sqlalchemy as sa

from bot.domain.digests import LEADERS_MAX
from bot.domain.directory import Standing, TeamId, UserId, WorkspaceId
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, PreferenceRow, RollupRow, table

_rollup = table(RollupRow)
_member = table(MemberRow)
_preference = table(PreferenceRow)

K = TypeVar("K", TeamId, UserId)


def by_day(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_ids: Sequence[TeamId],
    *,
    since: date,
    until: date,
) -> dict[TeamId, dict[date, int]]:
    """What each team used on each day from `since` up to `until`."""
    where = _of_teams(workspace_id, team_ids, since, until)
    return _by_date(_by(tx, (_rollup.c.team_id, _rollup.c.day), TeamId, where))


def by_model(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_ids: Sequence[TeamId],
    *,
    since: date,
    until: date,
) -> dict[TeamId, dict[str, int]]:
    """The same by model."""
    where = _of_teams(workspace_id, team_ids, since, until)
    return _by(tx, (_rollup.c.team_id, _rollup.c.model), TeamId, where)


def by_project(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_ids: Sequence[TeamId],
    *,
    since: date,
    until: date,
) -> dict[TeamId, dict[str, int]]:
    """The same by project."""
    where = _of_teams(workspace_id, team_ids, since, until)
    return _by(tx, (_rollup.c.team_id, _rollup.c.project), TeamId, where)


def crowds(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_ids: Sequence[TeamId],
    *,
    since: date,
    until: date,
) -> dict[TeamId, tuple[int, int]]:
    """How many people used anything, in how many calls."""
    rows = tx.connection.execute(
        sa.select(
            _rollup.c.team_id,
            sa.func.count(_rollup.c.user_id.distinct()),
            sa.func.sum(_rollup.c.calls),
        )
        .where(*_of_teams(workspace_id, team_ids, since, until))
        .group_by(_rollup.c.team_id)
    )
    return {TeamId(row[0]): (int(row[1]), int(row[2])) for row in rows}


def leaders(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_ids: Sequence[TeamId],
    *,
    since: date,
    until: date,
) -> dict[TeamId, list[tuple[UserId, int]]]:
    """Who used most, of present members who did not choose to stay out."""
    total = sa.func.sum(_rollup.c.tokens).label("total")
    summed = (
        sa.select(_rollup.c.team_id, _rollup.c.user_id, total)
        .join(
            _member,
            (_member.c.workspace_id == _rollup.c.workspace_id)
            & (_member.c.user_id == _rollup.c.user_id)
            & (_member.c.team_id == _rollup.c.team_id),
        )
        .where(
            *_of_teams(workspace_id, team_ids, since, until),
            _member.c.standing.in_([Standing.ACTIVE.value, Standing.GUEST.value]),
            ~sa.exists().where(
                _preference.c.workspace_id == _rollup.c.workspace_id,
                _preference.c.user_id == _rollup.c.user_id,
                _preference.c.is_unlisted,
            ),
        )
        .group_by(_rollup.c.team_id, _rollup.c.user_id)
        .subquery()
    )
    place = (
        sa.func.row_number()
        .over(partition_by=summed.c.team_id, order_by=[summed.c.total.desc(), summed.c.user_id])
        .label("place")
    )
    placed = sa.select(summed, place).subquery()
    rows = tx.connection.execute(
        sa.select(placed.c.team_id, placed.c.user_id, placed.c.total)
        .where(placed.c.place <= LEADERS_MAX)
        .order_by(placed.c.team_id, placed.c.place)
    )
    found: dict[TeamId, list[tuple[UserId, int]]] = {}
    for team_id, user_id, tokens in rows:
        found.setdefault(TeamId(team_id), []).append((UserId(user_id), int(tokens)))
    return found


def own_days(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_ids: Sequence[UserId],
    *,
    since: date,
    until: date,
) -> dict[UserId, dict[date, int]]:
    """What each member used on each day, whichever team paid."""
    where = _of_members(workspace_id, user_ids, since, until)
    return _by_date(_by(tx, (_rollup.c.user_id, _rollup.c.day), UserId, where))


def own_models(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_ids: Sequence[UserId],
    *,
    since: date,
    until: date,
) -> dict[UserId, dict[str, int]]:
    """The same by model."""
    where = _of_members(workspace_id, user_ids, since, until)
    return _by(tx, (_rollup.c.user_id, _rollup.c.model), UserId, where)


def first_days(
    tx: Transaction, workspace_id: WorkspaceId, user_ids: Sequence[UserId]
) -> dict[UserId, date]:
    """The first day on which each member ever used anything."""
    first = (
        sa.select(sa.func.min(_rollup.c.day))
        .where(
            _rollup.c.workspace_id == _member.c.workspace_id,
            _rollup.c.user_id == _member.c.user_id,
        )
        .scalar_subquery()
    )
    rows = tx.connection.execute(
        sa.select(_member.c.user_id, first).where(
            _member.c.workspace_id == workspace_id, _member.c.user_id.in_(user_ids)
        )
    )
    return {UserId(row[0]): date.fromisoformat(row[1]) for row in rows if row[1]}


def _by(
    tx: Transaction,
    columns: tuple[sa.Column[str], sa.Column[str]],
    make: Callable[[str], K],
    where: Sequence[sa.ColumnElement[bool]],
) -> dict[K, dict[str, int]]:
    """Sums for each value of the first column, by the second."""
    found: dict[K, dict[str, int]] = {}
    for whose, part, tokens in tx.connection.execute(
        sa.select(*columns, sa.func.sum(_rollup.c.tokens)).where(*where).group_by(*columns)
    ):
        found.setdefault(make(whose), {})[part] = int(tokens)
    return found


def _by_date(found: Mapping[K, Mapping[str, int]]) -> dict[K, dict[date, int]]:
    return {
        whose: {date.fromisoformat(day): tokens for day, tokens in days.items()}
        for whose, days in found.items()
    }


def _of_teams(
    workspace_id: WorkspaceId, team_ids: Sequence[TeamId], since: date, until: date
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _rollup.c.workspace_id == workspace_id,
        _rollup.c.team_id.in_(team_ids),
        _rollup.c.day >= since.isoformat(),
        _rollup.c.day < until.isoformat(),
    )


def _of_members(
    workspace_id: WorkspaceId, user_ids: Sequence[UserId], since: date, until: date
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _rollup.c.workspace_id == workspace_id,
        _rollup.c.user_id.in_(user_ids),
        _rollup.c.day >= since.isoformat(),
        _rollup.c.day < until.isoformat(),
    )
