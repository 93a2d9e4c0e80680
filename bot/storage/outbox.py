"""Where notices wait: written with what they tell, claimed by one process, ended once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain import notices
from bot.domain.directory import WorkspaceId
from bot.domain.notices import Claimed, HomeStale, Notice, NoticeId, Reply
from bot.storage import ids
from bot.storage.database import Topic, Transaction
from bot.storage.statements import Statement
from bot.storage.tables import OutboxRow, table

_outbox = table(OutboxRow)

ADD = Statement(
    lambda insert: (
        insert(_outbox)
        .values(
            {
                name: sa.bindparam(name, type_=_outbox.c[name].type)
                for name in (
                    "workspace_id",
                    "notice_id",
                    "queue",
                    "kind",
                    "payload",
                    "dedupe",
                    "created_at",
                    "due_at",
                    "good_until",
                    "rank",
                )
            }
            | {"state": sa.literal_column("'waiting'"), "attempts": sa.literal_column("0")}
            | {"error": sa.literal_column("''")}
        )
        .on_conflict_do_nothing()
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A row of the outbox, for the admin who looks."""

    notice_id: NoticeId
    workspace_id: WorkspaceId
    kind: str
    queue: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    error: str


_first = _outbox.alias("first")
#: The first waiting notice of each queue. They are looked up in the index of those that wait.
_FIRST = (
    _outbox.c.state == "waiting",
    sa.tuple_(_outbox.c.workspace_id, _outbox.c.notice_id).in_(
        sa.select(_first.c.workspace_id, sa.func.min(_first.c.notice_id))
        .where(_first.c.state == sa.literal_column("'waiting'"))
        .group_by(_first.c.workspace_id, _first.c.queue)
    ),
)


def add(tx: Transaction, workspace_id: WorkspaceId, notice: Notice, now: datetime) -> None:
    """Owe a notice, from the same commit as what it tells."""
    queue = notices.queue(notice)
    good_for = notices.REPLY_GOOD_FOR if isinstance(notice, Reply) else notices.GOOD_FOR
    notice_id = ids.new(now)
    values = {
        "workspace_id": workspace_id,
        "notice_id": notice_id,
        "queue": queue,
        "rank": f"1{notice_id}",
        "kind": notices.kind_of(notice),
        "payload": notices.dump(notice),
        "dedupe": queue if isinstance(notice, HomeStale) else None,
        "created_at": now,
        "due_at": now,
        "good_until": now + good_for,
    }
    tx.queue(ADD, values)
    tx.announce(Topic.OUTBOX)


def claim(
    tx: Transaction, *, now: datetime, spaced_since: datetime, lease_until: datetime, limit: int
) -> list[Claimed]:
    """Take the first due notice of each queue, so that nobody else sends it before the lease ends.

    Of one queue only the first is taken, which keeps its order; and none while its last message
    was sent after `spaced_since`, which keeps Slack's one a second.
    """
    # A CTE, since PostgreSQL might run a subquery more than once, and lock more than the limit.
    due = _due(now, spaced_since, limit=limit).with_for_update(skip_locked=True).cte("due")
    taken = tx.connection.execute(
        sa.update(_outbox)
        .where(
            sa.tuple_(_outbox.c.workspace_id, _outbox.c.notice_id).in_(
                sa.select(due.c.workspace_id, due.c.notice_id)
            ),
            _outbox.c.state == "waiting",
            _free(now),
        )
        .values(leased_until=lease_until, attempts=_outbox.c.attempts + 1)
        .returning(*_outbox.c)
    ).mappings()
    return sorted(map(_claimed, taken), key=lambda claimed: claimed.notice_id)


def has_due(tx: Transaction, *, now: datetime, spaced_since: datetime) -> bool:
    """Whether `claim` would find anything, asked without taking the writer."""
    return tx.connection.execute(_due(now, spaced_since, limit=1)).first() is not None


def end(
    tx: Transaction,
    workspace_id: WorkspaceId,
    notice_id: NoticeId,
    *,
    state: str,
    now: datetime,
    error: str = "",
) -> None:
    """The notice is `sent`, `dead` or `stale`; what was sent is kept no longer.

    One that has ended stays as it is: whoever says so again had lost their lease.
    """
    kept = {} if state != "sent" else {"payload": ""}
    tx.connection.execute(
        sa.update(_outbox)
        .where(*_still_waiting(workspace_id, notice_id))
        .values(state=state, ended_at=now, error=error, leased_until=None, **kept)
    )


