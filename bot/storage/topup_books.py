"""The audit of top-up requests against the books: one function per rule, as in `books`."""

from bot.domain.books import Discrepancy
from bot.domain.ledger import TOKENS_MAX
from bot.storage.database import Transaction
from bot.storage.discrepancies import off


def granted(tx: Transaction) -> list[Discrepancy]:
    """An approved request has the one grant of what was decided, to the requester."""
    sql = """
        SELECT t.workspace_id, t.topup_id,
          'a grant of ' || COALESCE(CAST(t.decided_tokens AS TEXT), '?') || ' to ' || t.requester,
          COALESCE(e.kind || ' ' || e.entry_id, 'none')
        FROM topup t LEFT JOIN entry e
          ON e.workspace_id = t.workspace_id AND e.entry_id = t.entry_id
        WHERE t.state = 'approved' AND (e.entry_id IS NULL OR e.kind <> 'grant'
          OR e.idempotency_key <> 'topup:' || t.topup_id
            || CASE WHEN t.reopened = 0 THEN '' ELSE ':' || CAST(t.reopened AS TEXT) END
          OR e.actor <> t.decided_by
          OR (SELECT COUNT(*) FROM posting p
            WHERE p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id) <> 1
          OR NOT EXISTS (SELECT 1 FROM posting p
            WHERE p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
              AND p.destination = 'member:' || t.requester AND p.tokens = t.decided_tokens))"""
    return off(tx, "approved_request_has_its_grant", "topup", sql)


def requested(tx: Transaction) -> list[Discrepancy]:
    """A grant with a request's key belongs to that request, which was approved.

    Or the approval was undone, and the grant with it. An id is 36 characters long.
    """
    sql = """
        SELECT e.workspace_id, e.entry_id, 'an approved request with this entry',
          COALESCE(t.state || ' with ' || COALESCE(t.entry_id, 'none'), 'no request')
        FROM entry e LEFT JOIN topup t
          ON t.workspace_id = e.workspace_id AND t.topup_id = SUBSTR(e.idempotency_key, 7, 36)
        WHERE e.idempotency_key LIKE 'topup:%' AND (t.topup_id IS NULL
          OR ((t.state <> 'approved' OR t.entry_id IS NULL OR t.entry_id <> e.entry_id)
            AND (t.reopened = 0 OR NOT EXISTS (SELECT 1 FROM entry r
              WHERE r.workspace_id = e.workspace_id AND r.reverses = e.entry_id
                AND r.idempotency_key = 'undo:' || e.entry_id))))"""
    return off(tx, "grant_has_its_approved_request", "entry", sql)


def decided(tx: Transaction) -> list[Discrepancy]:
    """An open request has no decision, a closed one has all of it; amounts are in range.

    An expired one has a time and nobody: the clock closed it.
    """
    sql = """
        SELECT workspace_id, topup_id, CASE WHEN state = 'open' THEN 'no decision'
            WHEN state = 'expired' THEN 'when, by nobody, and no tokens'
            WHEN state = 'approved' THEN 'who, when, how much, which entry'
            ELSE 'who and when, and no tokens' END || ', amounts in range',
          state || ' of ' || CAST(tokens AS TEXT) || ', '
            || COALESCE(CAST(decided_tokens AS TEXT), 'none') || ' decided by '
            || COALESCE(decided_by, 'nobody') || ', entry ' || COALESCE(entry_id, 'none')
        FROM topup
        WHERE (state = 'open') <> (decided_at IS NULL)
          OR (state IN ('open', 'expired')) <> (decided_by IS NULL)
          OR (state = 'approved') <> (decided_tokens IS NOT NULL)
          OR (state = 'approved') <> (entry_id IS NOT NULL)
          OR NOT tokens BETWEEN 1 AND :tokens_max OR NOT decided_tokens BETWEEN 1 AND :tokens_max"""
    return off(tx, "request_is_decided_or_open", "topup", sql, tokens_max=TOKENS_MAX)


def request_keys(tx: Transaction) -> list[Discrepancy]:
    """No idempotency key asked twice."""
    sql = """
        SELECT t.workspace_id, t.topup_id, 'a key of its own',
          CAST(twice.times AS TEXT) || ' with ' || t.idempotency_key
        FROM topup t JOIN (
          SELECT workspace_id, idempotency_key, COUNT(*) AS times
          FROM topup GROUP BY workspace_id, idempotency_key HAVING COUNT(*) > 1) AS twice
          ON twice.workspace_id = t.workspace_id AND twice.idempotency_key = t.idempotency_key"""
    return off(tx, "request_key_is_unique", "topup", sql)
