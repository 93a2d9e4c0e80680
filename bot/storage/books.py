"""The audit of the books: one function per rule, each returning the rows that break it.

Every rule is one statement over all workspaces, in SQL that both databases read alike. Sums are
taken in two halves (tokens / 10^9 and the rest), so that no corrupt figure overflows them.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from bot.domain import books
from bot.domain.books import Discrepancy
from bot.domain.ledger import BALANCE_MAX, REVERSIBLE, TOKENS_MAX, UNCACHED, EntryKind
from bot.storage import ids
from bot.storage.database import Transaction
from bot.storage.discrepancies import off, wrong
from bot.storage.moments import as_moment

#: Entries read at a time; a year of a big company does not fit into memory.
_CHUNK = 1_000
#: What may take a member below zero: usage that happened, and a reversal that was confirmed.
_OVERDRAWING = (
    EntryKind.USAGE,
    EntryKind.SETTLEMENT,
    EntryKind.TRUE_UP,
    EntryKind.ATTRIBUTION,
    EntryKind.REVERSAL,
)


def balances(tx: Transaction) -> list[Discrepancy]:
    """A cached balance is what came in less what went out."""
    sql = """
        WITH moved AS (
          SELECT workspace_id, destination AS account_id,
            tokens / 1000000000 AS high, tokens % 1000000000 AS low FROM posting
          UNION ALL
          SELECT workspace_id, source, -(tokens / 1000000000), -(tokens % 1000000000) FROM posting),
        flow AS (
          SELECT workspace_id, account_id, SUM(high) AS high, SUM(low) AS low
          FROM moved GROUP BY workspace_id, account_id)
        SELECT a.workspace_id, a.account_id,
          COALESCE(f.high, 0) * 1000000000 + COALESCE(f.low, 0), a.balance
        FROM account a LEFT JOIN flow f
          ON f.workspace_id = a.workspace_id AND f.account_id = a.account_id
        WHERE (a.balance / 1000000000 - COALESCE(f.high, 0)) * 1000000000
          + a.balance % 1000000000 - COALESCE(f.low, 0) <> 0"""
    return off(tx, "balance_is_sum_of_postings", "account", sql)


def cached(tx: Transaction) -> list[Discrepancy]:
    """Only members and pools cache a balance, within its range; an id begins with its kind."""
    sql = """
        SELECT workspace_id, account_id,
          CASE WHEN kind IN :uncached THEN kind || ' without a balance'
            ELSE kind || ' with a balance in range' END,
          kind || ' with ' || COALESCE(CAST(balance AS TEXT), 'none')
        FROM account
        WHERE (kind IN :uncached AND balance IS NOT NULL)
          OR (kind NOT IN :uncached AND balance IS NULL)
          OR balance > :balance_max OR balance < -:balance_max
          OR NOT (account_id = kind OR account_id LIKE kind || ':%')"""
    return off(
        tx,
        "balance_is_cached_where_due",
        "account",
        sql,
        uncached=sorted(UNCACHED),
        balance_max=BALANCE_MAX,
    )


def opened(tx: Transaction) -> list[Discrepancy]:
    """The entry that opened an account moved tokens of it: credited it, but for usage."""
    sql = """
        SELECT a.workspace_id, a.account_id, 'an entry that credited it',
          COALESCE(a.opened_by, 'none')
        FROM account a
        WHERE (a.opened_by IS NOT NULL OR (a.kind = 'member' AND a.balance <> 0)) AND NOT EXISTS (
          SELECT 1 FROM posting p JOIN entry e
            ON e.workspace_id = p.workspace_id AND e.entry_id = p.entry_id
          WHERE p.workspace_id = a.workspace_id AND p.entry_id = a.opened_by
            AND (p.destination = a.account_id
              OR (p.source = a.account_id AND e.kind IN :overdrawing)))"""
    return off(tx, "account_was_opened_by_a_credit", "account", sql, overdrawing=_OVERDRAWING)


def below_zero(tx: Transaction) -> list[Discrepancy]:
    """Only usage and confirmed reversals take an account below zero."""
    sql = """
        SELECT a.workspace_id, a.account_id, 'a reversal or usage of its tokens',
          CAST(a.balance - a.held AS TEXT) || ' available without one'
        FROM account a
        WHERE a.balance - a.held < 0 AND NOT EXISTS (
          SELECT 1 FROM posting p JOIN entry e
            ON e.workspace_id = p.workspace_id AND e.entry_id = p.entry_id
          WHERE p.workspace_id = a.workspace_id AND p.source = a.account_id
            AND e.kind IN :overdrawing)"""
    return off(tx, "below_zero_has_a_reason", "account", sql, overdrawing=_OVERDRAWING)


def accounts(tx: Transaction) -> list[Discrepancy]:
    """The accounts that postings name exist."""
    sql = """
        SELECT p.workspace_id, p.entry_id || ' ' || CAST(p.position AS TEXT), 'an account', p.named
        FROM (SELECT workspace_id, entry_id, position, source AS named FROM posting
          UNION ALL SELECT workspace_id, entry_id, position, destination FROM posting) AS p
        LEFT JOIN account a ON a.workspace_id = p.workspace_id AND a.account_id = p.named
        WHERE a.account_id IS NULL"""
    return off(tx, "posting_names_accounts", "posting", sql)


def amounts(tx: Transaction) -> list[Discrepancy]:
    """A posting moves 1 to 10^15 tokens between two accounts."""
    sql = """
        SELECT workspace_id, entry_id || ' ' || CAST(position AS TEXT),
          '1 to ' || CAST(:tokens_max AS TEXT) || ' between two accounts',
          CAST(tokens AS TEXT) || ' from ' || source || ' to ' || destination
        FROM posting WHERE NOT tokens BETWEEN 1 AND :tokens_max OR source = destination"""
    return off(tx, "posting_moves_tokens", "posting", sql, tokens_max=TOKENS_MAX)


def orphans(tx: Transaction) -> list[Discrepancy]:
    """Each posting has its entry."""
    sql = """
        SELECT p.workspace_id, p.entry_id || ' ' || CAST(p.position AS TEXT), 'its entry', 'none'
        FROM posting p LEFT JOIN entry e
          ON e.workspace_id = p.workspace_id AND e.entry_id = p.entry_id
        WHERE e.entry_id IS NULL"""
    return off(tx, "posting_has_its_entry", "posting", sql)


def positions(tx: Transaction) -> list[Discrepancy]:
    """Each entry has postings, at the positions 0, 1, 2 …"""
    sql = """
        SELECT e.workspace_id, e.entry_id, 'postings 0, 1, 2 …',
          CASE WHEN COUNT(p.position) = 0 THEN 'none'
            ELSE CAST(COUNT(p.position) AS TEXT) || ' postings, ' || CAST(MIN(p.position) AS TEXT)
              || ' to ' || CAST(MAX(p.position) AS TEXT) END
        FROM entry e LEFT JOIN posting p
          ON p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
        GROUP BY e.workspace_id, e.entry_id
        HAVING COUNT(p.position) = 0 OR MIN(p.position) <> 0
          OR MAX(p.position) <> COUNT(DISTINCT p.position) - 1
          OR COUNT(p.position) <> COUNT(DISTINCT p.position)"""
    return off(tx, "entry_has_its_postings", "entry", sql)


def reversals(tx: Transaction) -> list[Discrepancy]:
    """A reversal swaps each posting of its original, less what had expired, and has no other.

    What an allowance's entry let expire, or repaid of an advance, stays so and has no counterpart.
    """
    expected = """
          SELECT q.source, q.destination, q.tokens - COALESCE((
              SELECT SUM(u.tokens)
              FROM lot l
              JOIN lot_use u ON u.workspace_id = l.workspace_id AND u.lot_id = l.lot_id
              WHERE l.workspace_id = q.workspace_id AND l.entry_id = q.entry_id
                AND l.account_id = q.destination AND EXISTS (
                  SELECT 1 FROM posting x
                  WHERE x.workspace_id = u.workspace_id AND x.entry_id = u.entry_id
                    AND x.source = l.account_id AND x.destination = 'expired')), 0)
            AS tokens
          FROM posting q
          WHERE q.workspace_id = r.workspace_id AND q.entry_id = r.reverses
            AND NOT (o.kind = 'allowance'
              AND (q.destination = 'expired' OR q.source LIKE 'member:%'))"""
    made = "posting p WHERE p.workspace_id = r.workspace_id AND p.entry_id = r.entry_id"
    sql = f"""
        SELECT r.workspace_id, r.entry_id, 'the postings of ' || r.reverses || ' swapped', 'others'
        FROM entry r JOIN entry o ON o.workspace_id = r.workspace_id AND o.entry_id = r.reverses
        WHERE (SELECT COUNT(*) FROM {made})
            <> (SELECT COUNT(*) FROM ({expected}) AS e WHERE e.tokens > 0)
          OR EXISTS (SELECT 1 FROM ({expected}) AS e WHERE e.tokens > 0 AND NOT EXISTS (
            SELECT 1 FROM {made} AND p.source = e.destination AND p.destination = e.source
              AND p.tokens = e.tokens))"""  # noqa: S608 - constants above
    return off(tx, "reversal_swaps_its_original", "entry", sql)


def reversed_kinds(tx: Transaction) -> list[Discrepancy]:
    """A reversal, and nothing else, names an entry of a kind that can be taken back."""
    sql = """
        SELECT r.workspace_id, r.entry_id,
          CASE WHEN r.kind = 'reversal' THEN 'an original that can be taken back'
            ELSE r.kind || ' without an original' END,
          COALESCE(r.reverses, 'none') || ', ' || COALESCE(o.kind, 'which is not there')
        FROM entry r LEFT JOIN entry o
          ON o.workspace_id = r.workspace_id AND o.entry_id = r.reverses
        WHERE (r.kind = 'reversal' AND (o.kind IS NULL OR o.kind NOT IN :reversible))
          OR (r.kind <> 'reversal' AND r.reverses IS NOT NULL)"""
    return off(tx, "reversal_has_an_original", "entry", sql, reversible=sorted(REVERSIBLE))


def reversed_once(tx: Transaction) -> list[Discrepancy]:
    """An entry is taken back at most once."""
    sql = """
        SELECT workspace_id, reverses, 'at most one reversal', COUNT(*)
        FROM entry WHERE reverses IS NOT NULL
        GROUP BY workspace_id, reverses HAVING COUNT(*) > 1"""
    return off(tx, "entry_is_reversed_once", "entry", sql)


def entry_keys(tx: Transaction) -> list[Discrepancy]:
    """No idempotency key counted twice."""
    sql = """
        SELECT e.workspace_id, e.entry_id, 'a key of its own',
          CAST(twice.times AS TEXT) || ' with ' || e.idempotency_key
        FROM entry e JOIN (
          SELECT workspace_id, idempotency_key, COUNT(*) AS times
          FROM entry GROUP BY workspace_id, idempotency_key HAVING COUNT(*) > 1) AS twice
          ON twice.workspace_id = e.workspace_id AND twice.idempotency_key = e.idempotency_key"""
    return off(tx, "entry_key_is_unique", "entry", sql)


def self_grants(tx: Transaction) -> list[Discrepancy]:
    """A grant says whether its actor is among those it credits."""
    sql = """
        SELECT workspace_id, entry_id,
          CASE WHEN is_to_self THEN 'a word that it is to oneself' ELSE 'a grant to oneself' END,
          CASE WHEN is_to_self THEN 'none' ELSE 'one to others that says so' END
        FROM (SELECT e.workspace_id, e.entry_id, e.is_self_approved, EXISTS (
            SELECT 1 FROM posting p
            WHERE p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
              AND p.destination = 'member:' || e.actor) AS is_to_self
          FROM entry e WHERE e.kind = 'grant') AS granted
        WHERE is_to_self <> is_self_approved"""
    return off(tx, "self_grant_says_so", "entry", sql)


def contents(tx: Transaction) -> Iterator[Discrepancy]:
    """The fingerprint of each entry is that of what stands there, and its id tells its time."""
    sql = sa.text("""
        SELECT e.workspace_id, e.entry_id, e.kind, e.actor, e.note, e.reverses, e.recorded_at,
          e.fingerprint, p.source, p.destination, p.tokens
        FROM entry e LEFT JOIN posting p
          ON p.workspace_id = e.workspace_id AND p.entry_id = e.entry_id
        ORDER BY e.workspace_id, e.entry_id, p.position""")
    rows = tx.connection.execute(sql.execution_options(yield_per=_CHUNK))
    for _, group in groupby(rows, key=lambda row: (row.workspace_id, row.entry_id)):
        yield from _content(list(group))


def _content(rows: Sequence[sa.Row[Any]]) -> Iterator[Discrepancy]:
    first = rows[0]
    postings = [(row.source, row.destination, row.tokens) for row in rows if row.source is not None]
    stamped = books.fingerprint(
        kind=first.kind,
        actor=first.actor,
        postings=postings,
        note=first.note,
        reverses=first.reverses,
    )
    row = ("entry", first.workspace_id, first.entry_id)
    if stamped != first.fingerprint:
        yield wrong("entry_is_as_recorded", row, expected=first.fingerprint, found=stamped)
    recorded_at = as_moment(first.recorded_at)
    if recorded_at is None or not ids.is_of(first.entry_id, recorded_at):
        found = str(first.recorded_at)
        yield wrong("entry_id_tells_its_time", row, expected="the time in its id", found=found)
