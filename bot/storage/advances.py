"""Advances: what is owed of them is read with an account that is settled, and repaid with it."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from bot.domain.advances import OpenAdvance
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import TREASURY, AccountId, EntryId, Posting
from bot.storage.database import Transaction
from bot.storage.statements import Bulk, Row, Statement, among
from bot.storage.tables import ADVANCE_OPEN, AdvanceRow, table

_advance = table(AdvanceRow)

#: In the very words of the index, without which it isn't used.
_OPEN = sa.text(ADVANCE_OPEN)
_OWED = (
    _advance.c.account_id,
    _advance.c.entry_id,
    _advance.c.owed_to,
    _advance.c.tokens - _advance.c.repaid,
)
_MINE = _advance.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String())
OPEN_OF_ACCOUNTS = Statement(
    lambda insert: (
        sa.select(*_OWED)
        .where(_MINE, among(_advance.c.account_id, "accounts", insert), _OPEN)
        .order_by(_advance.c.entry_id)
    )
)
OWED_TO = Statement(
    lambda _insert: (
        sa.select(*_OWED)
        .where(_MINE, _advance.c.owed_to == sa.bindparam("owed_to", type_=sa.String()), _OPEN)
        .order_by(_advance.c.entry_id)
    )
)
REPAY = Bulk(
    _advance,
    ("workspace_id", "entry_id", "repaid"),
    lambda given, _insert: (
        sa.update(_advance)
        .where(
            _advance.c.workspace_id == given["workspace_id"],
            _advance.c.entry_id == given["entry_id"],
        )
        .values(repaid=_advance.c.repaid + given["repaid"])
    ),
)


def add(tx: Transaction, workspace_id: WorkspaceId, entry_id: EntryId, posting: Posting) -> None:
    """Remember what was taken in advance, for an account that is locked."""
    tx.connection.execute(
        sa.insert(_advance).values(
            workspace_id=workspace_id,
            entry_id=entry_id,
            account_id=posting.destination,
            owed_to=posting.source,
            tokens=posting.tokens,
            repaid=0,
        )
    )


def by_account(
    rows: Sequence[Row], accounts: Iterable[AccountId]
) -> dict[AccountId, list[OpenAdvance]]:
    """What `OPEN_OF_ACCOUNTS` found, the oldest first."""
    found: dict[AccountId, list[OpenAdvance]] = {account: [] for account in accounts}
    for account, entry_id, owed_to, owed in rows:
        found[account].append(OpenAdvance(entry_id=entry_id, owed_to=owed_to, owed=owed))
    return found


def owed_to(tx: Transaction, workspace_id: WorkspaceId, source: AccountId) -> dict[AccountId, int]:
    """How much each account still owes there."""
    owed: dict[AccountId, int] = {}
    rows = tx.fetch(OWED_TO, {"workspace_id": workspace_id, "owed_to": source})
    for account, _, _, tokens in rows:
        owed[account] = owed.get(account, 0) + tokens
    return owed


def to_treasury(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId) -> None:
    """Have what is owed to a pool go to the treasury, as when its team ends."""
    tx.connection.execute(
        sa.update(_advance)
        .where(_advance.c.workspace_id == workspace_id, _advance.c.owed_to == pool, _OPEN)
        .values(owed_to=TREASURY)
    )
