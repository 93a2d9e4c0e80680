"""Top-up requests and the approvers' copies of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import EntryId, IdempotencyKey
from bot.domain.notices import MessageRef
from bot.domain.topups import TopUp, TopUpId, TopUpState, Urgency
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.tables import MemberRow, TopUpCopyRow, TopUpRow, table

_topup = table(TopUpRow)
_copy = table(TopUpCopyRow)
_member = table(MemberRow)


def lock_requester(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> None:
    """Make others who write this person's requests wait (on SQLite all writers do anyway)."""
    tx.connection.execute(
        sa.select(_member.c.user_id)
        .where(_member.c.workspace_id == workspace_id, _member.c.user_id == user_id)
        .with_for_update()
    )


def add(tx: Transaction, workspace_id: WorkspaceId, wish: TopUp, key: IdempotencyKey) -> TopUp:
    """Write the request and give it its id."""
    topup = replace(wish, topup_id=TopUpId(ids.new(wish.asked_at)))
    tx.connection.execute(
        sa.insert(_topup).values(
            workspace_id=workspace_id,
            topup_id=topup.topup_id,
            requester=topup.requester,
            tokens=topup.tokens,
            note=topup.note,
            urgency=topup.urgency.value,
            state=topup.state.value,
            idempotency_key=key,
            asked_at=topup.asked_at,
        )
    )
    return topup


def by_key(tx: Transaction, workspace_id: WorkspaceId, key: IdempotencyKey) -> TopUp | None:
    return _one(tx, _topup.c.workspace_id == workspace_id, _topup.c.idempotency_key == key)


def by_id(tx: Transaction, workspace_id: WorkspaceId, topup_id: TopUpId) -> TopUp | None:
    return _one(tx, _topup.c.workspace_id == workspace_id, _topup.c.topup_id == topup_id)


def locked(tx: Transaction, workspace_id: WorkspaceId, topup_id: TopUpId) -> TopUp | None:
    """The request; others who would decide it wait until this database transaction has ended."""
    row = (
        tx.connection.execute(
            sa.select(_topup)
            .where(_topup.c.workspace_id == workspace_id, _topup.c.topup_id == topup_id)
            .with_for_update()
        )
        .mappings()
        .one_or_none()
    )
    return _topup_of(row) if row is not None else None


def open_of(tx: Transaction, workspace_id: WorkspaceId, requester: UserId) -> list[TopUp]:
    """The member's open requests, newest first."""
    rows = tx.connection.execute(
        sa.select(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.requester == requester,
            _topup.c.state == TopUpState.OPEN.value,
        )
        .order_by(_topup.c.topup_id.desc())
    ).mappings()
    return [_topup_of(row) for row in rows]


def close(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup_id: TopUpId,
    *,
    state: TopUpState,
    decided_by: UserId,
    now: datetime,
    tokens: int | None = None,
    note: str = "",
    entry_id: EntryId | None = None,
) -> bool:
    """Move an open request to its end; False when another decision came first.

    The guard on `state` is what makes one of two decisions win, in whatever process they are made.
    """
    closed = tx.connection.execute(
        sa.update(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.topup_id == topup_id,
            _topup.c.state == TopUpState.OPEN.value,
        )
        .values(
            state=state.value,
            decided_by=decided_by,
            decided_at=now,
            decided_tokens=tokens,
            decision_note=note,
            entry_id=entry_id,
        )
    )
    return closed.rowcount == 1


def add_copies(
    tx: Transaction, workspace_id: WorkspaceId, topup_id: TopUpId, approvers: Sequence[UserId]
) -> None:
    rows = [
        {"workspace_id": workspace_id, "topup_id": topup_id, "user_id": approver}
        for approver in approvers
    ]
    tx.connection.execute(sa.insert(_copy), rows)


def copies(
    tx: Transaction, workspace_id: WorkspaceId, topup_id: TopUpId
) -> dict[UserId, MessageRef | None]:
    """Each approver who was asked, and where their message stands once it was sent."""
    rows = tx.connection.execute(
        sa.select(_copy.c.user_id, _copy.c.channel, _copy.c.ts)
        .where(_copy.c.workspace_id == workspace_id, _copy.c.topup_id == topup_id)
        .order_by(_copy.c.user_id)
    )
    return {
        UserId(row.user_id): MessageRef(channel=row.channel, ts=row.ts) if row.ts else None
        for row in rows
    }


def place_copy(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup_id: TopUpId,
    approver: UserId,
    message: MessageRef,
) -> None:
    """Remember where an approver's message stands."""
    tx.connection.execute(
        sa.update(_copy)
        .where(
            _copy.c.workspace_id == workspace_id,
            _copy.c.topup_id == topup_id,
            _copy.c.user_id == approver,
        )
        .values(channel=message.channel, ts=message.ts)
    )


def _one(tx: Transaction, *where: sa.ColumnElement[bool]) -> TopUp | None:
    row = tx.connection.execute(sa.select(_topup).where(*where)).mappings().one_or_none()
    return _topup_of(row) if row is not None else None


def _topup_of(row: sa.RowMapping) -> TopUp:
    return TopUp(
        topup_id=row["topup_id"],
        requester=row["requester"],
        tokens=row["tokens"],
        note=row["note"],
        urgency=Urgency(row["urgency"]),
        state=TopUpState(row["state"]),
        asked_at=row["asked_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        decided_tokens=row["decided_tokens"],
        decision_note=row["decision_note"],
        entry_id=row["entry_id"],
    )
