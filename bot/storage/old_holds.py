"""Deleting holds that ended long ago; what they were charged stays in entries and sums."""

from collections.abc import Sequence

import sqlalchemy as sa

from bot.domain.holds import HoldId, HoldState
from bot.domain.ledger import UNATTRIBUTED
from bot.storage.database import Transaction
from bot.storage.retention import Bounds
from bot.storage.statements import Bulk, Statement, among_rows
from bot.storage.tables import HoldRow, table

_hold = table(HoldRow)

#: Never one that is open: the account that it holds something of knows how much that is. On
#: `unattributed` nothing is held, and no clock looks there: whatever is old there is past its end.
_ENDED = (_hold.c.state != sa.literal_column(f"'{HoldState.OPEN}'")) | (
    _hold.c.account_id == sa.literal_column(f"'{UNATTRIBUTED}'")
)
#: By the primary key, whose ids tell when each was made: a hold stands two days at most.
OLD = Statement(
    lambda _insert: (
        sa.select(_hold.c.hold_id)
        .where(
            _hold.c.workspace_id == sa.bindparam("workspace_id", type_=sa.String()),
            _hold.c.hold_id < sa.bindparam("first_hold", type_=sa.String()),
            _ENDED,
        )
        .order_by(_hold.c.hold_id)
        .limit(sa.bindparam("limit", type_=sa.Integer()))
    )
)
DELETE = Bulk(
    _hold,
    ("workspace_id", "hold_id"),
    lambda given, insert: sa.delete(_hold).where(among_rows(_hold, given, insert), _ENDED),
)


def old(tx: Transaction, bounds: Bounds, *, limit: int) -> list[HoldId]:
    """Holds that were made before, and have ended."""
    values = {
        "workspace_id": bounds.workspace_id,
        "first_hold": bounds.first_entry,
        "limit": limit,
    }
    return [HoldId(row[0]) for row in tx.fetch(OLD, values)]


def forget(tx: Transaction, bounds: Bounds, found: Sequence[HoldId]) -> None:
    """Delete these of `old`."""
    tx.bulk(DELETE, [(bounds.workspace_id, hold_id) for hold_id in found])
