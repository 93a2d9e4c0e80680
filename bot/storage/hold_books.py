"""The audit of holds: one function per rule, as in `books`. Their sums are in `lot_books`."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa

from bot.domain.books import Discrepancy
from bot.domain.directory import WorkspaceId
from bot.domain.holds import EXTENDED_MAX
from bot.domain.ledger import TOKENS_MAX
from bot.domain.usage_events import LATE_MAX
from bot.storage import retention
from bot.storage.database import Transaction
from bot.storage.discrepancies import off, wrong
from bot.storage.moments import as_moment
from bot.storage.tables import HoldRow, table

_hold = table(HoldRow)
#: What a hold was settled with may be as late as any call, and its day begins before ours.
_LATE = LATE_MAX + timedelta(days=2)


def ended(tx: Transaction) -> list[Discrepancy]:
    """A hold keeps no more than its call may use still; one that has ended keeps nothing."""
    sql = """
        SELECT workspace_id, hold_id,
          CASE WHEN state = 'open' THEN 'held within promised within asked for'
            ELSE 'nothing, as it is ' || state END,
          CAST(held AS TEXT) || ' of ' || CAST(promised AS TEXT) || ' of '
            || CAST(tokens AS TEXT)
        FROM hold
        WHERE (state <> 'open' AND (held <> 0 OR promised <> 0))
          OR held < 0 OR held > promised OR promised > tokens
          OR tokens NOT BETWEEN 1 AND :tokens_max"""
    return off(tx, "hold_keeps_what_it_may", "hold", sql, tokens_max=TOKENS_MAX)


def settled(tx: Transaction) -> Iterator[Discrepancy]:
    """A hold that is settled names the event that settled it, and no other names one.

    Of calls that are old enough the events are deleted (`storage.retention`).
    """
    sql = """
        SELECT h.workspace_id, h.hold_id, h.created_at, k.position,
          CASE WHEN h.state = 'settled' THEN 'the event that settled it, and its entry'
            ELSE 'no event, as it is ' || h.state END,
          COALESCE(h.settled_source || ' ' || h.settled_id, 'none')
            || CASE WHEN u.source IS NULL THEN ', which is not there' ELSE '' END
        FROM hold h
        LEFT JOIN usage_event u ON u.workspace_id = h.workspace_id
          AND u.source = h.settled_source AND u.external_id = h.settled_id
        LEFT JOIN entry e ON e.workspace_id = u.workspace_id AND e.entry_id = u.entry_id
        LEFT JOIN progress k ON k.workspace_id = h.workspace_id AND k.job = :mark
        WHERE (h.state = 'settled' AND (u.source IS NULL
            OR (u.entry_id IS NOT NULL AND e.entry_id IS NULL)))
          OR (h.state <> 'settled' AND (h.settled_id IS NOT NULL OR h.settled_source IS NOT NULL))
        """
    found = tx.connection.execute(sa.text(sql), {"mark": retention.DAYS})
    for workspace_id, hold_id, created_at, kept_from, expected, named in found:
        if not _is_forgotten(as_moment(created_at), kept_from):
            row = ("hold", workspace_id, hold_id)
            yield wrong("settled_hold_has_its_event", row, expected=expected, found=named)


def ends(tx: Transaction) -> Iterator[Discrepancy]:
    """A hold was made to stand longer by a day at most, and never shorter."""
    found = tx.connection.execute(
        sa.select(
            _hold.c.workspace_id, _hold.c.hold_id, _hold.c.first_end_at, _hold.c.expires_at
        ).where(_hold.c.first_end_at != _hold.c.expires_at)
    )
    for workspace_id, hold_id, first_end_at, expires_at in found:
        if not first_end_at <= expires_at <= first_end_at + EXTENDED_MAX:
            row = ("hold", WorkspaceId(workspace_id), hold_id)
            yield wrong(
                "hold_ends_in_time",
                row,
                expected=f"within a day of {first_end_at.isoformat()}",
                found=expires_at.isoformat(),
            )


def _is_forgotten(created_at: datetime | None, kept_from: str | None) -> bool:
    """Whether the event may be deleted, since it may be of a day before the first that is whole."""
    if kept_from is None or created_at is None:
        return False
    return created_at < datetime.combine(date.fromisoformat(kept_from), time(), UTC) + _LATE
