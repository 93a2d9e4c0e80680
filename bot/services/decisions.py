"""Decisions on top-up requests: approve or deny, once, whoever clicks first."""

from datetime import datetime

from bot.domain import grants, notes, permission
from bot.domain import ledger as books
from bot.domain.decisions import Decision
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.ledger import Entry, EntryKind, Posting
from bot.domain.notices import TopUpDecided
from bot.domain.refusals import NoApprover, OwnRequest, TopUpClosed
from bot.domain.roles import Deed
from bot.domain.topups import Cause, TopUp, TopUpId, TopUpState
from bot.services import approvers, copies, dues, participants, stand_ins
from bot.services.topups import ClickedCopy, close, known, tell_copies
from bot.storage import directory, ledger, outbox, topups
from bot.storage.database import Database, Transaction


@dues.settled_first
def approve(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    topup_id: TopUpId,
    tokens: int | None,
    note: str,
    clicked: ClickedCopy | None,
    now: datetime,
) -> Decision:
    """Grant what was asked, or another amount; `clicked` is the message whose button it was.

    A manager's comes from the pool of the requester's team. Raises `TopUpClosed` for everyone but
    the first to decide, and `PoolShort`, which leaves the request open.
    """
    note = notes.clean(note)
    with database.writing() as tx:
        topup, approver = _to_decide(tx, workspace_id, actor, topup_id, now)
        is_own = topup.requester == actor
        requester = directory.member(tx, workspace_id, topup.requester)
        participants.refuse_absent(tx, workspace_id, requester)
        amount = topup.tokens if tokens is None else tokens
        source = grants.source(approver, requester)
        posting = Posting(source, books.member_account(topup.requester), amount)
        entry = Entry(
            kind=EntryKind.GRANT,
            actor=actor,
            postings=(posting,),
            note=topup.note,
            key=topup.grant_key,
            now=now,
            is_self_approved=is_own,
        )
        receipt = ledger.record(tx, workspace_id, entry)
        close(
            tx,
            workspace_id,
            topup,
            state=TopUpState.APPROVED,
            actor=actor,
            now=now,
            note=note,
            receipt=receipt,
        )
        is_first = posting.destination in receipt.opened
        closed = _tell_all(tx, workspace_id, topup, clicked, is_first=is_first, now=now)
    return Decision(topup=closed, receipt=receipt)


def deny(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    topup_id: TopUpId,
    note: str,
    clicked: ClickedCopy | None,
    now: datetime,
) -> Decision:
    """Turn a request down, with a reason for the requester."""
    note = notes.clean(note)
    with database.writing() as tx:
        topup, _ = _to_decide(tx, workspace_id, actor, topup_id, now)
        close(tx, workspace_id, topup, state=TopUpState.DENIED, actor=actor, now=now, note=note)
        closed = _tell_all(tx, workspace_id, topup, clicked, is_first=False, now=now)
    return Decision(topup=closed)


def pass_to_admins(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    topup_id: TopUpId,
    now: datetime,
) -> list[UserId]:
    """Ask admins for what a pool can't give; who has it now. The request stays open for all.

    Twice is once: whoever has a copy gets no other.
    """
    with database.writing() as tx:
        topup, _ = _to_decide(tx, workspace_id, actor, topup_id, now)
        requester = directory.member(tx, workspace_id, topup.requester)
        admins = copies.admins(tx, workspace_id, requester, now)
        wanted = [(topup_id, user_id) for user_id in admins]
        asked_before = {topup_id: [actor]}
        copies.send(
            tx,
            workspace_id,
            wanted,
            cause=Cause.POOL_SHORT,
            now=now,
            asked_before=asked_before,
        )
    if not admins:
        raise NoApprover
    return admins


def for_decision(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    topup_id: TopUpId,
    now: datetime,
) -> TopUp:
    """The open request, for a form in which the actor will decide it; refused as a decision is."""
    with database.reading() as tx:
        topup = known(topups.by_id(tx, workspace_id, topup_id))
        _decider(tx, workspace_id, actor, topup, now)
    return topup


def _to_decide(
    tx: Transaction, workspace_id: WorkspaceId, actor: UserId, topup_id: TopUpId, now: datetime
) -> tuple[TopUp, Member]:
    """The request, locked, and whoever decides it, with what was lent to them."""
    topup = known(topups.locked(tx, workspace_id, topup_id))
    return topup, _decider(tx, workspace_id, actor, topup, now)


def _decider(
    tx: Transaction, workspace_id: WorkspaceId, actor: UserId, topup: TopUp, now: datetime
) -> Member:
    approver, requester = directory.pair(tx, workspace_id, actor, topup.requester)
    approver = stand_ins.acting(tx, workspace_id, approver, Deed.DECIDE, requester, now=now)
    permission.require(approver, Deed.DECIDE, requester)
    if actor == topup.requester and not approvers.is_only_one(tx, workspace_id, actor):
        raise OwnRequest
    if topup.state is not TopUpState.OPEN:
        raise TopUpClosed(topup)
    return approver


def _tell_all(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup: TopUp,
    clicked: ClickedCopy | None,
    *,
    is_first: bool,
    now: datetime,
) -> TopUp:
    """Owe the decision to the requester and to every copy of the request."""
    decided = TopUpDecided(
        recipient=topup.requester,
        topup_id=topup.topup_id,
        is_first=is_first,
        reopened=topup.reopened,
    )
    outbox.add(tx, workspace_id, decided, now)
    return tell_copies(tx, workspace_id, topup.topup_id, clicked=clicked, now=now)
