"""Many grants at once, each an entry of its own: in as few statements as one entry of many people.

Accounts and lots end as they would if `ledger.record` had written one entry after the other.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain import ledger as rules
from bot.domain import lots as spending
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import (
    UNCACHED,
    AccountId,
    AccountKind,
    Entry,
    EntryId,
    Expiring,
)
from bot.domain.refusals import KeyReused
from bot.storage import budgets, ids, lots
from bot.storage.database import Transaction
from bot.storage.ledger import (
    ADD_ENTRY,
    ADD_POSTINGS,
    entry_values,
    move,
    posting_values,
    refusal,
)


@dataclass(frozen=True, slots=True)
class Granted:
    """An entry that was written, and whether it is the first to reach its account."""

    entry_id: EntryId
    is_first: bool


Written = Sequence[tuple[EntryId, Entry]]


def record(tx: Transaction, workspace_id: WorkspaceId, entries: Sequence[Entry]) -> list[Granted]:
    """Write grants of one posting each, at one moment, whose accounts are locked.

    Raises what `ledger.record` does, with which the whole database transaction is undone.
    """
    if not entries:
        return []
    written = [(EntryId(ids.new(entry.now)), entry) for entry in entries]
    touched = [posting for _, entry in written for posting in entry.postings]
    changes = [(a, n) for a, n in rules.net_changes(touched) if a not in UNCACHED]
    first = {
        end: made
        for made in reversed(written)
        for posting in made[1].postings
        for end in (posting.source, posting.destination)
    }
    rows = tx.batch(
        [
            *((ADD_ENTRY, entry_values(workspace_id, *made)) for made in written),
            *(move(workspace_id, *first[account], account, n) for account, n in changes),
        ]
    )
    added, moved = rows[: len(written)], rows[len(written) :]
    for (_, entry), row in zip(written, added, strict=True):
        if not row:
            raise KeyReused(entry.key)
    refused = [change for change, row in zip(changes, moved, strict=True) if not row]
    if refused:
        raise refusal(tx, workspace_id, refused, entries[0].now)
    budgets.count(tx, workspace_id, replace(entries[0], postings=tuple(touched)))
    tx.bulk(ADD_POSTINGS, _posting_rows(workspace_id, written))
    after = {account: row[0] for (account, _), row in zip(changes, moved, strict=True)}
    _move_lots(tx, workspace_id, written, {account: row[2] for account, row in after.items()})
    openers = {row[1] for row in after.values()}
    return [Granted(entry_id, entry_id in openers) for entry_id, _ in written]


def _posting_rows(workspace_id: WorkspaceId, written: Written) -> list[tuple[object, ...]]:
    return [
        tuple(values.values())
        for entry_id, entry in written
        for values in posting_values(workspace_id, entry_id, entry)
    ]


def _move_lots(
    tx: Transaction, workspace_id: WorkspaceId, written: Written, balances: Mapping[AccountId, int]
) -> None:
    """Give on what expires in the pools, the soonest with the first of the grants."""
    by_pool: dict[AccountId, list[tuple[EntryId, Entry]]] = defaultdict(list)
    for made in written:
        source = made[1].postings[0].source
        if rules.account_kind(source) is AccountKind.POOL:
            by_pool[source].append(made)
    arrived: dict[EntryId, list[Expiring]] = {}
    for pool, mine in sorted(by_pool.items()):
        arrived |= _take(tx, workspace_id, pool, mine)
    kept: list[tuple[EntryId, Entry, list[Expiring]]] = []
    balance = dict(balances)  # as it is after the last of them: so from the last to the first
    for entry_id, entry in reversed(written):
        (posting,) = entry.postings
        account, tokens = posting.destination, posting.tokens
        parts = arrived.get(entry_id, [])
        some = spending.kept(parts, credited=tokens, balance=balance[account])
        kept.append((entry_id, entry, some))
        balance[account] -= tokens
    for entry_id, entry, some in reversed(kept):
        account = entry.postings[0].destination
        lots.receive(tx, workspace_id, account, some, entry_id=entry_id, now=entry.now)


def _take(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, mine: Written
) -> dict[EntryId, list[Expiring]]:
    """Take each grant's part of a pool's lots, read once; what expires when of each."""
    every = lots.live(tx, workspace_id, pool)
    left = [one for one in every if one.expires_at > mine[0][1].now]
    found: dict[EntryId, list[Expiring]] = {}
    total = taken_in_all = 0
    for entry_id, entry in mine:
        tokens = entry.postings[0].tokens
        taken = spending.take(left, tokens)
        left = spending.without(left, taken)
        lots.use(tx, workspace_id, taken, entry_id)
        found[entry_id] = [Expiring(one.lot.expires_at, one.tokens) for one in taken]
        total += tokens
        taken_in_all += sum(one.tokens for one in taken)
    # The row's own guess is that what expires goes first, expired lots too, which nobody gets.
    by_row = min(total, sum(one.remaining for one in every))
    if by_row > taken_in_all:
        lots.keep(tx, workspace_id, pool, by_row - taken_in_all)
    return found
