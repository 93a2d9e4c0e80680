"""The audit of budgets against the books: one function per rule, as in `books`."""

from bot.domain.books import Discrepancy
from bot.domain.budgets import COUNTED, GIVING_BACK
from bot.storage.database import Transaction
from bot.storage.discrepancies import off


def spent(tx: Transaction) -> list[Discrepancy]:
    """What a budget counts is what left its pool in the period less what came back in it."""
    sql = """
        WITH moved AS (
          SELECT b.workspace_id, b.account_id, b.period_on,
            p.tokens / 1000000000 AS high, p.tokens % 1000000000 AS low
          FROM budget b
          JOIN posting p ON p.workspace_id = b.workspace_id AND p.source = b.account_id
          JOIN entry e ON e.workspace_id = p.workspace_id AND e.entry_id = p.entry_id
          WHERE e.kind IN :counted AND e.recorded_at >= b.begins_at AND e.recorded_at < b.ends_at
          UNION ALL
          SELECT b.workspace_id, b.account_id, b.period_on,
            -(p.tokens / 1000000000), -(p.tokens % 1000000000)
          FROM budget b
          JOIN posting p ON p.workspace_id = b.workspace_id AND p.destination = b.account_id
          JOIN entry e ON e.workspace_id = p.workspace_id AND e.entry_id = p.entry_id
          WHERE (e.kind IN :back OR (e.kind = 'allowance' AND p.source LIKE 'member:%'))
            AND e.recorded_at >= b.begins_at AND e.recorded_at < b.ends_at),
        net AS (
          SELECT workspace_id, account_id, period_on, SUM(high) AS high, SUM(low) AS low
          FROM moved GROUP BY workspace_id, account_id, period_on)
        SELECT b.workspace_id, b.account_id || ' ' || b.period_on,
          COALESCE(n.high, 0) * 1000000000 + COALESCE(n.low, 0), b.spent
        FROM budget b LEFT JOIN net n
          ON n.workspace_id = b.workspace_id AND n.account_id = b.account_id
            AND n.period_on = b.period_on
        WHERE (b.spent / 1000000000 - COALESCE(n.high, 0)) * 1000000000
          + b.spent % 1000000000 - COALESCE(n.low, 0) <> 0"""
    given = {"counted": sorted(COUNTED), "back": sorted(GIVING_BACK)}
    return off(tx, "budget_counts_what_left", "budget", sql, **given)


def ruled(tx: Transaction) -> list[Discrepancy]:
    """A period's count is for the budget that the pool has, in periods that don't overlap."""
    sql = """
        SELECT b.workspace_id, b.account_id || ' ' || b.period_on,
          COALESCE(CAST(r.tokens AS TEXT), 'no budget') || ', once a period',
          CAST(b.tokens AS TEXT) || ' until ' || CAST(b.ends_at AS TEXT)
        FROM budget b LEFT JOIN budget_rule r
          ON r.workspace_id = b.workspace_id AND r.account_id = b.account_id
        WHERE r.tokens IS NULL OR r.tokens <> b.tokens OR EXISTS (
          SELECT 1 FROM budget o
          WHERE o.workspace_id = b.workspace_id AND o.account_id = b.account_id
            AND o.period_on <> b.period_on
            AND o.begins_at < b.ends_at AND o.ends_at > b.begins_at)"""
    return off(tx, "budget_is_of_its_rule", "budget", sql)
