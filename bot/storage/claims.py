"""Which notices may be sent now, and the claim that makes them one process's for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.notices import Claimed
from bot.storage.database import Transaction
from bot.storage.tables import OutboxRow, table

#: What names a notice: its workspace and its id.
Name = tuple[str, str]

_outbox = table(OutboxRow)
#: A constant in the text: as a parameter it would keep SQLite from the indexes of what waits.
_WAITING: sa.ColumnElement[str] = sa.literal_column("'waiting'")
_ahead, _recent = _outbox.alias("ahead"), _outbox.alias("recent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look for what may be sent: when, to queues quiet since when, and what is held back."""

    now: datetime
    spaced_since: datetime
    #: Kinds of notices that a workspace's Slack does not take now.
    withheld: frozenset[tuple[str, str]] = frozenset()
    #: Workspaces that have let go of the bot.
    away: frozenset[str] = frozenset()


def candidates(tx: Transaction, look: Look, *, limit: int) -> list[Name]:
    """Notices that may be sent, the lowest ranks first: one of each queue, taken by nobody yet."""
    found = tx.connection.execute(_may_go(tx, look, limit=limit))
    return [(row[0], row[1]) for row in found]


def take(
    tx: Transaction, look: Look, found: Sequence[Name], *, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Claim some of what `candidates` found, so that nobody else sends it before the lease ends.

    Of one queue only the first is taken, which keeps its order; none while another of it is being
    sent, or was sent after `spaced_since`, which keeps Slack's one a second.
    """
    if tx.connection.dialect.name == "postgresql":
        found = _locked(tx, found, limit)
    picked = _may_go(tx, look, _named(found), limit=limit)
    taken = tx.connection.execute(
        sa.update(_outbox)
        .where(sa.tuple_(_outbox.c.workspace_id, _outbox.c.notice_id).in_(picked))
        .values(leased_until=lease_until, attempts=_outbox.c.attempts + 1)
        .returning(*_outbox.c)
    ).mappings()
    return [_claimed(row) for row in sorted(taken, key=lambda row: str(row["rank"]))]


def next_due(
    tx: Transaction, *, withheld: frozenset[tuple[str, str]], away: frozenset[str]
) -> datetime | None:
    """When the earliest first notice of a queue can be tried; leases count too."""
    is_sqlite = tx.connection.dialect.name == "sqlite"
    later: Any = sa.func.max if is_sqlite else sa.func.greatest
    at = later(_outbox.c.due_at, sa.func.coalesce(_outbox.c.leased_until, _outbox.c.due_at))
    found = tx.connection.execute(
        sa.select(sa.func.min(at, type_=_outbox.c.due_at.type)).where(
            _outbox.c.state == _WAITING,
            ~_in_queue(_outbox, _ahead.c.rank < _outbox.c.rank),
            *_not_withheld(withheld, away),
        )
    )
    return found.scalar_one_or_none()


def _locked(tx: Transaction, found: Sequence[Name], limit: int) -> list[Name]:
    """Those of which no other process is claiming the row, or another of the same queue.

    Row locks alone would let two processes each take one of a queue: a notice of a higher priority
    may come while the other claims. The lock on the queue is seen by all, and the claim that
    follows it sees what was committed until then.
    """
    # A CTE, since PostgreSQL might run a subquery more than once, and lock more than the limit.
    rows = (
        sa.select(_outbox.c.workspace_id, _outbox.c.notice_id, _outbox.c.queue)
        .where(_named(found), _outbox.c.state == _WAITING)
        .order_by(_outbox.c.rank)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("rows")
    )
    queue = sa.func.hashtextextended(rows.c.workspace_id + ":" + rows.c.queue, 0)
    tried = tx.connection.execute(
        sa.select(rows.c.workspace_id, rows.c.notice_id, sa.func.pg_try_advisory_xact_lock(queue))
    )
    return [(workspace_id, notice_id) for workspace_id, notice_id, is_ours in tried if is_ours]


def _may_go(
    tx: Transaction, look: Look, *which: sa.ColumnElement[bool], limit: int
) -> sa.Select[str, str]:
    """Those that are due, walked along their ranks and each asked for what stands in its way.

    PostgreSQL gets them from a subquery: planned before it knew of 20,000 notices that had come at
    once, the joins that it made of it all took seconds (docs/decisions/0008-claims-by-rank.md).
    """
    is_due = (
        _outbox.c.state == _WAITING,
        _outbox.c.due_at <= look.now,
        _outbox.c.leased_until.is_(None) | (_outbox.c.leased_until <= look.now),
        *which,
        *_not_withheld(look.withheld, look.away),
    )
    if tx.connection.dialect.name == "sqlite":
        return _in_nobodys_way(_outbox, look, limit).where(*is_due)
    due = sa.select(_outbox).where(*is_due).order_by(_outbox.c.rank).offset(0).subquery("due")
    return _in_nobodys_way(due, look, limit)


def _in_nobodys_way(row: sa.FromClause, look: Look, limit: int) -> sa.Select[str, str]:
    """The first of a queue, of which none is being sent or was sent just now."""
    stands_ahead = (_ahead.c.rank < row.c.rank) | (_ahead.c.leased_until > look.now)
    just_sent = (
        sa.select(sa.literal(1))
        .where(
            _recent.c.workspace_id == row.c.workspace_id,
            _recent.c.state == sa.literal_column("'sent'"),
            _recent.c.ended_at > look.spaced_since,
            _recent.c.queue == row.c.queue,
        )
        .offset(0)
        .exists()
    )
    return (
        sa.select(row.c.workspace_id, row.c.notice_id)
        .where(~_in_queue(row, stands_ahead), ~just_sent)
        .order_by(row.c.rank)
        .limit(limit)
    )


def _in_queue(row: sa.FromClause, what: sa.ColumnElement[bool]) -> sa.Exists:
    """Whether a notice that waits in the row's queue is like that; OFFSET keeps it from joins."""
    return (
        sa.select(sa.literal(1))
        .where(
            _ahead.c.workspace_id == row.c.workspace_id,
            _ahead.c.queue == row.c.queue,
            _ahead.c.state == _WAITING,
            what,
        )
        .offset(0)
        .exists()
    )


def _not_withheld(
    withheld: frozenset[tuple[str, str]], away: frozenset[str]
) -> tuple[sa.ColumnElement[bool], ...]:
    kept: list[sa.ColumnElement[bool]] = []
    if withheld:
        kind = sa.tuple_(_outbox.c.workspace_id, _outbox.c.kind)
        kept.append(kind.not_in(sorted(withheld)))
    if away:
        kept.append(_outbox.c.workspace_id.not_in(sorted(away)))
    return tuple(kept)


def _named(found: Sequence[Name]) -> sa.ColumnElement[bool]:
    return sa.tuple_(_outbox.c.workspace_id, _outbox.c.notice_id).in_(list(found))


def _claimed(row: sa.RowMapping) -> Claimed:
    return Claimed(
        notice_id=row["notice_id"],
        workspace_id=row["workspace_id"],
        kind=row["kind"],
        payload=row["payload"],
        attempts=row["attempts"],
        good_until=row["good_until"],
    )
