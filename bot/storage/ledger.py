"""The one place where tokens move: `record`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import ledger as rules
from bot.domain import lots as spending
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.ledger import (
    UNCACHED,
    AccountId,
    AccountKind,
    Entry,
    EntryId,
    Expiring,
    Receipt,
    RecordedEntry,
)
from bot.domain.refusals import (
    AlreadyReversed,
    BalanceOutOfRange,
    KeyReused,
    NotEnoughTokens,
    PoolShort,
)
from bot.storage import accounts, budgets, entries, ids, lots, teams
from bot.storage.database import Call, Transaction
from bot.storage.statements import Bulk, Row, Statement, Values
from bot.storage.tables import EntryRow, PostingRow, table

_entry = table(EntryRow)
_posting = table(PostingRow)


@dataclass(eq=False)
class AccountsDue(Exception):
    """Something on these accounts has ended: it is settled before their tokens move.

    `services.dues.settled_first` sees to it; nobody else meets this.
    """

    workspace_id: WorkspaceId
    accounts: tuple[AccountId, ...]


_ENTRY_FIELDS = (
    "workspace_id",
    "entry_id",
    "kind",
    "actor",
    "note",
    "idempotency_key",
    "fingerprint",
    "recorded_at",
    "reverses",
    "is_self_approved",
)


def _insert_entry(insert: Any) -> Any:
    return insert(_entry).values(
        {name: sa.bindparam(name, type_=_entry.c[name].type) for name in _ENTRY_FIELDS}
    )


ADD_ENTRY = Statement(
    lambda insert: _insert_entry(insert).on_conflict_do_nothing().returning(_entry.c.entry_id)
)
#: For what only one can write at a time, so that its key can't have been used: an error if it was.
ADD_NEW_ENTRIES = Bulk(_entry, _ENTRY_FIELDS)
_POSTING_FIELDS = ("workspace_id", "entry_id", "position", "source", "destination", "tokens")
ADD_POSTINGS = Bulk(_posting, _POSTING_FIELDS)
ADD_POSTING = Statement(
    lambda insert: insert(_posting).values(
        {name: sa.bindparam(name, type_=_posting.c[name].type) for name in _POSTING_FIELDS}
    )
)


def record(
    tx: Transaction, workspace_id: WorkspaceId, entry: Entry, *, is_counted: bool = False
) -> Receipt:
    """Write the entry and move its tokens, or give the receipt of the same wish heard before.

    Raises `NotEnoughTokens`, `PoolShort`, `BalanceOutOfRange`, `KeyReused`, `AlreadyReversed`; the
    caller's database transaction is then undone, and with it what this one had moved. `is_counted`:
    its pools' budgets were told of it before, together with others.
    """
    entry_id = EntryId(ids.new(entry.now))
    changes = [(a, n) for a, n in rules.net_changes(entry.postings) if a not in UNCACHED]
    # The key's row first, then accounts in the order of their ids: the one order of all locks.
    written, *moved = tx.batch(
        [
            (ADD_ENTRY, entry_values(workspace_id, entry_id, entry)),
            *(move(workspace_id, entry_id, entry, a, n) for a, n in changes),
        ]
    )
    if not written:
        return _heard_before(tx, workspace_id, entry)
    refused = [change for change, rows in zip(changes, moved, strict=True) if not rows]
    if refused:
        raise refusal(tx, workspace_id, refused, entry.now)
    if not is_counted:
        budgets.count(tx, workspace_id, entry)
    tx.many(ADD_POSTING, posting_values(workspace_id, entry_id, entry))
    after = {account: rows[0] for (account, _), rows in zip(changes, moved, strict=True)}
    arrived = _move_lots(tx, workspace_id, (entry_id, entry), dict(changes), after)
    return Receipt(
        entry_id=entry_id,
        kind=entry.kind,
        actor=entry.actor,
        postings=entry.postings,
        note=entry.note,
        recorded_at=entry.now,
        is_new=True,
        is_self_approved=entry.is_self_approved,
        available={account: row[0] for account, row in after.items()},
        opened=frozenset(account for account, row in after.items() if row[1] == entry_id),
        expiring=arrived,
    )


def entry_values(workspace_id: WorkspaceId, entry_id: EntryId, entry: Entry) -> Values:
    """The row of an entry, in the order of its fields."""
    return {
        "workspace_id": workspace_id,
        "entry_id": entry_id,
        "kind": entry.kind.value,
        "actor": entry.actor,
        "note": entry.note,
        "idempotency_key": entry.key,
        "fingerprint": entry.fingerprint,
        "recorded_at": entry.now,
        "reverses": entry.reverses,
        "is_self_approved": entry.is_self_approved,
    }


def posting_values(workspace_id: WorkspaceId, entry_id: EntryId, entry: Entry) -> list[Values]:
    """The rows of its postings."""
    return [
        {
            "workspace_id": workspace_id,
            "entry_id": entry_id,
            "position": position,
            "source": posting.source,
            "destination": posting.destination,
            "tokens": posting.tokens,
        }
        for position, posting in enumerate(entry.postings)
    ]


def new_entry_rows(
    workspace_id: WorkspaceId, entries: Iterable[tuple[EntryId, Entry]]
) -> tuple[list[Row], list[Row]]:
    """The rows of entries for `ADD_NEW_ENTRIES`, and of their postings for `ADD_POSTINGS`."""
    rows: list[Row] = []
    postings: list[Row] = []
    for entry_id, entry in entries:
        rows.append(tuple(entry_values(workspace_id, entry_id, entry).values()))
        postings.extend(
            (workspace_id, entry_id, position, one.source, one.destination, one.tokens)
            for position, one in enumerate(entry.postings)
        )
    return rows, postings


def move(
    workspace_id: WorkspaceId, entry_id: EntryId, entry: Entry, account: AccountId, tokens: int
) -> Call:
    """What changes an account by so much once the entry is written; no row where it can't."""
    is_guarded = tokens < 0 and not entry.may_overdraw
    values = {
        "workspace_id": workspace_id,
        "entry_id": entry_id,
        "account_id": account,
        "kind": rules.account_kind(account).value,
        "tokens": -tokens if is_guarded else tokens,
        "now": entry.now,
    }
    return (accounts.SPEND if is_guarded else accounts.CHANGE), values


