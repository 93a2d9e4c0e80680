"""Teams' pools: filled by admins from the treasury, with a budget for each period if they like."""

from datetime import datetime

from bot.domain import notes, permission
from bot.domain.budgets import Budget, BudgetState
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import TREASURY, Entry, EntryKind, IdempotencyKey, Posting, Receipt
from bot.domain.refusals import NoPool, Refusal
from bot.domain.roles import Deed
from bot.domain.teams import Team, pool_account
from bot.services import dues, replays
from bot.services.team_choice import Asked, pick
from bot.storage import accounts, audit, budgets, directory, ledger
from bot.storage.audit import Change
from bot.storage.database import Database


@dues.settled_first
def fill(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    asked: Asked,
    tokens: int,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> tuple[Team, Receipt]:
    """Put tokens of the treasury into a team's pool, once for this key. Raises `NoPool`."""
    note = notes.clean(note)
    with database.reading() as tx:
        permission.require_for_someone(
            directory.member(tx, workspace_id, asked.actor), Deed.FILL_POOL
        )
        team = pick(tx, workspace_id, asked, Deed.FILL_POOL)
    if team.is_everyone:
        raise NoPool
    try:
        with database.writing() as tx:
            team = pick(tx, workspace_id, asked, Deed.FILL_POOL)
            entry = Entry(
                kind=EntryKind.ISSUE,
                actor=asked.actor,
                postings=(Posting(TREASURY, pool_account(team.team_id), tokens),),
                note=note,
                key=key,
                now=now,
            )
            return team, ledger.record(tx, workspace_id, entry)
    except Refusal as refusal:
        found = replays.receipt_or(database, workspace_id, refusal, actor=asked.actor, key=key)
        return team, found


def set_budget(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    budget: Budget | None,
    now: datetime,
) -> tuple[Team, BudgetState | None]:
    """What may leave the pool in a period, from the present one on; None for all that it has."""
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.FILL_POOL)
        if team.is_everyone:
            raise NoPool
        pool = pool_account(team.team_id)
        accounts.lock(tx, workspace_id, pool)  # what leaves it meanwhile is counted, here or there
        before = budgets.state(tx, workspace_id, pool, now)
        state = None
        if budget is None:
            budgets.drop(tx, workspace_id, pool)
        else:
            state = budgets.put(tx, workspace_id, pool, budget, now)
        change = Change(
            actor=asked.actor,
            what="budget",
            subject=pool,
            before=_written(before.budget if before else None),
            after=_written(budget),
        )
        audit.add(tx, workspace_id, change, now)
    return team, state


def _written(budget: Budget | None) -> str:
    return f"{budget.tokens} a {budget.period}" if budget else ""