def put_off(
    tx: Transaction,
    workspace_id: WorkspaceId,
    notice_id: NoticeId,
    *,
    due_at: datetime,
    error: str,
) -> None:
    """Try again then, unless it has ended meanwhile."""
    tx.connection.execute(
        sa.update(_outbox)
        .where(*_still_waiting(workspace_id, notice_id))
        .values(due_at=due_at, error=error, leased_until=None)
    )


def next_due(tx: Transaction) -> datetime | None:
    """When the earliest first notice of a queue can be tried; leases count too."""
    is_sqlite = tx.connection.dialect.name == "sqlite"
    later: Any = sa.func.max if is_sqlite else sa.func.greatest
    at = later(_outbox.c.due_at, sa.func.coalesce(_outbox.c.leased_until, _outbox.c.due_at))
    found = tx.connection.execute(
        sa.select(sa.func.min(at, type_=_outbox.c.due_at.type)).where(*_FIRST)
    )
    return found.scalar_one_or_none()


def listed(tx: Transaction, *, states: Sequence[str], limit: int) -> list[Waiting]:
    """Notices in these states, oldest first."""
    rows = tx.connection.execute(
        sa.select(_outbox)
        .where(_outbox.c.state.in_(states))
        .order_by(_outbox.c.notice_id)
        .limit(limit)
    ).mappings()
    return [Waiting(**{name: row[name] for name in Waiting.__dataclass_fields__}) for row in rows]


def counts(tx: Transaction) -> dict[str, int]:
    """How many notices are in each state."""
    rows = tx.connection.execute(
        sa.select(_outbox.c.state, sa.func.count()).group_by(_outbox.c.state)
    )
    return {row[0]: row[1] for row in rows}


def revive(tx: Transaction, *, now: datetime, good_until: datetime) -> int:
    """Let dead and stale notices wait again; how many there were. What is empty says nothing."""
    revived = tx.connection.execute(
        sa.update(_outbox)
        .where(_outbox.c.state.in_(["dead", "stale"]), _outbox.c.payload != "")
        .values(state="waiting", due_at=now, ended_at=None, good_until=good_until, attempts=1)
    )
    tx.announce(Topic.OUTBOX)
    return revived.rowcount


def forget_sent(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Delete sent notices that ended before; how many went."""
    old = (
        sa.select(_outbox.c.workspace_id, _outbox.c.notice_id)
        .where(_outbox.c.state == "sent", _outbox.c.ended_at < before)
        .limit(limit)
    )
    gone = tx.connection.execute(
        sa.delete(_outbox).where(sa.tuple_(_outbox.c.workspace_id, _outbox.c.notice_id).in_(old))
    )
    return gone.rowcount


def _due(now: datetime, spaced_since: datetime, *, limit: int) -> sa.Select[tuple[str, str]]:
    recent = _outbox.alias("recent")
    just_sent = (
        recent.c.workspace_id == _outbox.c.workspace_id,
        recent.c.state == "sent",
        recent.c.ended_at > spaced_since,
        recent.c.queue == _outbox.c.queue,
    )
    return (
        sa.select(_outbox.c.workspace_id, _outbox.c.notice_id)
        .where(*_FIRST, _outbox.c.due_at <= now, _free(now), ~sa.exists().where(*just_sent))
        .order_by(_outbox.c.notice_id)
        .limit(limit)
    )


def _still_waiting(
    workspace_id: WorkspaceId, notice_id: NoticeId
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _outbox.c.workspace_id == workspace_id,
        _outbox.c.notice_id == notice_id,
        _outbox.c.state == "waiting",
    )


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return _outbox.c.leased_until.is_(None) | (_outbox.c.leased_until <= now)


def _claimed(row: sa.RowMapping) -> Claimed:
    return Claimed(
        notice_id=row["notice_id"],
        workspace_id=row["workspace_id"],
        kind=row["kind"],
        payload=row["payload"],
        attempts=row["attempts"],
        good_until=row["good_until"],
    )
