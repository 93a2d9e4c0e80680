"""Approvers look at the open requests that they may decide."""

from dataclasses import replace
from datetime import datetime

from bot.domain import queues as rules
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.domain.permission import require_for_someone
from bot.domain.queues import Filter, Line, Queue, Whose
from bot.domain.roles import Deed
from bot.services import approvers, dues
from bot.storage import accounts, directory, queues, stand_ins
from bot.storage.database import Database, Transaction
from bot.storage.queues import Look


def look(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    chosen: Filter | None,
    now: datetime,
) -> Queue:
    """The requests that are looked for; by themselves those that wait for the actor, else all.

    A page that is no longer there is the last. Raises `NotAllowed` for who decides nothing.
    """
    with database.snapshot() as tx:
        asked = _look(tx, workspace_id, actor, now)
        wanted = chosen or Filter()
        count, tokens = queues.totals(tx, asked, wanted)
        if chosen is None and not count:
            wanted = Filter(whose=Whose.ALL)
            count, tokens = queues.totals(tx, asked, wanted)
        last = max(-(-count // rules.PAGE) - 1, 0)
        wanted = replace(wanted, page=min(max(wanted.page, 0), last))
        found = queues.page(tx, asked, wanted) if count else []
        left = _available(tx, workspace_id, [one.requester for one in found], now)
        return Queue(
            chosen=wanted,
            count=count,
            tokens=tokens,
            lines=tuple(Line(one, left[one.requester]) for one in found),
            teams=tuple(queues.teams(tx, asked, wanted.whose)),
            now=now,
        )


def _look(tx: Transaction, workspace_id: WorkspaceId, actor: UserId, now: datetime) -> Look:
    person = directory.member(tx, workspace_id, actor)
    absences = stand_ins.active(tx, workspace_id, now, stand_in=actor)
    is_only = approvers.is_only_one(tx, workspace_id, actor)
    found = rules.scopes(person, absences, is_only_approver=is_only)
    if not found:
        require_for_someone(person, Deed.DECIDE)
    return Look(workspace_id, actor, found, now)


def _available(
    tx: Transaction, workspace_id: WorkspaceId, people: list[UserId], now: datetime
) -> dict[UserId, int]:
    """What each has, as it is once what is due by now is settled; nearly nobody has that."""
    ids = {member_account(one): one for one in people}
    left = accounts.available_of(tx, workspace_id, ids)
    for account in accounts.due_of(tx, workspace_id, list(ids), now):
        left[account] = dues.available(tx, workspace_id, account, now)
    return {user_id: left.get(account, 0) for account, user_id in ids.items()}
