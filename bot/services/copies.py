"""Approvers' copies of requests: who gets one, and where it stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain import roles, stand_ins
from bot.domain import topups as rules
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.notices import MessageRef, TopUpAsked, TopUpCopyChanged
from bot.domain.roles import Deed
from bot.domain.stand_ins import Absence
from bot.domain.topups import Cause, TopUp, TopUpId
from bot.storage import directory, outbox, topups
from bot.storage import roles as given_roles
from bot.storage import stand_ins as absent
from bot.storage.database import Transaction


def whom(
    tx: Transaction, workspace_id: WorkspaceId, requester: Member, now: datetime
) -> list[Member]:
    """Who is asked at this moment for what this person wants."""
    approvers = given_roles.approvers(tx, workspace_id)
    return rules.approvers_asked(requester, approvers, absent.active(tx, workspace_id, now))


def admins(
    tx: Transaction, workspace_id: WorkspaceId, requester: Member, now: datetime
) -> list[UserId]:
    """A few admins who may decide for this person and are here, or whoever stands in for them."""
    found = [one for one in given_roles.approvers(tx, workspace_id) if one.is_admin]
    others = [one for one in found if one.user_id != requester.user_id]
    here = stand_ins.present(others, requester, absent.active(tx, workspace_id, now))
    return [one.user_id for one in (here or others)][: rules.APPROVERS_ASKED_MAX]


def send(
    tx: Transaction,
    workspace_id: WorkspaceId,
    wanted: Sequence[tuple[TopUpId, UserId]],
    *,
    cause: Cause,
    now: datetime,
    asked_before: Mapping[TopUpId, Sequence[UserId]] | None = None,
) -> None:
    """Owe these people a copy, but for those who have one."""
    before = asked_before or {}
    for topup_id, user_id in topups.add_copies(tx, workspace_id, wanted):
        notice = TopUpAsked(
            recipient=user_id,
            topup_id=topup_id,
            cause=cause,
            asked_before=tuple(before.get(topup_id, ())),
        )
        outbox.add(tx, workspace_id, notice, now)


def send_missing(
    tx: Transaction,
    workspace_id: WorkspaceId,
    waiting: Sequence[TopUp],
    *,
    cause: Cause,
    now: datetime,
) -> None:
    """Owe open requests to those who would be asked for them now and have no copy."""
    if not waiting:
        return
    people = directory.members(tx, workspace_id, [topup.requester for topup in waiting])
    approvers = given_roles.approvers(tx, workspace_id)
    absences = absent.active(tx, workspace_id, now)
    wanted = [
        (topup.topup_id, approver.user_id)
        for topup in waiting
        for approver in rules.approvers_asked(people[topup.requester], approvers, absences)
    ]
    send(tx, workspace_id, wanted, cause=cause, now=now)


def stood_in_for(
    tx: Transaction,
    workspace_id: WorkspaceId,
    recipient: UserId,
    *,
    requester: UserId,
    now: datetime,
) -> list[Absence]:
    """For whom the recipient stands in, of those who may decide for the requester."""
    absences = absent.active(tx, workspace_id, now, stand_in=recipient)
    if not absences:
        return []
    asker = directory.member(tx, workspace_id, requester)
    return [
        one
        for one in absences
        if one.lends
        and one.absent.user_id != requester
        and roles.may(one.absent, Deed.DECIDE, asker)
    ]


def deciders(
    tx: Transaction, workspace_id: WorkspaceId, waiting: Sequence[TopUp], now: datetime
) -> dict[TopUpId, list[UserId]]:
    """Who has a copy of each open request, may still decide it, and isn't away.

    Of several never the requester.
    """
    if not waiting:
        return {}
    have = topups.copies_of(tx, workspace_id, [one.topup_id for one in waiting])
    absences = absent.active(tx, workspace_id, now)
    ids = {topup.requester for topup in waiting}.union(*have.values())
    people = directory.members(tx, workspace_id, sorted(ids))
    found = {}
    for topup in waiting:
        holders = [people[user_id] for user_id in have[topup.topup_id]]
        here = _here(holders, people[topup.requester], absences)
        found[topup.topup_id] = [one for one in here if one != topup.requester] or here
    return found


def _here(
    holders: Sequence[Member], requester: Member, absences: Sequence[Absence]
) -> list[UserId]:
    return [one.user_id for one in holders if _may_decide(one, requester, absences)]


def _may_decide(holder: Member, requester: Member, absences: Sequence[Absence]) -> bool:
    if any(one.absent.user_id == holder.user_id for one in absences):
        return False
    return roles.may(stand_ins.acting(holder, absences, requester), Deed.DECIDE, requester)


def place(
    tx: Transaction,
    workspace_id: WorkspaceId,
    notice: TopUpAsked,
    message: MessageRef,
    now: datetime,
) -> None:
    """Remember where a copy stands; one that stood elsewhere is to point here."""
    before = topups.copies(tx, workspace_id, notice.topup_id).get(notice.recipient)
    topups.place_copy(tx, workspace_id, notice.topup_id, notice.recipient, message)
    if before is not None and before != message:
        changed = TopUpCopyChanged(
            recipient=notice.recipient, topup_id=notice.topup_id, message=before
        )
        outbox.add(tx, workspace_id, changed, now)
