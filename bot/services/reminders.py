"""Requests that nobody decides: approvers are reminded, admins are asked, and at last they expire.

Each of the three happens once to a request, whoever's clock comes first: a reminder and an
escalation by the `run` row that commits with their notices, an expiry by the guard on the state.
All read the request's state under its lock, so that one decided before gets none of them.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import topups as rules
from bot.domain.deadlines import Deadline
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.notices import TopUpAsked, TopUpCopyChanged, TopUpDecided
from bot.domain.stand_ins import Absence, present
from bot.domain.topups import Cause, TopUp, TopUpId
from bot.services import copies
from bot.storage import directory, outbox, roles, runs, stand_ins, topups
from bot.storage.database import Database, Transaction


def remind(
    database: Database, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId], now: datetime
) -> None:
    """Send a fresh copy to each approver who has one and is here to decide."""
    with database.writing() as tx:
        waiting = _claimed(tx, workspace_id, Deadline.REMINDER, topup_ids, now)
        reminded = copies.deciders(tx, workspace_id, waiting, now)
        for topup in waiting:
            for user_id in reminded[topup.topup_id]:
                again = TopUpAsked(recipient=user_id, topup_id=topup.topup_id, cause=Cause.REMINDER)
                outbox.add(tx, workspace_id, again, now)
        orphaned = [topup for topup in waiting if not reminded[topup.topup_id]]
        copies.send_missing(tx, workspace_id, orphaned, cause=Cause.PASSED_ON, now=now)


def escalate(
    database: Database, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId], now: datetime
) -> None:
    """Ask a few admins, beside those who were asked before."""
    with database.writing() as tx:
        waiting = _claimed(tx, workspace_id, Deadline.ESCALATION, topup_ids, now)
        have = topups.copies_of(tx, workspace_id, [one.topup_id for one in waiting])
        absences = stand_ins.active(tx, workspace_id, now)
        admins = [one for one in roles.approvers(tx, workspace_id) if one.is_admin]
        people = directory.members(tx, workspace_id, [one.requester for one in waiting])
        wanted = [
            (topup.topup_id, user_id)
            for topup in waiting
            for user_id in _asked_now(
                people[topup.requester], admins, have[topup.topup_id], absences
            )
        ]
        copies.send(tx, workspace_id, wanted, cause=Cause.ESCALATION, now=now, asked_before=have)


def expire(
    database: Database, workspace_id: WorkspaceId, topup_ids: Sequence[TopUpId], now: datetime
) -> None:
    """Close what is still open; the requesters learn of it, and every copy changes."""
    with database.writing() as tx:
        expired = topups.expire(tx, workspace_id, topup_ids, now)
        have = topups.copies_of(tx, workspace_id, [one.topup_id for one in expired])
        for topup in expired:
            told = TopUpDecided(
                recipient=topup.requester, topup_id=topup.topup_id, reopened=topup.reopened
            )
            outbox.add(tx, workspace_id, told, now)
            for user_id in have[topup.topup_id]:
                changed = TopUpCopyChanged(recipient=user_id, topup_id=topup.topup_id)
                outbox.add(tx, workspace_id, changed, now)


def _claimed(
    tx: Transaction,
    workspace_id: WorkspaceId,
    deadline: Deadline,
    topup_ids: Sequence[TopUpId],
    now: datetime,
) -> list[TopUp]:
    """Those still open, to which nobody else has done this or can do it any more."""
    still = topups.open_locked(tx, workspace_id, topup_ids)
    # A row each, with our commit: of two that claim the same the second finds the first's.
    wanted = [(str(topup.topup_id), "") for topup in still]
    ours = runs.claim(tx, workspace_id, deadline, wanted, now)
    return [topup for topup in still if (topup.topup_id, "") in ours]


def _asked_now(
    requester: Member,
    admins: Sequence[Member],
    have: Sequence[UserId],
    absences: Sequence[Absence],
) -> list[UserId]:
    others = [one for one in admins if one.user_id != requester.user_id]
    here = [one.user_id for one in present(others, requester, absences)]
    return [one for one in here if one not in have][: rules.APPROVERS_ASKED_MAX]
