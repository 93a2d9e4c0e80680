"""What a member has."""

from collections.abc import Iterable
from datetime import datetime

from bot.domain import lots, permission
from bot.domain.allowances import Turn
from bot.domain.balances import Balance, Coming
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.domain.roles import Deed
from bot.services import dues
from bot.storage import directory
from bot.storage.database import Database


def balance(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: UserId,
    now: datetime,
) -> Balance:
    """One's own balance, or that of somebody whose approver one is. Raises `NotAllowed`.

    Whoever has nothing that expires and no allowance costs one statement.
    """
    with database.reading() as tx:
        person, tokens, held, next_due_at = directory.member_with_account(tx, workspace_id, subject)
        who = person if viewer == subject else directory.member(tx, workspace_id, viewer)
    permission.require(who, Deed.SEE_BALANCE, person)
    plain = Balance(viewer=who, subject=person, balance=tokens, held=held)
    return plain if next_due_at is None else _as_of(database, workspace_id, plain, now)


def _as_of(database: Database, workspace_id: WorkspaceId, plain: Balance, now: datetime) -> Balance:
    """With what is due counted, whether or not the clock has come round to it."""
    account = member_account(plain.subject.user_id)
    with database.snapshot() as tx:
        settled = dues.as_of(tx, workspace_id, account, now)
    if settled is None:
        return plain
    return Balance(
        viewer=plain.viewer,
        subject=plain.subject,
        balance=settled.balance,
        held=plain.held,
        expiring=lots.by_moment(settled.lots),
        coming=_coming(settled.turns),
    )


def _coming(turns: Iterable[Turn]) -> Coming | None:
    """What several rules credit on the same day is one sum."""
    due = [
        (turn.next_on, tokens)
        for turn in turns
        if turn.next_on is not None
        and turn.takes_part
        and (tokens := turn.allowance.credit_on(turn.next_on).tokens)
    ]
    if not due:
        return None
    soonest = min(day for day, _ in due)
    return Coming(soonest, sum(tokens for day, tokens in due if day == soonest))
