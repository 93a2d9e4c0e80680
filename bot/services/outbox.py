"""Delivering what is owed: claim, mark, put off; and the admin's look at what waits or died."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import notices
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.notices import (
    AdminWelcomed,
    Claimed,
    DeadReported,
    HomeStale,
    MessageRef,
    Notice,
    Reply,
    TopUpAsked,
    TopUpDecided,
    TopUpReopened,
)
from bot.services import arrivals, copies
from bot.storage import (
    claims,
    dead_notices,
    departures,
    directory,
    events,
    homes,
    outbox,
    reopening,
    roles,
)
from bot.storage.claims import Look
from bot.storage.database import Database, Transaction
from bot.storage.dead_notices import Unreported
from bot.storage.outbox import Waiting

#: After this a notice whose sender died is free for the next.
LEASE = timedelta(seconds=60)
#: What was sent is kept so long, for the admin who asks whether it was.
SENT_KEPT = timedelta(days=30)
#: Slack sends an event again for some six minutes.
EVENTS_KEPT = timedelta(days=1)
#: Admins hear of what could not be delivered at most so often.
REPORTED_EVERY = timedelta(days=1)
#: What died is counted this much later: by then, whoever stamped it has committed.
_SETTLED_AFTER = timedelta(minutes=1)
_FORGET_MAX = 5_000
_SPARE = 4


def claim(
    database: Database,
    *,
    now: datetime,
    spacing: timedelta,
    limit: int,
    withheld: frozenset[tuple[str, str]] = frozenset(),
) -> list[Claimed]:
    """Notices that this process alone may send until the lease ends; the first of each queue.

    Those of the lowest rank, but for the kinds `withheld` in a workspace, and all of a workspace
    that has let go of the bot.
    """
    # Looked for without the writer, which a long queue would then be kept from; and some more than
    # asked for, since another process may be taking the first of them.
    with database.reading() as tx:
        look = Look(
            now=now, spaced_since=now - spacing, withheld=withheld, away=departures.names(tx)
        )
        found = claims.candidates(tx, look, limit=limit * _SPARE)
    if not found:
        return []
    with database.writing() as tx:
        return claims.take(tx, look, found, lease_until=now + LEASE, limit=limit)


def next_due(
    database: Database, *, withheld: frozenset[tuple[str, str]] = frozenset()
) -> datetime | None:
    """When the earliest first notice of a queue can be tried."""
    with database.reading() as tx:
        return claims.next_due(tx, withheld=withheld, away=departures.names(tx))


def mark_sent(
    database: Database, claimed: Claimed, message: MessageRef | None, now: datetime
) -> None:
    """It was sent, as this message. A crash before here is the one way to a second copy."""
    workspace_id = WorkspaceId(claimed.workspace_id)
    with database.writing() as tx:
        outbox.end(tx, workspace_id, claimed.notice_id, state="sent", now=now)
        notice = claimed.notice
        if isinstance(notice, HomeStale):
            homes.drawn_by(tx, workspace_id, notice.recipient, claimed.notice_id)
        elif message is not None:
            _place(tx, workspace_id, notice, message, now)


def _place(
    tx: Transaction, workspace_id: WorkspaceId, notice: Notice, message: MessageRef, now: datetime
) -> None:
    """Remember where it stands, if it is to change with what it tells."""
    if isinstance(notice, TopUpAsked):
        copies.place(tx, workspace_id, notice, message, now)
    elif isinstance(notice, AdminWelcomed):
        arrivals.place(tx, workspace_id, message)
    elif isinstance(notice, TopUpDecided) and not reopening.place_told(
        tx, workspace_id, notice.topup_id, message, reopened=notice.reopened
    ):
        # Undone while it was on its way.
        undone = TopUpReopened(
            recipient=notice.recipient, topup_id=notice.topup_id, message=message
        )
        outbox.add(tx, workspace_id, undone, now)


def bury(database: Database, claimed: Claimed, *, state: str, error: str, now: datetime) -> None:
    """It can't be delivered (`dead`) or came too late (`stale`); an admin sees it."""
    workspace_id = WorkspaceId(claimed.workspace_id)
    with database.writing() as tx:
        outbox.end(tx, workspace_id, claimed.notice_id, state=state, now=now, error=error)


def put_off(database: Database, claimed: Claimed, *, due_at: datetime, error: str) -> None:
    """It is tried again then, and those behind it in its queue wait."""
    workspace_id = WorkspaceId(claimed.workspace_id)
    with database.writing() as tx:
        outbox.put_off(tx, workspace_id, claimed.notice_id, due_at=due_at, error=error)


def reply(database: Database, workspace_id: WorkspaceId, answer: Reply, now: datetime) -> None:
    """Owe the answer to a click."""
    with database.writing() as tx:
        outbox.add(tx, workspace_id, answer, now)


def dm_channel(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> str | None:
    """The channel of the bot's direct messages with this person, once it was opened."""
    with database.reading() as tx:
        return directory.dm_channel(tx, workspace_id, user_id)


def set_dm_channel(
    database: Database, workspace_id: WorkspaceId, user_id: UserId, channel: str
) -> None:
    """Remember it."""
    with database.writing() as tx:
        directory.want(tx, workspace_id, [user_id])
        directory.set_dm_channel(tx, workspace_id, user_id, channel)


def listed(database: Database, *, states: Sequence[str], limit: int) -> list[Waiting]:
    """Notices in these states, oldest first."""
    with database.reading() as tx:
        return outbox.listed(tx, states=states, limit=limit)


def counts(database: Database) -> dict[str, int]:
    """How many notices are in each state."""
    with database.reading() as tx:
        return outbox.counts(tx)


def retry(database: Database, now: datetime) -> int:
    """Let dead and stale notices be tried again; how many there were."""
    with database.writing() as tx:
        return outbox.revive(tx, now=now, good_until=now + notices.GOOD_FOR)


def forget_old(database: Database, now: datetime) -> int:
    """Delete sent notices and seen events that nobody asks for any more."""
    with database.writing() as tx:
        events.forget(tx, before=now - EVENTS_KEPT)
        return outbox.forget_sent(tx, before=now - SENT_KEPT, limit=_FORGET_MAX)


def owe(database: Database, workspace_id: WorkspaceId, notice: Notice, now: datetime) -> None:
    """Owe a notice that tells of nothing else in the database."""
    with database.writing() as tx:
        outbox.add(tx, workspace_id, notice, now)


def report_dead(database: Database, now: datetime) -> None:
    """Owe each workspace's admins a word of what could not be delivered, once a day at the most."""
    until = now - _SETTLED_AFTER
    with database.reading() as tx:
        found = dead_notices.unreported(tx)
    for which in found:
        if which.told_until is None or which.told_until + REPORTED_EVERY <= until:
            _report(database, which, until, now)


def _report(database: Database, which: Unreported, until: datetime, now: datetime) -> None:
    workspace_id = which.workspace_id
    with database.writing() as tx:
        reasons = dead_notices.reasons(tx, which, until=until)
        approvers = roles.approvers(tx, workspace_id)
        admins = [member for member in approvers if member.is_admin] or approvers
        # The claim makes it one report, also where two look at once.
        if reasons and admins and dead_notices.claim_report(tx, which, until=until):
            for admin in admins:
                told = DeadReported(recipient=admin.user_id, reasons=reasons)
                outbox.add(tx, workspace_id, told, now)


def waiting(database: Database, *, owed_by: datetime) -> int:
    """How many notices owed by then still wait."""
    with database.reading() as tx:
        return outbox.waiting(tx, owed_by=owed_by)
