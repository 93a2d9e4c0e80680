"""The audit of usage: events and true-ups against the entries that charged them.

Of entries that are old enough, events are deleted; `storage.retention` keeps the mark.
"""

from bot.domain.books import Discrepancy
from bot.storage.database import Transaction
from bot.storage.discrepancies import off
from bot.storage.retention import ENTRIES

#: That two sums differ, in halves that no corrupt figure overflows: see `storage.books`.
_DIFFER = """SUM(told / 1000000000 - taken / 1000000000)
            + SUM(told % 1000000000 - taken % 1000000000) / 1000000000 <> 0
          OR SUM(told % 1000000000 - taken % 1000000000) % 1000000000 <> 0"""


def charged(tx: Transaction) -> list[Discrepancy]:
    """What an entry of usage took is what its events, and later figures of some, were charged."""
    sql = """
        WITH sides AS (
          SELECT workspace_id, entry_id, tokens AS told, 0 AS taken
          FROM usage_event WHERE entry_id IS NOT NULL
          UNION ALL
          SELECT e.workspace_id, e.entry_id, -r.tokens, 0
          FROM usage_revision r JOIN usage_event e ON e.workspace_id = r.workspace_id
            AND e.source = r.source AND e.external_id = r.external_id
          WHERE e.entry_id IS NOT NULL
          UNION ALL
          SELECT r.workspace_id, r.entry_id, r.tokens, 0
          FROM usage_revision r LEFT JOIN entry n
            ON n.workspace_id = r.workspace_id AND n.entry_id = r.entry_id
          WHERE r.entry_id IS NOT NULL
            -- None was written where what came new and what was corrected cancel out.
            AND (n.kind IS NULL OR n.kind IN ('usage', 'settlement'))
          UNION ALL
          SELECT p.workspace_id, p.entry_id, 0,
            CASE WHEN p.destination = 'consumed' THEN p.tokens ELSE -p.tokens END
          FROM posting p JOIN entry n
            ON n.workspace_id = p.workspace_id AND n.entry_id = p.entry_id
          WHERE n.kind IN ('usage', 'settlement'))
        SELECT s.workspace_id, s.entry_id, SUM(told * 1.0), SUM(taken * 1.0)
        FROM sides s LEFT JOIN progress k ON k.workspace_id = s.workspace_id AND k.job = :mark
        WHERE s.entry_id >= COALESCE(k.position, '')
        GROUP BY s.workspace_id, s.entry_id HAVING """
    return off(tx, "usage_is_what_its_events_were_charged", "entry", sql + _DIFFER, mark=ENTRIES)


def waiting(tx: Transaction) -> list[Discrepancy]:
    """What `unattributed` gave and nobody gave back is what events that belong to nobody were."""
    sql = """
        WITH sides AS (
          SELECT workspace_id, tokens AS told, 0 AS taken
          FROM usage_event WHERE account_id = 'unattributed'
          UNION ALL
          SELECT workspace_id, 0, tokens FROM posting WHERE source = 'unattributed'
          UNION ALL
          SELECT workspace_id, 0, -tokens FROM posting WHERE destination = 'unattributed')
        SELECT workspace_id, 'unattributed', SUM(told * 1.0), SUM(taken * 1.0) FROM sides
        GROUP BY workspace_id HAVING """
    return off(tx, "unattributed_is_what_waits", "account", sql + _DIFFER)


def trued(tx: Transaction) -> list[Discrepancy]:
    """What true-ups took of an account, and gave back, is what its rows say they came to."""
    sql = """
        WITH sides AS (
          SELECT workspace_id, account_id, tokens AS told, 0 AS taken FROM true_up
          UNION ALL
          SELECT p.workspace_id,
            CASE WHEN p.destination = 'consumed' THEN p.source ELSE p.destination END, 0,
            CASE WHEN p.destination = 'consumed' THEN p.tokens ELSE -p.tokens END
          FROM posting p JOIN entry n
            ON n.workspace_id = p.workspace_id AND n.entry_id = p.entry_id
          WHERE n.kind = 'true_up')
        SELECT workspace_id, account_id, SUM(told * 1.0), SUM(taken * 1.0) FROM sides
        GROUP BY workspace_id, account_id HAVING """
    return off(tx, "true_ups_are_what_they_moved", "account", sql + _DIFFER)


def trued_by(tx: Transaction) -> list[Discrepancy]:
    """The entry that a true-up names is one, and moved tokens of that account."""
    sql = """
        SELECT t.workspace_id, t.provider || ' ' || t.day || ' ' || t.account_id || ' ' || t.model,
          'an entry of kind true_up with a posting of it', t.entry_id
        FROM true_up t WHERE NOT EXISTS (
          SELECT 1 FROM posting p JOIN entry n
            ON n.workspace_id = p.workspace_id AND n.entry_id = p.entry_id
          WHERE p.workspace_id = t.workspace_id AND p.entry_id = t.entry_id
            AND n.kind = 'true_up' AND t.account_id IN (p.source, p.destination))"""
    return off(tx, "true_up_names_its_entry", "true_up", sql)
