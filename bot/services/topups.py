"""Top-up requests: ask, withdraw, and the facts to decide by."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain import ledger as books
from bot.domain import notes
from bot.domain import topups as rules
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, Receipt
from bot.domain.notices import MessageRef, TopUpAsked, TopUpCopyChanged
from bot.domain.refusals import (
    KeyReused,
    NoApprover,
    TooManyOpen,
    TopUpClosed,
    TopUpUnknown,
)
from bot.domain.topups import Asked, Cause, Copy, Dossier, TopUp, TopUpId, TopUpState, Urgency
from bot.services import copies, dues, limit_views, participants
from bot.storage import directory, events, outbox, people, topups
from bot.storage import entries as recorded
from bot.storage.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickedCopy:
    """The message in which somebody clicked; after a crash it may be one nobody recorded."""

    user_id: UserId
    message: MessageRef


def ask(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    requester: UserId,
    tokens: int,
    note: str,
    urgency: Urgency,
    key: IdempotencyKey,
    now: datetime,
) -> Asked:
    """Send a request to the approvers, once for this key."""
    note = notes.clean(note)
    wish = TopUp(
        topup_id=TopUpId(""),
        requester=requester,
        tokens=tokens,
        note=note,
        urgency=urgency,
        state=TopUpState.OPEN,
        asked_at=now,
    )
    with database.writing() as tx:
        # From here others with this key, or with requests of this person, wait for our commit.
        people.lock(tx, workspace_id, requester)
        earlier = topups.by_key(tx, workspace_id, key)
        if earlier is not None:
            return _heard_before(tx, workspace_id, earlier, wish, key)
        person = directory.member(tx, workspace_id, requester)
        participants.refuse_absent(tx, workspace_id, person)
        if len(topups.open_of(tx, workspace_id, requester)) >= rules.OPEN_MAX:
            raise TooManyOpen(rules.OPEN_MAX)
        asked = copies.whom(tx, workspace_id, person, now)
        if not asked:
            raise NoApprover
        topup = topups.add(tx, workspace_id, wish, key)
        user_ids = tuple(approver.user_id for approver in asked)
        wanted = [(topup.topup_id, user_id) for user_id in user_ids]
        copies.send(tx, workspace_id, wanted, cause=Cause.ASKED, now=now)
    return Asked(topup=topup, approvers=user_ids)


def withdraw(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    requester: UserId,
    topup_id: TopUpId,
    now: datetime,
) -> TopUp:
    """Take back one's own open request. Raises `TopUpUnknown`, `TopUpClosed`."""
    with database.writing() as tx:
        topup = topups.locked(tx, workspace_id, topup_id)
        if topup is None or topup.requester != requester:
            raise TopUpUnknown
        close(tx, workspace_id, topup, state=TopUpState.WITHDRAWN, actor=requester, now=now)
        return tell_copies(tx, workspace_id, topup_id, clicked=None, now=now)


def withdraw_only(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    requester: UserId,
    key: IdempotencyKey,
    now: datetime,
) -> TopUp | None:
    """Take back the one open request; None where there are several or none.

    Also None for a command heard before, which must not withdraw what was asked after it.
    """
    with database.writing() as tx:
        people.lock(tx, workspace_id, requester)
        mine = topups.open_of(tx, workspace_id, requester)
        if len(mine) != 1 or not events.is_first_time(tx, workspace_id, key, now):
            return None
        only = mine[0]
        close(tx, workspace_id, only, state=TopUpState.WITHDRAWN, actor=requester, now=now)
        return tell_copies(tx, workspace_id, only.topup_id, clicked=None, now=now)


def open_of(database: Database, workspace_id: WorkspaceId, requester: UserId) -> list[TopUp]:
    """The member's open requests, newest first."""
    with database.reading() as tx:
        return topups.open_of(tx, workspace_id, requester)


def dossier(
    database: Database, workspace_id: WorkspaceId, topup_id: TopUpId, now: datetime
) -> Dossier:
    """A request as it stands, with the requester's figures."""
    with database.snapshot() as tx:
        topup = known(topups.by_id(tx, workspace_id, topup_id))
        account = books.member_account(topup.requester)
        got, used = recorded.flow(tx, workspace_id, account, since=now - rules.LATELY)
        available = dues.available(tx, workspace_id, account, now)
        refused = None
        if topup.state is TopUpState.OPEN:
            refused = limit_views.refused_lately(tx, workspace_id, topup.requester, now)
    return Dossier(
        topup=topup,
        available=available,
        got_lately=got,
        used_lately=used,
        refused=refused,
    )


