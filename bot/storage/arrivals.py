"""The welcome of each workspace, and what its admins left out of setting up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain.allowances import AllowanceState, Subject, SubjectKind
from bot.domain.arrivals import SetUp, Step
from bot.domain.directory import EVERYONE, Role, UserId, WorkspaceId
from bot.domain.notices import MessageRef
from bot.storage import allowances, upsert
from bot.storage.database import Transaction
from bot.storage.tables import (
    AllowanceRow,
    ArrivalRow,
    KnockRow,
    MemberRow,
    RoleRow,
    SkippedStepRow,
    TeamRow,
    table,
)

_arrival = table(ArrivalRow)
_skipped = table(SkippedStepRow)
_knock = table(KnockRow)
_member = table(MemberRow)
_team = table(TeamRow)
_role = table(RoleRow)
_allowance = table(AllowanceRow)
_FOR_EVERYONE = Subject(SubjectKind.TEAM, EVERYONE)
#: Approvers whom the message names.
_NAMED_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Whose welcome it was, where it stands, and whether it is over."""

    #: None where nobody was welcomed.
    recipient: UserId | None
    message: MessageRef | None
    is_finished: bool


def arrival(tx: Transaction, workspace_id: WorkspaceId) -> Arrival | None:
    """None before the first admin came."""
    row = (
        tx.connection.execute(sa.select(_arrival).where(_arrival.c.workspace_id == workspace_id))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    is_sent = row["channel"] is not None
    return Arrival(
        recipient=UserId(row["user_id"]) if row["user_id"] else None,
        message=MessageRef(channel=row["channel"], ts=row["ts"]) if is_sent else None,
        is_finished=row["finished_at"] is not None,
    )


def claim(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> bool:
    """Whether the welcome is this person's; of all who ever ask, one gets it."""
    row = {"workspace_id": workspace_id, "user_id": user_id, "arrived_at": now}
    claimed = tx.connection.execute(
        upsert.insert(tx)(_arrival)
        .values(row)
        .on_conflict_do_nothing()
        .returning(_arrival.c.workspace_id)
    )
    return claimed.first() is not None


def place(tx: Transaction, workspace_id: WorkspaceId, message: MessageRef) -> None:
    """It was sent as this message."""
    _change(tx, workspace_id, channel=message.channel, ts=message.ts)


def finish(tx: Transaction, workspace_id: WorkspaceId, now: datetime) -> None:
    """Every step is done or skipped."""
    _change(tx, workspace_id, finished_at=now)


def skip(
    tx: Transaction, workspace_id: WorkspaceId, step: Step, user_id: UserId, now: datetime
) -> None:
    """Leave a step out; whoever did so first stays written."""
    row = {
        "workspace_id": workspace_id,
        "step": step.value,
        "user_id": user_id,
        "skipped_at": now,
    }
    tx.connection.execute(upsert.insert(tx)(_skipped).values(row).on_conflict_do_nothing())


def lock_caller(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> None:
    """Whoever learns of this person from Slack waits for us, and we for them."""
    tx.connection.execute(
        sa.select(_member.c.user_id)
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id == user_id)
        .with_for_update()
    ).all()


def knock(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> None:
    """Somebody came of whom nobody knows yet whether they are an admin."""
    row = {"workspace_id": workspace_id, "user_id": user_id}
    tx.connection.execute(upsert.insert(tx)(_knock).values(row).on_conflict_do_nothing())


def answer_knocks(
    tx: Transaction, workspace_id: WorkspaceId, user_ids: Iterable[UserId]
) -> list[UserId]:
    """Those of these people who had come, by id; from now on they are known."""
    gone = tx.connection.execute(
        sa.delete(_knock)
        .where(_knock.c.workspace_id == workspace_id, _knock.c.user_id.in_(sorted(user_ids)))
        .returning(_knock.c.user_id)
    )
    return sorted(UserId(user_id) for user_id in gone.scalars())


def set_up(tx: Transaction, workspace_id: WorkspaceId) -> SetUp:
    """What is set up by now."""
    rules = allowances.of_subjects(tx, workspace_id, [_FOR_EVERYONE])
    return SetUp(
        channel=_channel(tx, workspace_id),
        named=_named(tx, workspace_id),
        tokens=rules[0].terms[-1].tokens if rules else None,
        period=rules[0].period if rules else None,
        allowances=_allowances(tx, workspace_id),
        skipped=_skips(tx, workspace_id),
    )


def _change(tx: Transaction, workspace_id: WorkspaceId, **values: object) -> None:
    tx.connection.execute(
        sa.update(_arrival).where(_arrival.c.workspace_id == workspace_id).values(values)
    )


def _channel(tx: Transaction, workspace_id: WorkspaceId) -> str | None:
    return tx.connection.execute(
        sa.select(_team.c.channel_id)
        .where(
            _team.c.workspace_id == workspace_id,
            _team.c.ended_at.is_(None),
            _team.c.channel_id.is_not(None),
        )
        .order_by(_team.c.team_id != EVERYONE, _team.c.team_id)
        .limit(1)
    ).scalar_one_or_none()


def _named(tx: Transaction, workspace_id: WorkspaceId) -> tuple[UserId, ...]:
    found = tx.connection.execute(
        sa.select(_role.c.user_id)
        .where(
            _role.c.workspace_id == workspace_id,
            _role.c.role.in_([Role.MANAGER.value, Role.ADMIN.value]),
        )
        .distinct()
        .order_by(_role.c.user_id)
        .limit(_NAMED_MAX)
    )
    return tuple(UserId(user_id) for user_id in found.scalars())


def _allowances(tx: Transaction, workspace_id: WorkspaceId) -> int:
    return tx.connection.execute(
        sa.select(sa.func.count()).where(
            _allowance.c.workspace_id == workspace_id,
            _allowance.c.state != AllowanceState.ENDED.value,
        )
    ).scalar_one()


def _skips(tx: Transaction, workspace_id: WorkspaceId) -> frozenset[Step]:
    found = tx.connection.execute(
        sa.select(_skipped.c.step).where(_skipped.c.workspace_id == workspace_id)
    )
    return frozenset(Step(step) for step in found.scalars())
