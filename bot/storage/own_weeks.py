"""What moved on members' own accounts in a week, what they have, and what expires next."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.digests import OwnMoves
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import (
    AccountId,
    AccountKind,
    EntryKind,
    account_kind,
    account_owner,
    member_account,
)
from bot.storage import movements
from bot.storage.database import Transaction
from bot.storage.tables import AccountRow, LotRow, PostingRow, table

_posting = table(PostingRow)
_account = table(AccountRow)
_lot = table(LotRow)


def moves(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_ids: Sequence[UserId],
    *,
    since: datetime,
    until: datetime,
) -> dict[UserId, OwnMoves]:
    """What came to and went from each of these members."""
    sums: dict[UserId, dict[str, int]] = {}
    accounts = [member_account(user_id) for user_id in user_ids]
    for kind, source, destination, tokens in _flows(tx, workspace_id, accounts, since, until):
        for name, account in _names(kind, source, destination):
            mine = sums.setdefault(UserId(account_owner(account)), {})
            mine[name] = mine.get(name, 0) + tokens
    wanted = set(user_ids)
    return {user: OwnMoves(**mine) for user, mine in sums.items() if user in wanted}


def accounts(
    tx: Transaction, workspace_id: WorkspaceId, user_ids: Sequence[UserId]
) -> dict[UserId, int]:
    """What each member has available."""
    mine = [member_account(user_id) for user_id in user_ids]
    rows = tx.connection.execute(
        sa.select(_account.c.account_id, _account.c.balance - _account.c.held).where(
            _account.c.workspace_id == workspace_id, _account.c.account_id.in_(mine)
        )
    )
    return {UserId(account_owner(AccountId(row[0]))): int(row[1]) for row in rows}


def next_expiries(
    tx: Transaction, workspace_id: WorkspaceId, user_ids: Sequence[UserId], now: datetime
) -> dict[UserId, tuple[datetime, int]]:
    """When tokens of each member expire next, and how many."""
    accounts = [member_account(user_id) for user_id in user_ids]
    rows = tx.connection.execute(
        sa.select(_lot.c.account_id, _lot.c.expires_at, sa.func.sum(_lot.c.remaining))
        .where(
            _lot.c.workspace_id == workspace_id,
            _lot.c.account_id.in_(accounts),
            _lot.c.remaining > sa.literal_column("0"),
            _lot.c.expires_at > now,
        )
        .group_by(_lot.c.account_id, _lot.c.expires_at)
        .order_by(_lot.c.expires_at.desc())
    )
    return {UserId(account_owner(AccountId(row[0]))): (row[1], int(row[2])) for row in rows}


def _flows(
    tx: Transaction,
    workspace_id: WorkspaceId,
    accounts: Sequence[AccountId],
    since: datetime,
    until: datetime,
) -> Iterator[tuple[EntryKind, AccountId, AccountId, int]]:
    found = movements.moved(workspace_id, since, until)
    # The empty text keeps a planner from the index by account, which leads to their usage.
    source, destination = (end.concat("") for end in (_posting.c.source, _posting.c.destination))
    by = (found.c.kind, _posting.c.source, _posting.c.destination)
    rows = tx.connection.execute(
        sa.select(*by, sa.func.sum(_posting.c.tokens))
        .select_from(movements.postings_of(found, workspace_id))
        .where(source.in_(accounts) | destination.in_(accounts))
        .group_by(*by)
    )
    for row in rows:
        yield EntryKind(row[0]), AccountId(row[1]), AccountId(row[2]), int(row[3])


def _names(
    kind: EntryKind, source: AccountId, destination: AccountId
) -> Iterator[tuple[str, AccountId]]:
    """What the flow is called at each of its ends that is a member."""
    if account_kind(destination) is AccountKind.MEMBER:
        came = {
            EntryKind.GRANT: "granted",
            EntryKind.ALLOWANCE: "allowances",
            EntryKind.ADVANCE: "allowances",
        }
        yield came.get(kind, "received"), destination
    if account_kind(source) is AccountKind.MEMBER:
        if account_kind(destination) is AccountKind.EXPIRED:
            yield "expired", source
        else:
            yield ("sent" if kind is EntryKind.TRANSFER else "taken_back"), source
