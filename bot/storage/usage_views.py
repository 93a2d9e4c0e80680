"""What a person or a team used in some days and in those before: sums of rollups."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from bot.domain.digests import Part
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.identities import NO_TEAM
from bot.domain.usage import FIGURES
from bot.domain.usage_views import PARTS_MAX, Days, Figures, Whose
from bot.storage.database import Transaction
from bot.storage.statements import Statement
from bot.storage.tables import MemberRow, RollupRow, TeamRow, table

_rollup = table(RollupRow)
_member = table(MemberRow)
_team = table(TeamRow)

_TEXT = sa.String()
#: A member's days since one, the first day they ever used anything, and their team's zone.
OWN_DAYS = Statement(
    lambda _insert: (
        sa.select(
            _team.c.zone,
            sa.select(sa.func.min(_rollup.c.day))
            .where(
                _rollup.c.workspace_id == sa.bindparam("workspace_id", type_=_TEXT),
                _rollup.c.user_id == sa.bindparam("user_id", type_=_TEXT),
            )
            .scalar_subquery(),
            _rollup.c.day,
            sa.func.sum(_rollup.c.tokens),
        )
        .select_from(
            _team.outerjoin(
                _rollup,
                (_rollup.c.workspace_id == _team.c.workspace_id)
                & (_rollup.c.user_id == sa.bindparam("user_id", type_=_TEXT))
                & (_rollup.c.day >= sa.bindparam("since", type_=_TEXT)),
            )
        )
        .where(
            _team.c.workspace_id == sa.bindparam("workspace_id", type_=_TEXT),
            _team.c.team_id == sa.bindparam("team_id", type_=_TEXT),
        )
        .group_by(_team.c.zone, _rollup.c.day)
    )
)


def figures(
    tx: Transaction, workspace_id: WorkspaceId, whose: Whose, days: Days
) -> tuple[Figures, Figures]:
    """The sums of these days, and of those before."""
    row = tx.connection.execute(
        sa.select(
            *(_of_days(_rollup.c[name], days) for name in FIGURES),
            *(_of_before(_rollup.c[name], days) for name in FIGURES),
        ).where(*_of(workspace_id, whose, days))
    ).one()
    numbers = [int(number or 0) for number in row]
    now, before = numbers[: len(FIGURES)], numbers[len(FIGURES) :]
    return (
        Figures(**dict(zip(FIGURES, now, strict=True))),
        Figures(**dict(zip(FIGURES, before, strict=True))),
    )


def models(
    tx: Transaction, workspace_id: WorkspaceId, whose: Whose, days: Days
) -> tuple[Part, ...]:
    """The models that took most of these days."""
    return _parts(tx, workspace_id, _rollup.c.model, whose, days)


def projects(
    tx: Transaction, workspace_id: WorkspaceId, whose: Whose, days: Days
) -> tuple[Part, ...]:
    """The same of projects."""
    return _parts(tx, workspace_id, _rollup.c.project, whose, days)


def members(
    tx: Transaction, workspace_id: WorkspaceId, whose: Whose, days: Days
) -> tuple[Part, ...]:
    """The same of those who are in the team now; who has left it since is nobody's to look at."""
    present = sa.exists().where(
        _member.c.workspace_id == _rollup.c.workspace_id,
        _member.c.user_id == _rollup.c.user_id,
        _member.c.team_id == _rollup.c.team_id,
    )
    return _parts(tx, workspace_id, _rollup.c.user_id, whose, days, present)


def by_day(tx: Transaction, workspace_id: WorkspaceId, whose: Whose, days: Days) -> dict[date, int]:
    """What was used on each day, of both, on which anything was."""
    rows = tx.connection.execute(
        sa.select(_rollup.c.day, sa.func.sum(_rollup.c.tokens))
        .where(*_of(workspace_id, whose, days))
        .group_by(_rollup.c.day)
    )
    return {date.fromisoformat(day): int(tokens) for day, tokens in rows}


def unattributed(tx: Transaction, workspace_id: WorkspaceId, days: Days) -> int:
    """What was used in these days by whom nobody knows yet."""
    return figures(tx, workspace_id, Whose(team_id=NO_TEAM), days)[0].tokens


def own_days(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, *, team_id: str, since: date
) -> tuple[str, date | None, dict[date, int]]:
    """The zone of a member's team, the day of their first use, and what they used by day since.

    One statement, since `/tokens balance` is asked all day long.
    """
    values = {
        "workspace_id": workspace_id,
        "user_id": user_id,
        "team_id": team_id,
        "since": since.isoformat(),
    }
    rows = tx.fetch(OWN_DAYS, values)
    zone, first = rows[0][:2]
    used = {date.fromisoformat(day): int(tokens) for _, _, day, tokens in rows if day}
    return zone, date.fromisoformat(first) if first else None, used


def _parts(
    tx: Transaction,
    workspace_id: WorkspaceId,
    column: sa.Column[str],
    whose: Whose,
    days: Days,
    *more: sa.ColumnElement[bool],
) -> tuple[Part, ...]:
    now = _of_days(_rollup.c.tokens, days).label("now")
    before = _of_before(_rollup.c.tokens, days).label("before")
    rows = tx.connection.execute(
        sa.select(column, now, before)
        .where(*_of(workspace_id, whose, days), *more)
        .group_by(column)
        .having(now > 0)
        .order_by(now.desc(), column)
        .limit(PARTS_MAX)
    )
    return tuple(Part(name=row[0], tokens=int(row[1]), before=int(row[2] or 0)) for row in rows)


def _of_days(column: sa.Column[Any], days: Days) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((_rollup.c.day >= days.since.isoformat(), column), else_=0))


def _of_before(column: sa.Column[Any], days: Days) -> sa.ColumnElement[Any]:
    """Of a longer month than this one's days, what is between counts for neither."""
    return sa.func.sum(sa.case((_rollup.c.day < days.before_until.isoformat(), column), else_=0))


def _of(workspace_id: WorkspaceId, whose: Whose, days: Days) -> tuple[sa.ColumnElement[bool], ...]:
    owner = (
        _rollup.c.user_id == whose.user_id
        if whose.user_id is not None
        else _rollup.c.team_id == whose.team_id
    )
    payers = () if whose.paid_by is None else (_rollup.c.team_id.in_(sorted(whose.paid_by)),)
    return (
        _rollup.c.workspace_id == workspace_id,
        owner,
        *payers,
        _rollup.c.day >= days.before.isoformat(),
        _rollup.c.day < days.until.isoformat(),
    )
