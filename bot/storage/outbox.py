"""Where notices wait: written with what they tell, ended once. `claims` says which may be sent."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.domain import notices
from bot.domain.directory import WorkspaceId
from bot.domain.notices import HomeStale, Notice, NoticeId, PanelStale, QueueStale, Reply
from bot.storage import ids
from bot.storage.database import Topic, Transaction
from bot.storage.statements import Statement
from bot.storage.tables import OutboxRow, table

_outbox = table(OutboxRow)
_added = itertools.count()
#: As far as an id is the time when it was made.
_TIME = 18

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


def add(tx: Transaction, workspace_id: WorkspaceId, notice: Notice, now: datetime) -> None:
    """Owe a notice, from the same commit as what it tells."""
    queue = notices.queue(notice)
    good_for = (
        notices.REPLY_GOOD_FOR
        if isinstance(notice, Reply | PanelStale | QueueStale)
        else notices.GOOD_FOR
    )
    notice_id = ids.new(now)
    values = {
        "workspace_id": workspace_id,
        "notice_id": notice_id,
        "queue": queue,
        "rank": _rank(notice, notice_id),
        "kind": notices.kind_of(notice),
        "payload": notices.dump(notice),
        "dedupe": _dedupe(notice, queue),
        "created_at": now,
        "due_at": now,
        "good_until": now + good_for,
    }
    tx.queue(ADD, values)
    tx.announce(Topic.OUTBOX)


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


def waiting(tx: Transaction, *, owed_by: datetime) -> int:
    """How many notices owed by then still wait."""
    return tx.connection.execute(
        sa.select(sa.func.count()).where(
            _outbox.c.state == sa.literal_column("'waiting'"), _outbox.c.created_at <= owed_by
        )
    ).scalar_one()


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


def _dedupe(notice: Notice, queue: str) -> str | None:
    """One of these waits at a time; somebody who waits doesn't wait as long as a refresh does."""
    if isinstance(notice, HomeStale | PanelStale | QueueStale):
        return f"{queue}:{notices.priority(notice):d}"
    return None


def _rank(notice: Notice, notice_id: str) -> str:
    """What orders a queue: priority, time, and at one time, the order in which they were added."""
    at, rest = notice_id[:_TIME], notice_id[_TIME:]
    return f"{notices.priority(notice):d}{at}{next(_added):012x}{rest}"


def _still_waiting(
    workspace_id: WorkspaceId, notice_id: NoticeId
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _outbox.c.workspace_id == workspace_id,
        _outbox.c.notice_id == notice_id,
        _outbox.c.state == "waiting",
    )
