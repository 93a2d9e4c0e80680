"""The audit of lots and allowances against the books: one function per rule, as in `books`."""

from bot.domain.books import Discrepancy
from bot.storage.database import Transaction
from bot.storage.discrepancies import off


def remaining(tx: Transaction) -> list[Discrepancy]:
    """What remains of a lot is what it was less what entries took of it."""
    sql = """
        SELECT l.workspace_id, l.lot_id,
          CAST(l.tokens AS TEXT) || ' less ' || CAST(COALESCE(u.used, 0) AS TEXT),
          CAST(l.remaining AS TEXT)
        FROM lot l LEFT JOIN (
          SELECT workspace_id, lot_id, SUM(tokens) AS used
          FROM lot_use GROUP BY workspace_id, lot_id) AS u
          ON u.workspace_id = l.workspace_id AND u.lot_id = l.lot_id
        WHERE l.remaining <> l.tokens - COALESCE(u.used, 0) OR l.remaining < 0"""
    return off(tx, "lot_remains_as_used", "lot", sql)


def expiring(tx: Transaction) -> list[Discrepancy]:
    """What expires of a balance is what remains of its lots, and no more than the balance."""
    sql = """
        SELECT a.workspace_id, a.account_id,
          CAST(COALESCE(l.remaining, 0) AS TEXT) || ', within the balance',
          CAST(a.expiring AS TEXT) || ' of ' || COALESCE(CAST(a.balance AS TEXT), 'none')
        FROM account a LEFT JOIN (
          SELECT workspace_id, account_id, SUM(remaining) AS remaining
          FROM lot GROUP BY workspace_id, account_id) AS l
          ON l.workspace_id = a.workspace_id AND l.account_id = a.account_id
        WHERE a.expiring <> COALESCE(l.remaining, 0)
          OR (a.expiring > 0 AND a.expiring > COALESCE(a.balance, 0))"""
    return off(tx, "expiring_is_sum_of_lots", "account", sql)


def credited(tx: Transaction) -> list[Discrepancy]:
    """Lots come from an entry that credited their account with at least as much."""
    sql = """
        SELECT l.workspace_id, l.lot_id, 'credited by ' || l.entry_id,
          CAST(l.tokens AS TEXT) || ' to ' || l.account_id
        FROM lot l
        WHERE (SELECT COALESCE(SUM(m.tokens), 0) FROM lot m
            WHERE m.workspace_id = l.workspace_id AND m.entry_id = l.entry_id
              AND m.account_id = l.account_id)
          > (SELECT COALESCE(SUM(p.tokens), 0) FROM posting p
            WHERE p.workspace_id = l.workspace_id AND p.entry_id = l.entry_id
              AND p.destination = l.account_id)"""
    return off(tx, "lot_was_credited", "lot", sql)


def used(tx: Transaction) -> list[Discrepancy]:
    """An entry takes from an account's lots no more than it takes from the account."""
    sql = """
        SELECT u.workspace_id, u.entry_id, 'at most what left ' || u.account_id,
          CAST(u.used AS TEXT) || ' of its lots'
        FROM (
          SELECT u.workspace_id, u.entry_id, l.account_id, SUM(u.tokens) AS used
          FROM lot_use u JOIN lot l ON l.workspace_id = u.workspace_id AND l.lot_id = u.lot_id
          GROUP BY u.workspace_id, u.entry_id, l.account_id) AS u
        WHERE u.used > (SELECT COALESCE(SUM(p.tokens), 0) FROM posting p
          WHERE p.workspace_id = u.workspace_id AND p.entry_id = u.entry_id
            AND p.source = u.account_id)"""
    return off(tx, "lot_use_left_the_account", "entry", sql)


def due(tx: Transaction) -> list[Discrepancy]:
    """An account knows the next end of a lot or period on it, but for what holds still cover."""
    sql = """
        SELECT a.workspace_id, a.account_id, 'due by ' || CAST(d.earliest AS TEXT),
          COALESCE(CAST(a.next_due_at AS TEXT), 'nothing due')
        FROM account a JOIN (
          SELECT workspace_id, account_id, MIN(at) AS earliest FROM (
            SELECT l.workspace_id, l.account_id, l.expires_at AS at
            FROM lot l JOIN account h
              ON h.workspace_id = l.workspace_id AND h.account_id = l.account_id
            WHERE l.remaining > 0 AND h.held = 0
            UNION ALL
            SELECT workspace_id, account_id, next_at FROM allowance_turn
            WHERE next_at IS NOT NULL
            UNION ALL
            SELECT workspace_id, account_id, expires_at FROM hold WHERE state = 'open') AS ends
          GROUP BY workspace_id, account_id) AS d
          ON d.workspace_id = a.workspace_id AND d.account_id = a.account_id
        WHERE a.balance IS NOT NULL AND (a.next_due_at IS NULL OR a.next_due_at > d.earliest)"""
    return off(tx, "account_knows_what_is_due", "account", sql)


def allowed(tx: Transaction) -> list[Discrepancy]:
    """An entry of an allowance credits the account that its key names, by a rule there is."""
    sql = """
        SELECT e.workspace_id, e.entry_id, 'a credit of ' || e.idempotency_key, 'none'
        FROM entry e WHERE e.kind = 'allowance' AND NOT EXISTS (
          SELECT 1 FROM posting p JOIN allowance w
            ON w.workspace_id = p.workspace_id AND w.source = p.source
              AND w.allowance_id = SUBSTR(e.idempotency_key, 11, 36)
          WHERE p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
            AND SUBSTR(e.idempotency_key, 48, LENGTH(p.destination)) = p.destination
            AND LENGTH(e.idempotency_key) = 58 + LENGTH(p.destination))"""
    return off(tx, "allowance_credits_by_its_rule", "entry", sql)


def held(tx: Transaction) -> list[Discrepancy]:
    """What is held is the sum of open holds and, on a pool, what is reserved and not credited."""
    sql = """
        SELECT a.workspace_id, a.account_id,
          COALESCE(f.left_over, 0) + COALESCE(h.held, 0), a.held
        FROM account a LEFT JOIN (
          SELECT workspace_id, pool, SUM(needed - credited) AS left_over
          FROM allowance_funding WHERE state = 'reserved'
          GROUP BY workspace_id, pool) AS f
          ON f.workspace_id = a.workspace_id AND f.pool = a.account_id
        LEFT JOIN (
          SELECT workspace_id, account_id, SUM(held) AS held
          FROM hold WHERE state = 'open' GROUP BY workspace_id, account_id) AS h
          ON h.workspace_id = a.workspace_id AND h.account_id = a.account_id
        WHERE a.held <> COALESCE(f.left_over, 0) + COALESCE(h.held, 0)"""
    return off(tx, "held_is_sum_of_holds", "account", sql)


def open_holds(tx: Transaction) -> list[Discrepancy]:
    """An account knows how many holds on it are open."""
    sql = """
        SELECT a.workspace_id, a.account_id, COALESCE(h.open_holds, 0), a.open_holds
        FROM account a LEFT JOIN (
          SELECT workspace_id, account_id, COUNT(*) AS open_holds
          FROM hold WHERE state = 'open' GROUP BY workspace_id, account_id) AS h
          ON h.workspace_id = a.workspace_id AND h.account_id = a.account_id
        WHERE a.balance IS NOT NULL AND a.open_holds <> COALESCE(h.open_holds, 0)"""
    return off(tx, "account_counts_its_holds", "account", sql)
