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
        SELECT o.workspace_id, o.account_id, COALESCE(b.back, 0), o.repaid
        FROM (
          SELECT workspace_id, account_id, SUM(repaid) AS repaid, SUM(tokens) AS tokens
          FROM advance GROUP BY workspace_id, account_id) AS o
        LEFT JOIN (
          SELECT p.workspace_id, p.source AS account_id, SUM(p.tokens) AS back
          FROM entry e
          JOIN posting p ON p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
          WHERE e.kind = 'allowance' AND p.source LIKE 'member:%' AND p.destination <> 'expired'
          GROUP BY p.workspace_id, p.source) AS b
          ON b.workspace_id = o.workspace_id AND b.account_id = o.account_id
        WHERE o.repaid <> COALESCE(b.back, 0) OR o.repaid > o.tokens
        UNION ALL
        SELECT e.workspace_id, p.source, 0, p.tokens
        FROM entry e
        JOIN posting p ON p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
        WHERE e.kind = 'allowance' AND p.source LIKE 'member:%' AND p.destination <> 'expired'
          AND NOT EXISTS (SELECT 1 FROM advance a
            WHERE a.workspace_id = p.workspace_id AND a.account_id = p.source)"""
    return off(tx, "advance_is_repaid_by_allowances", "account", sql)
