"""Top-up requests and the approvers' copies of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import EntryId, IdempotencyKey
from bot.domain.notices import MessageRef
from bot.domain.topups import TopUp, TopUpId, TopUpState, Urgency
from bot.storage import ids, upsert
from bot.storage.database import Transaction
from bot.storage.tables import TopUpCopyRow, TopUpRow, table

_topup = table(TopUpRow)
_copy = table(TopUpCopyRow)


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
    return topup_of(row) if row is not None else None


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
    return [topup_of(row) for row in rows]


def open_of_people(
    tx: Transaction, workspace_id: WorkspaceId, requesters: Sequence[UserId]
) -> list[TopUp]:
    """The open requests of these people, oldest first."""
    rows = tx.connection.execute(
        sa.select(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.requester.in_(requesters),
            _topup.c.state == TopUpState.OPEN.value,
        )
        .order_by(_topup.c.topup_id)
    ).mappings()
    return [topup_of(row) for row in rows]


def close(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup_id: TopUpId,
    *,
    state: TopUpState,
    decided_by: UserId | None,
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


def open_locked(
    tx: Transaction, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId]
) -> list[TopUp]:
    """Those of these requests that are open, and stay so until this transaction has ended."""
    return _open_locked(tx, workspace_id, _topup.c.topup_id.in_(topup_ids))


def held_locked(
    tx: Transaction,
    workspace_id: WorkspaceId,
    holders: Sequence[UserId],
    *,
    after: TopUpId,
    limit: int,
) -> list[TopUp]:
    """The next open requests of which one of these people has a copy, locked, by id."""
    held = sa.exists().where(
        _copy.c.workspace_id == _topup.c.workspace_id,
        _copy.c.topup_id == _topup.c.topup_id,
        _copy.c.user_id.in_(holders),
    )
    return _open_locked(tx, workspace_id, held & (_topup.c.topup_id > after), limit=limit)


def expire(
    tx: Transaction, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId], now: datetime
) -> list[TopUp]:
    """Close those that are still open, as nobody's decision; the guard makes it once for each."""
    still = [topup.topup_id for topup in open_locked(tx, workspace_id, topup_ids)]
    rows = tx.connection.execute(
        sa.update(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.topup_id.in_(still),
            _topup.c.state == TopUpState.OPEN.value,
        )
        .values(state=TopUpState.EXPIRED.value, decided_at=now)
        .returning(_topup)
    ).mappings()
    return [topup_of(row) for row in rows]


def add_copies(
    tx: Transaction, workspace_id: WorkspaceId, wanted: Sequence[tuple[TopUpId, UserId]]
) -> list[tuple[TopUpId, UserId]]:
    """Those of these copies that there were not yet; the primary key makes each of them one."""
    rows = [
        {
            "workspace_id": workspace_id,
            "topup_id": topup_id,
            "user_id": user_id,
            "channel": "",
            "ts": "",
        }
        for topup_id, user_id in sorted(wanted)
    ]
    if not rows:
        return []
    added = tx.connection.execute(
        upsert.insert(tx)(_copy)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(_copy.c.topup_id, _copy.c.user_id)
    )
    return sorted((TopUpId(row.topup_id), UserId(row.user_id)) for row in added)


def copies_of(
    tx: Transaction, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId]
) -> dict[TopUpId, list[UserId]]:
    """Who has a copy of each of these requests."""
    found: dict[TopUpId, list[UserId]] = {topup_id: [] for topup_id in topup_ids}
    rows = tx.connection.execute(
        sa.select(_copy.c.topup_id, _copy.c.user_id)
        .where(_copy.c.workspace_id == workspace_id, _copy.c.topup_id.in_(topup_ids))
        .order_by(_copy.c.user_id)
    )
    for row in rows:
        found[TopUpId(row.topup_id)].append(UserId(row.user_id))
    return found


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


def _open_locked(
    tx: Transaction,
    workspace_id: WorkspaceId,
    where: sa.ColumnElement[bool],
    *,
    limit: int | None = None,
) -> list[TopUp]:
    """In the one order of locks."""
    rows = tx.connection.execute(
        sa.select(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.state == TopUpState.OPEN.value,
            where,
        )
        .order_by(_topup.c.topup_id)
        .limit(limit)
        .with_for_update()
    ).mappings()
    return [topup_of(row) for row in rows]


def _one(tx: Transaction, *where: sa.ColumnElement[bool]) -> TopUp | None:
    row = tx.connection.execute(sa.select(_topup).where(*where)).mappings().one_or_none()
    return topup_of(row) if row is not None else None


def topup_of(row: sa.RowMapping) -> TopUp:
    """The request that a row of its table says."""
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
        reopened=row["reopened"],
    )