def copy(database: Database, workspace_id: WorkspaceId, notice: TopUpAsked, now: datetime) -> Copy:
    """What an approver's message says: the request as it stands, and why they get it."""
    found = dossier(database, workspace_id, notice.topup_id, now)
    with database.reading() as tx:
        absences = copies.stood_in_for(
            tx, workspace_id, notice.recipient, requester=found.topup.requester, now=now
        )
    return Copy(
        dossier=found,
        now=now,
        cause=notice.cause,
        asked_before=notice.asked_before,
        absences=tuple(absences),
    )


def pass_on(
    database: Database, workspace_id: WorkspaceId, topup_id: TopUpId, now: datetime
) -> None:
    """Send an open request to approvers who were named since, and have no copy yet."""
    with database.writing() as tx:
        topup = known(topups.locked(tx, workspace_id, topup_id))
        if topup.state is TopUpState.OPEN:
            copies.send_missing(tx, workspace_id, [topup], cause=Cause.PASSED_ON, now=now)


def mend_copy(
    database: Database,
    workspace_id: WorkspaceId,
    topup_id: TopUpId,
    clicked: ClickedCopy,
    now: datetime,
) -> None:
    """Let a stale copy, which still shows buttons, show what became of the request."""
    with database.writing() as tx:
        _mend(tx, workspace_id, topup_id, clicked, now)


def copy_of(
    database: Database, workspace_id: WorkspaceId, topup_id: TopUpId, approver: UserId
) -> MessageRef | None:
    """Where this approver's message about the request stands, once it was sent."""
    with database.reading() as tx:
        return topups.copies(tx, workspace_id, topup_id).get(approver)


def known(topup: TopUp | None) -> TopUp:
    """Raises `TopUpUnknown`."""
    if topup is None:
        raise TopUpUnknown
    return topup


def _heard_before(
    tx: Transaction, workspace_id: WorkspaceId, earlier: TopUp, wish: TopUp, key: IdempotencyKey
) -> Asked:
    if (earlier.requester, earlier.tokens, earlier.note, earlier.urgency) != (
        wish.requester,
        wish.tokens,
        wish.note,
        wish.urgency,
    ):
        raise KeyReused(key)
    have = topups.copies(tx, workspace_id, earlier.topup_id)
    return Asked(topup=earlier, approvers=tuple(have))


def close(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup: TopUp,
    *,
    state: TopUpState,
    actor: UserId,
    now: datetime,
    note: str = "",
    receipt: Receipt | None = None,
) -> None:
    is_first = topups.close(
        tx,
        workspace_id,
        topup.topup_id,
        state=state,
        decided_by=actor,
        now=now,
        tokens=receipt.tokens if receipt else None,
        note=note,
        entry_id=receipt.entry_id if receipt else None,
    )
    if not is_first:
        raise TopUpClosed(known(topups.by_id(tx, workspace_id, topup.topup_id)))


def tell_copies(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup_id: TopUpId,
    *,
    clicked: ClickedCopy | None,
    now: datetime,
) -> TopUp:
    """Owe the new state to every copy, and to a clicked one that nobody had recorded."""
    have = topups.copies(tx, workspace_id, topup_id)
    for user_id in have:
        changed = TopUpCopyChanged(recipient=user_id, topup_id=topup_id)
        outbox.add(tx, workspace_id, changed, now)
    if clicked and clicked.message not in have.values():
        _mend(tx, workspace_id, topup_id, clicked, now)
    return known(topups.by_id(tx, workspace_id, topup_id))


def _mend(
    tx: Transaction,
    workspace_id: WorkspaceId,
    topup_id: TopUpId,
    clicked: ClickedCopy,
    now: datetime,
) -> None:
    changed = TopUpCopyChanged(
        recipient=clicked.user_id, topup_id=topup_id, message=clicked.message
    )
    outbox.add(tx, workspace_id, changed, now)
