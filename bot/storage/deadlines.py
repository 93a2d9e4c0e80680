"""All that time may have brought about, in all workspaces, in one query."""

from datetime import datetime

import sqlalchemy as sa

from bot.domain.deadlines import Deadline, Waiting
from bot.domain.directory import Standing, WorkspaceId
from bot.domain.stand_ins import StandIn
from bot.domain.topups import EXPIRES_AFTER, REMINDED_AFTER, TopUpState
from bot.storage import runs
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, StandInRow, TeamRow, TopUpRow, table

_topup = table(TopUpRow)
_member = table(MemberRow)
_team = table(TeamRow)
_stand_in = table(StandInRow)


def passed(
    tx: Transaction, now: datetime
) -> tuple[list[Waiting], list[tuple[WorkspaceId, StandIn]]]:
    """Open requests with something left to do, oldest first; stand-ins that begin, end or left.

    Which of the requests are due is for the rules, which know weekends and zones.
    """
    rows = list(tx.connection.execute(_waiting(now).union_all(_turning(now)).order_by("starts_at")))
    waiting = [
        Waiting(
            workspace_id=row.workspace_id,
            topup_id=row.subject,
            asked_at=row.starts_at,
            zone=row.other,
            is_reminded=bool(row.is_reminded),
            is_escalated=bool(row.is_escalated),
        )
        for row in rows
        if row.kind == "topup"
    ]
    turning = [
        (
            WorkspaceId(row.workspace_id),
            StandIn(
                absent=row.subject,
                stand_in=row.other,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
            ),
        )
        for row in rows
        if row.kind == "stand_in"
    ]
    return waiting, turning


def _waiting(now: datetime) -> sa.Select[tuple[object, ...]]:
    """Open requests: few, in an index of their own. No working hours pass faster than hours do."""
    reminded = runs.is_done(_topup, Deadline.REMINDER, _topup.c.topup_id)
    escalated = runs.is_done(_topup, Deadline.ESCALATION, _topup.c.topup_id)
    return (
        sa.select(
            sa.literal_column("'topup'").label("kind"),
            _topup.c.workspace_id,
            _topup.c.topup_id.label("subject"),
            _topup.c.asked_at.label("starts_at"),
            _topup.c.asked_at.label("ends_at"),
            _team.c.zone.label("other"),
            reminded.label("is_reminded"),
            escalated.label("is_escalated"),
        )
        .join(
            _member,
            (_member.c.workspace_id == _topup.c.workspace_id)
            & (_member.c.user_id == _topup.c.requester),
        )
        .join(
            _team,
            (_team.c.workspace_id == _member.c.workspace_id)
            & (_team.c.team_id == _member.c.team_id),
        )
        .where(
            _topup.c.state == sa.literal_column(f"'{TopUpState.OPEN}'"),
            _topup.c.asked_at <= now - REMINDED_AFTER,
            ~(reminded & escalated) | (_topup.c.asked_at <= now - EXPIRES_AFTER),
        )
    )


def _turning(now: datetime) -> sa.Select[tuple[object, ...]]:
    """Stand-ins whose time began or ended without the clock's having been there, or who left."""
    left = sa.exists().where(
        _member.c.workspace_id == _stand_in.c.workspace_id,
        _member.c.user_id == _stand_in.c.stand_in,
        _member.c.standing != Standing.ACTIVE.value,
    )
    return sa.select(
        sa.literal_column("'stand_in'"),
        _stand_in.c.workspace_id,
        _stand_in.c.user_id,
        _stand_in.c.starts_at,
        _stand_in.c.ends_at,
        _stand_in.c.stand_in,
        sa.false(),
        sa.false(),
    ).where(
        _stand_in.c.closed_at.is_(sa.null()),
        _stand_in.c.starts_at <= now,
        _stand_in.c.begun_at.is_(None) | (_stand_in.c.ends_at <= now) | left,
    )
