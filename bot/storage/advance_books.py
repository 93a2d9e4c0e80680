"""The audit of advances against the books: one function per rule, as in `books`."""

from bot.domain.books import Discrepancy
from bot.storage.database import Transaction
from bot.storage.discrepancies import off


def taken(tx: Transaction) -> list[Discrepancy]:
    """Each entry of an advance is remembered as what its account owes, and nothing else is."""
    sql = """
        SELECT e.workspace_id, e.entry_id,
          CAST(p.tokens AS TEXT) || ' owed by ' || p.destination,
          COALESCE(CAST(a.tokens AS TEXT) || ' by ' || a.account_id, 'nothing')
        FROM entry e
        JOIN posting p ON p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
        LEFT JOIN advance a ON a.workspace_id = e.workspace_id AND a.entry_id = e.entry_id
        WHERE e.kind = 'advance' AND (a.tokens IS NULL
          OR a.tokens <> p.tokens OR a.account_id <> p.destination
          OR a.owed_to NOT IN (p.source, 'treasury'))
        UNION ALL
        SELECT a.workspace_id, a.entry_id, 'an entry of an advance', COALESCE(e.kind, 'none')
        FROM advance a LEFT JOIN entry e
          ON e.workspace_id = a.workspace_id AND e.entry_id = a.entry_id
        WHERE e.kind IS NULL OR e.kind <> 'advance'"""
    return off(tx, "advance_is_owed_as_taken", "advance", sql)


def repaid(tx: Transaction) -> list[Discrepancy]:
    """What an account has repaid is what its allowances took back, and no more than it took."""
    sql = """
        WITH moved AS (
          SELECT workspace_id, account_id,
            repaid / 1000000000 AS high, repaid % 1000000000 AS low FROM advance
          UNION ALL
          SELECT p.workspace_id, p.source, -(p.tokens / 1000000000), -(p.tokens % 1000000000)
          FROM entry e
          JOIN posting p ON p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
          WHERE e.kind = 'allowance' AND p.source LIKE 'member:%' AND p.destination <> 'expired')
        SELECT workspace_id, account_id, 'as much as its allowances took back',
          CAST(SUM(high) * 1000000000 + SUM(low) AS TEXT) || ' more'
        FROM moved GROUP BY workspace_id, account_id
        HAVING SUM(high) * 1000000000 + SUM(low) <> 0
        UNION ALL
        SELECT workspace_id, account_id, CAST(tokens AS TEXT) || ' at most', CAST(repaid AS TEXT)
        FROM advance WHERE repaid > tokens"""
    return off(tx, "advance_is_repaid_by_allowances", "account", sql)
