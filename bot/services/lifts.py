"""Lifts: for some hours nothing refuses a person's calls, because an approver said so."""

from datetime import datetime, timedelta

from bot.domain import permission
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import AccountId, IdempotencyKey, member_account
from bot.domain.notices import LiftTold
from bot.domain.policies import LIFT_MAX, Lift, Lifted, LiftId
from bot.domain.refusals import PolicyRefused, SelfGrant
from bot.domain.roles import Deed
from bot.services import approvers, participants, stand_ins, topups
from bot.storage import audit, directory, ids, outbox, people, policies, runs
from bot.storage import topups as requests
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction

#: Rows of `run`: an account, and the wish.
_JOB = "lift"
#: Ids tell their time to the millisecond.
_NEXT = timedelta(milliseconds=1)


def lift(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    subject: UserId,
    span: timedelta,
    key: IdempotencyKey,
    follows: str | None = None,
    now: datetime,
) -> Lifted:
    """Let nothing refuse a person's calls for so long, once for this key; no span ends a lift.

    It takes the place of one that is in force. A button is for the account as it was shown: where
    another lift than the one it `follows` is the latest by now, nothing changes. Raises
    `NotAllowed`, `SelfGrant`, the refusal of whoever takes no part, and `PolicyRefused`.
    """
    if not timedelta(0) <= span <= LIFT_MAX:
        hours = LIFT_MAX // timedelta(hours=1)
        raise PolicyRefused("hours", f"must be from 0 to {hours}")
    account = member_account(subject)
    with database.writing() as tx:
        _require(tx, workspace_id, actor, subject, now)
        # Of two at once, in two processes, the second finds what the first did.
        people.lock(tx, workspace_id, subject)
        latest, before = _latest(tx, workspace_id, account, now)
        is_late = follows is not None and follows != (latest.lift_id if latest else "")
        if is_late or (before is None and not span):
            return Lifted(lift=before, is_new=False)
        if not runs.claim_one(tx, workspace_id, job=_JOB, subject=account, period=key, now=now):
            return Lifted(lift=_latest(tx, workspace_id, account, now)[1], is_new=False)
        new = Lift(lift_id=_id_after(latest, now), account=account, until=now + span, by=actor)
        policies.add_lift(tx, workspace_id, new, now)
        after = new if span else None
        change = Change(
            actor=actor, what="lift", subject=subject, before=_end(before), after=_end(after)
        )
        audit.add(tx, workspace_id, change, now)
        _tell(tx, workspace_id, new, subject, now)
    return Lifted(lift=after, before=before)


def _latest(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, now: datetime
) -> tuple[Lift | None, Lift | None]:
    """The latest lift, and the same if it is in force."""
    latest = policies.latest_lift(tx, workspace_id, account)
    is_in_force = latest is not None and latest.is_in_force(now)
    return latest, latest if is_in_force else None


def _id_after(latest: Lift | None, now: datetime) -> LiftId:
    """The last id counts, and shall be ours where another process's clock is ahead."""
    at = now if latest is None else max(now, ids.made_at(latest.lift_id) + _NEXT)
    return LiftId(ids.new(at))


def _require(
    tx: Transaction, workspace_id: WorkspaceId, actor: UserId, subject: UserId, now: datetime
) -> None:
    known = directory.members(tx, workspace_id, [actor, subject])
    person = known[subject]
    who = stand_ins.acting(tx, workspace_id, known[actor], Deed.LIFT, person, now=now)
    permission.require_for_someone(who, Deed.LIFT)
    permission.require(who, Deed.LIFT, person)
    if actor == subject and not approvers.is_only_one(tx, workspace_id, actor):
        raise SelfGrant(Deed.LIFT)
    participants.refuse_absent(tx, workspace_id, person)


def _end(one: Lift | None) -> str:
    return one.until.isoformat(timespec="seconds") if one else ""


def _tell(
    tx: Transaction, workspace_id: WorkspaceId, new: Lift, subject: UserId, now: datetime
) -> None:
    """The person hears of it, and messages about their requests show it."""
    if subject != new.by:
        until = int(new.until.timestamp()) if new.is_in_force(now) else None
        told = LiftTold(recipient=subject, actor=UserId(new.by), until=until)
        outbox.add(tx, workspace_id, told, now)
    for one in requests.open_of(tx, workspace_id, subject):
        topups.tell_copies(tx, workspace_id, one.topup_id, clicked=None, now=now)
