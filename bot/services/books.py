"""Proving the books: every rule over accounts, entries, lots, budgets, requests and usage."""

from collections.abc import Callable, Iterable

from bot.domain.books import Discrepancy
from bot.storage import (
    advance_books,
    books,
    budget_books,
    day_books,
    discrepancies,
    hold_books,
    lot_books,
    rate_books,
    topup_books,
    usage_books,
)
from bot.storage.database import Database, Transaction

#: Each returns the rows that break it.
RULES: tuple[Callable[[Transaction], Iterable[Discrepancy]], ...] = (
    books.balances,
    books.cached,
    books.opened,
    books.below_zero,
    books.accounts,
    books.amounts,
    books.orphans,
    books.positions,
    books.reversals,
    books.reversed_kinds,
    books.reversed_once,
    books.entry_keys,
    books.self_grants,
    books.contents,
    topup_books.granted,
    topup_books.requested,
    topup_books.decided,
    topup_books.request_keys,
    lot_books.remaining,
    lot_books.expiring,
    lot_books.credited,
    lot_books.used,
    lot_books.due,
    lot_books.allowed,
    lot_books.held,
    lot_books.open_holds,
    hold_books.ended,
    hold_books.settled,
    hold_books.ends,
    budget_books.spent,
    budget_books.ruled,
    advance_books.taken,
    advance_books.repaid,
    usage_books.charged,
    usage_books.waiting,
    usage_books.trued,
    usage_books.trued_by,
    rate_books.priced,
    day_books.summed,
)


def check(database: Database) -> list[Discrepancy]:
    """Every row that is off, of all workspaces at one moment; nothing when the books are right."""
    with database.snapshot() as tx:
        discrepancies.take_time(tx)
        return [wrong for rule in RULES for wrong in rule(tx)]
