"""Several requests decided at once: what was wished and became of it, and statements for many."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from bot.domain.bulks import Bulk, Item, Kind, Verdict
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import EntryId, IdempotencyKey
from bot.domain.refusals import KeyReused
from bot.domain.topups import TopUp, TopUpId, TopUpState
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.statements import Bulk as Many
from bot.storage.tables import BulkRow, TopUpRow, table
from bot.storage.topups import topup_of

_bulk = table(BulkRow)
_topup = table(TopUpRow)

APPROVE = Many(
    _topup,
    ("workspace_id", "topup_id", "decided_by", "decided_at", "entry_id"),
    lambda given, _insert: (
        sa.update(_topup)
        .where(
            _topup.c.workspace_id == given["workspace_id"],
            _topup.c.topup_id == given["topup_id"],
            _topup.c.state == sa.literal_column("'open'"),
        )
        .values(
            state=sa.literal_column("'approved'"),
            decided_by=given["decided_by"],
            decided_at=given["decided_at"],
            decided_tokens=_topup.c.tokens,
            entry_id=given["entry_id"],
        )
        .returning(_topup.c.topup_id)
    ),
)


def claim(
    tx: Transaction,
    workspace_id: WorkspaceId,
    wish: Bulk,
    topup_ids: Sequence[TopUpId],
    note: str,
) -> Bulk | None:
    """What this key decided before, or None: then it is ours, and others with it wait for us.

    Raises `KeyReused` where that was another wish.
    """
    content = repr((wish.actor, wish.kind.value, note, sorted(set(topup_ids))))
    fingerprint = hashlib.blake2s(content.encode(), digest_size=16).hexdigest()
    added = tx.connection.execute(
        upsert.insert(tx)(_bulk)
        .values(
            workspace_id=workspace_id,
            idempotency_key=wish.key,
            actor=wish.actor,
            kind=wish.kind.value,
            fingerprint=fingerprint,
            made_at=wish.made_at,
            outcome="",
            undone="",
        )
        .on_conflict_do_nothing()
        .returning(_bulk.c.idempotency_key)
    )
    if added.one_or_none() is not None:
        return None
    row = _row(tx, workspace_id, wish.key)
    if row is None or row["fingerprint"] != fingerprint:
        raise KeyReused(wish.key)
    return _bulk_of(row)


def finish(tx: Transaction, workspace_id: WorkspaceId, made: Bulk) -> None:
    """Write what became of it."""
    _put(tx, workspace_id, made.key, {"outcome": _dump(made.items)})


def locked(
    tx: Transaction, workspace_id: WorkspaceId, key: IdempotencyKey
) -> tuple[Bulk, tuple[Item, ...]] | None:
    """A decision, and what became of its undoing if that was; others who would undo it wait."""
    row = _row(tx, workspace_id, key, is_locked=True)
    return (_bulk_of(row), _load(row["undone"])) if row is not None else None


def undo(
    tx: Transaction, workspace_id: WorkspaceId, key: IdempotencyKey, items: Sequence[Item]
) -> None:
    """Write what became of its undoing."""
    _put(tx, workspace_id, key, {"undone": _dump(items)})


def topups(
    tx: Transaction, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId], *, lock: bool
) -> dict[TopUpId, TopUp]:
    """These requests, in whatever state; locked in the one order of locks."""
    found = (
        sa.select(_topup)
        .where(_topup.c.workspace_id == workspace_id, _topup.c.topup_id.in_(topup_ids))
        .order_by(_topup.c.topup_id)
    )
    rows = tx.connection.execute(found.with_for_update() if lock else found).mappings()
    return {TopUpId(row["topup_id"]): topup_of(row) for row in rows}


def approve(
    tx: Transaction,
    workspace_id: WorkspaceId,
    granted: Sequence[tuple[TopUpId, EntryId]],
    *,
    actor: UserId,
    now: datetime,
) -> int:
    """Close requests with the grants of what they asked for; how many were open, and are ours."""
    rows = [(workspace_id, topup_id, actor, now, entry_id) for topup_id, entry_id in granted]
    return len(tx.bulk_rows(APPROVE, rows)) if rows else 0


def deny(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup_ids: Sequence[TopUpId],
    *,
    actor: UserId,
    note: str,
    now: datetime,
) -> int:
    """Turn requests down; how many were open, and are ours."""
    denied = tx.connection.execute(
        sa.update(_topup)
        .where(
            _topup.c.workspace_id == workspace_id,
            _topup.c.topup_id.in_(topup_ids),
            _topup.c.state == TopUpState.OPEN.value,
        )
        .values(state=TopUpState.DENIED.value, decided_by=actor, decided_at=now, decision_note=note)
    )
    return denied.rowcount


def _row(
    tx: Transaction, workspace_id: WorkspaceId, key: IdempotencyKey, *, is_locked: bool = False
) -> sa.RowMapping | None:
    found = sa.select(_bulk).where(
        _bulk.c.workspace_id == workspace_id, _bulk.c.idempotency_key == key
    )
    return (
        tx.connection.execute(found.with_for_update() if is_locked else found)
        .mappings()
        .one_or_none()
    )


def _put(
    tx: Transaction, workspace_id: WorkspaceId, key: IdempotencyKey, values: dict[str, str]
) -> None:
    tx.connection.execute(
        sa.update(_bulk)
        .where(_bulk.c.workspace_id == workspace_id, _bulk.c.idempotency_key == key)
        .values(**values)
    )


def _bulk_of(row: sa.RowMapping) -> Bulk:
    return Bulk(
        key=IdempotencyKey(row["idempotency_key"]),
        kind=Kind(row["kind"]),
        actor=UserId(row["actor"]),
        made_at=row["made_at"],
        items=_load(row["outcome"]),
    )


def _dump(items: Sequence[Item]) -> str:
    return json.dumps([asdict(item) for item in items], separators=(",", ":"))


def _load(text: str) -> tuple[Item, ...]:
    return tuple(
        Item(
            **{
                **fields,
                "verdict": Verdict(fields["verdict"]),
                "state": TopUpState(fields["state"]),
            }
        )
        for fields in json.loads(text or "[]")
    )
