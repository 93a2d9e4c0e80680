"""Who stands in for an approver who is away, and when."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.stand_ins import Absence, StandIn
from bot.storage import directory
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, StandInRow, TeamRow, table

_stand_in = table(StandInRow)
_member = table(MemberRow)
_team = table(TeamRow)


def add(tx: Transaction, workspace_id: WorkspaceId, named: StandIn) -> None:
    tx.connection.execute(
        sa.insert(_stand_in).values(
            workspace_id=workspace_id,
            user_id=named.absent,
            starts_at=named.starts_at,
            ends_at=named.ends_at,
            stand_in=named.stand_in,
        )
    )


def of(tx: Transaction, workspace_id: WorkspaceId, absent: UserId, now: datetime) -> list[StandIn]:
    """An approver's stand-ins whose time is not over, in the order of their times."""
    rows = tx.connection.execute(
        sa.select(_stand_in)
        .where(
            _stand_in.c.workspace_id == workspace_id,
            _stand_in.c.user_id == absent,
            _stand_in.c.ends_at > now,
        )
        .order_by(_stand_in.c.starts_at)
    )
    return [
        StandIn(
            absent=absent,
            stand_in=UserId(row.stand_in),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in rows
    ]


def active(
    tx: Transaction, workspace_id: WorkspaceId, now: datetime, *, stand_in: UserId | None = None
) -> list[Absence]:
    """Who is away now, with a stand-in; or for whom this person stands in."""
    rows = tx.connection.execute(
        sa.select(_stand_in.c.user_id, _stand_in.c.stand_in, _stand_in.c.ends_at).where(
            _stand_in.c.workspace_id == workspace_id,
            _stand_in.c.starts_at <= now,
            _stand_in.c.ends_at > now,
            *([] if stand_in is None else [_stand_in.c.stand_in == stand_in]),
        )
    ).all()
    if not rows:
        return []
    people = _people(tx, workspace_id, [(row.user_id, row.stand_in) for row in rows])
    return [
        Absence(absent=people[row.user_id], stand_in=people[row.stand_in], ends_at=row.ends_at)
        for row in rows
    ]


def cut(tx: Transaction, workspace_id: WorkspaceId, named: StandIn, *, ends_at: datetime) -> None:
    """Let it end sooner; one that would not have begun by then goes altogether."""
    where = (
        _stand_in.c.workspace_id == workspace_id,
        _stand_in.c.user_id == named.absent,
        _stand_in.c.starts_at == named.starts_at,
    )
    if ends_at <= named.starts_at:
        tx.connection.execute(sa.delete(_stand_in).where(*where))
    else:
        tx.connection.execute(sa.update(_stand_in).where(*where).values(ends_at=ends_at))


def begin(tx: Transaction, workspace_id: WorkspaceId, named: StandIn, now: datetime) -> bool:
    """False when the clock was there before, or when it was ended since it was read.

    The guard on `begun_at` makes it once.
    """
    still = _stand_in.c.ends_at > now
    return _mark(tx, workspace_id, named, _stand_in.c.begun_at, now, still)


def close(tx: Transaction, workspace_id: WorkspaceId, named: StandIn, now: datetime) -> bool:
    """False when the clock was there before: the guard on `closed_at` makes it once."""
    return _mark(tx, workspace_id, named, _stand_in.c.closed_at, now)


def zones(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> tuple[str | None, str]:
    """The names of a person's own zone, as Slack knows it, and of their team's."""
    row = tx.connection.execute(
        sa.select(_member.c.zone, _team.c.zone.label("team_zone"))
        .join(
            _team,
            (_team.c.workspace_id == _member.c.workspace_id)
            & (_team.c.team_id == _member.c.team_id),
        )
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id == user_id)
    ).one()
    return row.zone, row.team_zone


def _mark(
    tx: Transaction,
    workspace_id: WorkspaceId,
    named: StandIn,
    column: sa.Column[datetime],
    now: datetime,
    *where: sa.ColumnElement[bool],
) -> bool:
    marked = tx.connection.execute(
        sa.update(_stand_in)
        .where(
            _stand_in.c.workspace_id == workspace_id,
            _stand_in.c.user_id == named.absent,
            _stand_in.c.starts_at == named.starts_at,
            column.is_(None),
            *where,
        )
        .values({column: now})
    )
    return marked.rowcount == 1


def _people(
    tx: Transaction, workspace_id: WorkspaceId, pairs: Sequence[tuple[str, str]]
) -> dict[UserId, Member]:
    ids = sorted({UserId(user_id) for pair in pairs for user_id in pair})
    return directory.members(tx, workspace_id, ids)