def _move_lots(
    tx: Transaction,
    workspace_id: WorkspaceId,
    written: tuple[EntryId, Entry],
    changes: Mapping[AccountId, int],
    after: Mapping[AccountId, Row],
) -> Mapping[AccountId, tuple[Expiring, ...]]:
    """Take what expires from the lots of those who gave, and give it on with its expiry.

    Returns what arrived where. Only an account with something to fall due can have lots; its row is
    locked by the move.
    """
    entry_id, entry = written
    taken = {}
    for account, (_available, _opened_by, balance, next_due_at) in after.items():
        # A pool may have lots with nothing due: expired, but covered by what it has reserved.
        has_lots = next_due_at is not None or rules.account_kind(account) is AccountKind.POOL
        if changes[account] < 0 and has_lots:
            tokens = -changes[account]
            taken[account] = lots.to_take(
                tx, workspace_id, entry, account, tokens=tokens, balance=balance + tokens
            )
            lots.use(tx, workspace_id, taken[account], entry_id)
    received = {}
    for account, arrived in sorted(spending.passed_on(entry.postings, taken).items()):
        kept = spending.kept(arrived, credited=changes[account], balance=after[account][2])
        lots.receive(tx, workspace_id, account, kept, entry_id=entry_id, now=entry.now)
        received[account] = tuple(kept)
    return received


def refusal(
    tx: Transaction,
    workspace_id: WorkspaceId,
    refused: Sequence[tuple[AccountId, int]],
    now: datetime,
) -> AccountsDue | NotEnoughTokens | PoolShort | BalanceOutOfRange:
    """Why these accounts did not change as they should."""
    due = accounts.due_of(tx, workspace_id, [account for account, _ in refused], now)
    if due:
        return AccountsDue(workspace_id, due)
    account, tokens = refused[0]
    owner = rules.account_owner(account)
    available = accounts.available(tx, workspace_id, account)
    if rules.account_kind(account) is AccountKind.POOL:
        team = teams.team(tx, workspace_id, TeamId(owner))
        name = team.name if team else owner
        if tokens > 0:
            return BalanceOutOfRange(None, tokens, name)
        return PoolShort(name, -tokens, available)
    if tokens > 0:
        return BalanceOutOfRange(UserId(owner), tokens)
    return NotEnoughTokens(UserId(owner), -tokens, available)


def _heard_before(tx: Transaction, workspace_id: WorkspaceId, entry: Entry) -> Receipt:
    """The receipt of the entry that took this key, or the refusal that explains the conflict."""
    row = tx.connection.execute(
        sa.select(_entry.c.entry_id, _entry.c.fingerprint).where(
            _entry.c.workspace_id == workspace_id, _entry.c.idempotency_key == entry.key
        )
    ).one_or_none()
    if row is None or row.fingerprint != entry.fingerprint:
        reversal = _reversal_of(tx, workspace_id, entry.reverses) if entry.reverses else None
        if entry.reverses and reversal:  # by another wish, or with this key by someone else
            raise AlreadyReversed(entry.reverses, reversal)
        raise KeyReused(entry.key)
    found = entries.entries(tx, workspace_id, [EntryId(row.entry_id)])[0]
    return replay(tx, workspace_id, found)


def replay(tx: Transaction, workspace_id: WorkspaceId, found: RecordedEntry) -> Receipt:
    """The receipt of an entry that stands, with what its accounts have available now."""
    touched = [a for a, _ in rules.net_changes(found.postings) if a not in UNCACHED]
    return Receipt(
        entry_id=found.entry_id,
        kind=found.kind,
        actor=found.actor,
        postings=found.postings,
        note=found.note,
        recorded_at=found.recorded_at,
        is_new=False,
        is_self_approved=found.is_self_approved,
        available=accounts.available_of(tx, workspace_id, touched),
    )


def _reversal_of(tx: Transaction, workspace_id: WorkspaceId, entry_id: EntryId) -> EntryId | None:
    found = tx.connection.execute(
        sa.select(_entry.c.entry_id).where(
            _entry.c.workspace_id == workspace_id, _entry.c.reverses == entry_id
        )
    ).scalar_one_or_none()
    return EntryId(found) if found else None
