"""Holds that are made: their rows and what they take of their accounts, in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

import sqlalchemy as sa

from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.holds import HoldId, HoldState
from bot.domain.ledger import UNCACHED, AccountId
from bot.storage import reservations
from bot.storage.database import Call, Transaction
from bot.storage.reservations import LockedAccount
from bot.storage.statements import Bulk, Row, insert_given
from bot.storage.tables import HoldRow, table

_hold = table(HoldRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """A hold that nobody has made yet, by the names of its columns."""

    hold_id: HoldId
    account_id: AccountId
    team_id: TeamId
    tokens: int
    created_at: datetime
    expires_at: datetime
    actor: str
    idempotency_key: str
    fingerprint: str
    user_label: str
    source: str
    model: str
    project: str
    details: str


_GIVEN = tuple(one.name for one in fields(NewHold))
_given = attrgetter(*_GIVEN)
_ADDED = (
    *_GIVEN,
    *("workspace_id", "state", "promised", "held", "settled", "is_late", "first_end_at"),
)
#: Nothing where its key was used before; of two at once with one key the second waits, and then
#: finds the row of the first.
ADD = Bulk(
    _hold,
    _ADDED,
    lambda given, insert: (
        insert_given(_hold, given, insert).on_conflict_do_nothing().returning(_hold.c.hold_id)
    ),
)
#: On an account that is locked.
PROMISE = Bulk(
    _hold,
    ("workspace_id", "hold_id", "promised", "held"),
    lambda given, _insert: (
        sa.update(_hold)
        .where(*(_hold.c[one] == given[one] for one in ("workspace_id", "hold_id")))
        .values(promised=given["promised"], held=given["held"])
    ),
)


def add(
    tx: Transaction, workspace_id: WorkspaceId, news: Sequence[NewHold]
) -> tuple[set[HoldId], dict[AccountId, int]]:
    """Those whose keys are new, and what their accounts have once the tokens of all are reserved.

    An account that can't reserve all of its own is missing. The caller undoes the database
    transaction then, and where a key is not new: its tokens were reserved as well.
    """
    rows = [
        _added(workspace_id, new, promised=new.tokens, held=new.tokens)
        for new in sorted(news, key=_key)
    ]
    taken: dict[AccountId, list[NewHold]] = {}
    for new in news:
        taken.setdefault(new.account_id, []).append(new)
    reserving = [_reserved(workspace_id, taken[one]) for one in sorted(taken)]
    # One statement for many locks them in no certain order.
    locking = [reservations.lock(workspace_id, taken)] if len(taken) > 1 else []
    calls: list[Call] = [(ADD, rows), *locking, (reservations.RESERVE, reserving)]
    added, *_, reserved = tx.batch(calls)
    return {row[0] for row in added}, dict(reserved)


def add_bare(
    tx: Transaction, workspace_id: WorkspaceId, new: NewHold
) -> tuple[bool, LockedAccount | None]:
    """Whether its key is new, and its account, which is locked; nothing is promised it yet.

    None for an account on which no balance is kept: there all is promised, and nothing held.
    """
    promised = new.tokens if new.account_id in UNCACHED else 0
    is_new = bool(tx.bulk_rows(ADD, [_added(workspace_id, new, promised=promised, held=0)]))
    if new.account_id in UNCACHED:
        return is_new, None
    kind = new.account_id.partition(":")[0]
    opened = {"workspace_id": workspace_id, "account_id": new.account_id, "kind": kind}
    _, rows = tx.batch(
        [(reservations.OPEN, opened), reservations.lock(workspace_id, [new.account_id])]
    )
    return is_new, reservations.of_rows(rows)[new.account_id]


def reserve(tx: Transaction, workspace_id: WorkspaceId, new: NewHold, held: int) -> None:
    """Have a hold that was added bare hold so much of what it is for."""
    tx.bulk(PROMISE, [(workspace_id, new.hold_id, new.tokens, held)])
    tx.bulk(
        reservations.RESERVE_LOCKED,
        [(workspace_id, new.account_id, held, 1, new.expires_at, new.created_at)],
    )


def _key(new: NewHold) -> str:
    return new.idempotency_key


def _added(workspace_id: WorkspaceId, new: NewHold, *, promised: int, held: int) -> Row:
    """A row of `ADD`."""
    made = (workspace_id, HoldState.OPEN.value, promised, held, 0, False, new.expires_at)
    return (*_given(new), *made)


def _reserved(workspace_id: WorkspaceId, news: Sequence[NewHold]) -> Row:
    """What an account's holds take of it together."""
    first = news[0]
    tokens, ends = sum(new.tokens for new in news), min(new.expires_at for new in news)
    return (workspace_id, first.account_id, tokens, len(news), ends, first.created_at)
