"""The one place where tokens move: `record`."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from bot.domain import ledger as rules
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import (
    UNCACHED,
    AccountId,
    Entry,
    EntryId,
    Receipt,
    RecordedEntry,
)
from bot.domain.refusals import (
    AlreadyReversed,
    BalanceOutOfRange,
    KeyReused,
    NotEnoughTokens,
)
from bot.storage import entries, ids
from bot.storage.database import Call, Transaction
from bot.storage.statements import Statement
from bot.storage.tables import AccountRow, EntryRow, PostingRow, table

_account = table(AccountRow)
_entry = table(EntryRow)
_posting = table(PostingRow)


def _p(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.String())


_TOKENS = sa.bindparam("tokens", type_=sa.BigInteger())


#: An account moves only if this entry was written, so that a key used before moves nothing.
_WRITTEN = sa.exists().where(
    _entry.c.workspace_id == _p("workspace_id"), _entry.c.entry_id == _p("entry_id")
)
_MINE = sa.and_(
    _account.c.workspace_id == _p("workspace_id"), _account.c.account_id == _p("account_id")
)
#: Something on it ended by then, which is settled before anything moves.
_NOTHING_DUE = _account.c.next_due_at.is_(None) | (
    _account.c.next_due_at > sa.bindparam("now", type_=_account.c.next_due_at.type)
)
_AFTER = (
    _account.c.balance - _account.c.held,
    _account.c.opened_by,
    _account.c.balance,
    _account.c.next_due_at,
)


def _less(expiring: Any, tokens: Any) -> sa.ColumnElement[int]:
    """What remains of lots once so much was spent: they are spent first."""
    return sa.case((expiring > tokens, expiring - tokens), else_=sa.literal_column("0"))


ADD_ENTRY = Statement(
    lambda insert: (
        insert(_entry)
        .values(
            {
                name: sa.bindparam(name, type_=_entry.c[name].type)
                for name in (
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
            }
        )
        .on_conflict_do_nothing()
        .returning(_entry.c.entry_id)
    )
)
# The guard against double spending: one statement that checks and takes. Of two that race for the
# same tokens the second sees what the first left, and updates no row.
SPEND = Statement(
    lambda _insert: (
        sa.update(_account)
        .where(
            _MINE,
            _account.c.balance - _account.c.held >= _TOKENS,
            _NOTHING_DUE,
            _WRITTEN,
        )
        .values(
            balance=_account.c.balance - _TOKENS,
            expiring=_less(_account.c.expiring, _TOKENS),
        )
        .returning(*_AFTER)
    )
)
ADD_POSTING = Statement(
    lambda insert: insert(_posting).values(
        {
            name: sa.bindparam(name, type_=_posting.c[name].type)
            for name in ("workspace_id", "entry_id", "position", "source", "destination", "tokens")
        }
    )
)
AVAILABLE = Statement(lambda _insert: sa.select(_account.c.balance - _account.c.held).where(_MINE))


def _change(insert: Any) -> sa.ClauseElement:
    """Add to an account, a negative number too where an entry may overdraw; open it if need be."""
    source: Any = sa.select(
        _p("workspace_id"),
        _p("account_id"),
        _p("kind"),
        _TOKENS,
        sa.literal_column("0"),
        _p("entry_id"),
        sa.literal_column("0"),
    ).where(_WRITTEN)
    columns = ["workspace_id", "account_id", "kind", "balance", "held", "opened_by", "expiring"]
    statement = insert(_account).from_select(columns, source)
    change = statement.excluded.balance
    total = _account.c.balance + change
    executable: sa.ClauseElement = statement.on_conflict_do_update(
        index_elements=[_account.c.workspace_id, _account.c.account_id],
        set_={
            "balance": total,
            "opened_by": sa.func.coalesce(_account.c.opened_by, statement.excluded.opened_by),
            "expiring": sa.case(
                (change >= sa.literal_column("0"), _account.c.expiring),
                else_=_less(_account.c.expiring, -change),
            ),
        },
        where=sa.and_(total.between(-rules.BALANCE_MAX, rules.BALANCE_MAX), _NOTHING_DUE),
    ).returning(*_AFTER)
    return executable


CHANGE = Statement(_change)


def record(tx: Transaction, workspace_id: WorkspaceId, entry: Entry) -> Receipt:
    """Write the entry and move its tokens, or give the receipt of the same wish heard before.

    Raises `NotEnoughTokens`, `BalanceOutOfRange`, `KeyReused`, `AlreadyReversed`; the caller's
    database transaction is then undone, and with it what this one had moved.
    """
    entry_id = EntryId(ids.new(entry.now))
    changes = [(a, n) for a, n in rules.net_changes(entry.postings) if a not in UNCACHED]
    # The key's row first, then accounts in the order of their ids: the one order of all locks.
    written, *moved = tx.batch(
        [
            _add_entry(workspace_id, entry_id, entry),
            *(_move(workspace_id, entry_id, entry, a, n) for a, n in changes),
        ]
    )
    if not written:
        return _heard_before(tx, workspace_id, entry)
    for (account, tokens), rows in zip(changes, moved, strict=True):
        if not rows:
            raise _shortage(tx, workspace_id, account, tokens)
    for position, posting in enumerate(entry.postings):
        values = {
            "workspace_id": workspace_id,
            "entry_id": entry_id,
            "position": position,
            "source": posting.source,
            "destination": posting.destination,
            "tokens": posting.tokens,
        }
        tx.queue(ADD_POSTING, values)
    accounts = [account for account, _ in changes]
    return Receipt(
        entry_id=entry_id,
        kind=entry.kind,
        actor=entry.actor,
        postings=entry.postings,
        note=entry.note,
        recorded_at=entry.now,
        is_new=True,
        is_self_approved=entry.is_self_approved,
        available={a: rows[0][0] for a, rows in zip(accounts, moved, strict=True)},
        opened=frozenset(
            a for a, rows in zip(accounts, moved, strict=True) if rows[0][1] == entry_id
        ),
    )


def available(tx: Transaction, workspace_id: WorkspaceId, account: AccountId) -> int:
    """Balance less held; zero for an account that nothing has reached yet."""
    rows = tx.fetch(AVAILABLE, {"workspace_id": workspace_id, "account_id": account})
    return int(rows[0][0]) if rows else 0


def _add_entry(workspace_id: WorkspaceId, entry_id: EntryId, entry: Entry) -> Call:
    return ADD_ENTRY, {
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


def _move(
    workspace_id: WorkspaceId, entry_id: EntryId, entry: Entry, account: AccountId, tokens: int
) -> Call:
    is_guarded = tokens < 0 and not entry.may_overdraw
    values = {
        "workspace_id": workspace_id,
        "entry_id": entry_id,
        "account_id": account,
        "kind": rules.account_kind(account).value,
        "tokens": -tokens if is_guarded else tokens,
        "now": entry.now,
    }
    return (SPEND if is_guarded else CHANGE), values


def _shortage(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, tokens: int
) -> NotEnoughTokens | BalanceOutOfRange:
    owner = UserId(rules.account_owner(account))
    if tokens > 0:
        return BalanceOutOfRange(owner, tokens)
    return NotEnoughTokens(owner, -tokens, available(tx, workspace_id, account))


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
    accounts = [a for a, _ in rules.net_changes(found.postings) if a not in UNCACHED]
    return Receipt(
        entry_id=found.entry_id,
        kind=found.kind,
        actor=found.actor,
        postings=found.postings,
        note=found.note,
        recorded_at=found.recorded_at,
        is_new=False,
        is_self_approved=found.is_self_approved,
        available=_available_of(tx, workspace_id, accounts),
    )


def _available_of(
    tx: Transaction, workspace_id: WorkspaceId, accounts: Iterable[AccountId]
) -> dict[AccountId, int]:
    rows = tx.connection.execute(
        sa.select(_account.c.account_id, _account.c.balance - _account.c.held).where(
            _account.c.workspace_id == workspace_id, _account.c.account_id.in_(list(accounts))
        )
    )
    return {row[0]: row[1] for row in rows}


def _reversal_of(tx: Transaction, workspace_id: WorkspaceId, entry_id: EntryId) -> EntryId | None:
    found = tx.connection.execute(
        sa.select(_entry.c.entry_id).where(
            _entry.c.workspace_id == workspace_id, _entry.c.reverses == entry_id
        )
    ).scalar_one_or_none()
    return EntryId(found) if found else None
