"""What has expired of the lots that entries made."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.ledger import EXPIRED, AccountId, EntryId
from bot.storage.database import Transaction
from bot.storage.tables import LotRow, LotUseRow, PostingRow, table

_lot = table(LotRow)
_posting = table(PostingRow)
_use = table(LotUseRow)


def of_each(
    tx: Transaction, workspace_id: WorkspaceId, entry_ids: Sequence[EntryId]
) -> dict[EntryId, dict[AccountId, int]]:
    """How much of what each of these entries credited has, by account; nothing of most."""
    expiring = sa.exists().where(
        _posting.c.workspace_id == _use.c.workspace_id,
        _posting.c.entry_id == _use.c.entry_id,
        _posting.c.source == _lot.c.account_id,
        _posting.c.destination == EXPIRED,
    )
    tokens = sa.func.sum(_use.c.tokens, type_=sa.BigInteger())
    rows = tx.connection.execute(
        sa.select(_lot.c.entry_id, _lot.c.account_id, tokens)
        .join_from(
            _lot,
            _use,
            (_use.c.workspace_id == _lot.c.workspace_id) & (_use.c.lot_id == _lot.c.lot_id),
        )
        .where(_lot.c.workspace_id == workspace_id, _lot.c.entry_id.in_(entry_ids), expiring)
        .group_by(_lot.c.entry_id, _lot.c.account_id)
    )
    found: dict[EntryId, dict[AccountId, int]] = {}
    for entry_id, account, expired in rows:
        found.setdefault(EntryId(entry_id), {})[AccountId(account)] = int(expired)
    return found
