"""Requests that are open again, and where their requesters were told of what was undone."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import EntryId
from bot.domain.notices import MessageRef
from bot.domain.topups import DECIDED, TopUp, TopUpId, TopUpState
from bot.storage import audit
from bot.storage.audit import Change
from bot.storage.database import Transaction
from bot.storage.tables import EntryRow, TopUpRow, table

_topup = table(TopUpRow)
_entry = table(EntryRow)


def reopen(
    tx: Transaction,
    workspace_id: WorkspaceId,
    decided: Sequence[TopUp],
    *,
    actor: UserId,
    now: datetime,
) -> int:
    """Have decided requests, which are locked, open again; how many that were.

    What was decided stays in the audit table, and its grants in the books.
    """
    opened = tx.connection.execute(
        sa.update(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.topup_id.in_([one.topup_id for one in decided]),
            _topup.c.state.in_([state.value for state in sorted(DECIDED)]),
        )
        .values(
            state=TopUpState.OPEN.value,
            decided_by=None,
            decided_at=None,
            decided_tokens=None,
            decision_note="",
            entry_id=None,
            reopened=_topup.c.reopened + 1,
        )
    )
    audit.add_all(tx, workspace_id, [_change(one, actor) for one in decided], now)
    return opened.rowcount


def _change(topup: TopUp, actor: UserId) -> Change:
    parts = (topup.state, topup.decided_tokens, topup.entry_id)
    before = " ".join(str(part) for part in parts if part is not None)
    return Change(actor=actor, what="topup", subject=topup.topup_id, before=before, after="open")


def lock_entries(tx: Transaction, workspace_id: WorkspaceId, entry_ids: Sequence[EntryId]) -> None:
    """Have nobody else begin to reverse these until this database transaction ends."""
    tx.connection.execute(
        sa.select(_entry.c.entry_id)
        .where(_entry.c.workspace_id == workspace_id, _entry.c.entry_id.in_(entry_ids))
        .order_by(_entry.c.entry_id)
        .with_for_update()
    ).all()


def told(
    tx: Transaction, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId]
) -> dict[TopUpId, MessageRef]:
    """Where the requesters' messages of their latest decisions stand, of those that were sent."""
    rows = tx.connection.execute(
        sa.select(_topup.c.topup_id, _topup.c.told_channel, _topup.c.told_ts).where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.topup_id.in_(topup_ids),
            _topup.c.told_ts != "",
        )
    )
    return {
        TopUpId(row.topup_id): MessageRef(channel=row.told_channel, ts=row.told_ts) for row in rows
    }


def place_told(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup_id: TopUpId,
    message: MessageRef,
    *,
    reopened: int,
) -> bool:
    """Remember it; False where that decision was undone before the message was sent."""
    placed = tx.connection.execute(
        sa.update(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.topup_id == topup_id,
            _topup.c.reopened == reopened,
        )
        .values(told_channel=message.channel, told_ts=message.ts)
    )
    return placed.rowcount == 1
