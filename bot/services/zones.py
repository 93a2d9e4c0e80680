"""A team that moves to another zone: its days stay, the moments at which they begin move."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain import periods
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.teams import pool_account
from bot.storage import accounts, budgets, zones
from bot.storage.database import Transaction


def rezone(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team_id: TeamId,
    *,
    before: ZoneInfo,
    after: ZoneInfo,
    now: datetime,
) -> None:
    """Let what the team's rules credit, and what of it expires, go by the new zone.

    A turn keeps the day on which it is next, so that no day is credited twice or left out. Tokens
    that somebody passed on keep their moment: it was told to whoever got them. The pool's budget is
    counted anew, from midnight to midnight of the new zone.
    """
    zones.lock_accounts(tx, workspace_id, team_id)
    days = zones.next_days(tx, workspace_id, team_id)
    moved = [
        (moment, periods.start_of(periods.day_of(moment, before), after))
        for moment in zones.expiries(tx, workspace_id, team_id)
    ]
    later = sorted(((old, new) for old, new in moved if new > old), reverse=True)
    earlier = sorted((old, new) for old, new in moved if new < old)
    begins = {day: periods.start_of(day, after) for day in days}
    zones.move(tx, workspace_id, team_id, begins=begins, expires=[*later, *earlier])
    # Eastwards a day may have begun before now.
    soonest = min([now, *begins.values(), *(new for _, new in moved)])
    zones.mark_due(tx, workspace_id, team_id, soonest)
    # Pools come after members' accounts in the order of locks.
    pool = pool_account(team_id)
    accounts.lock(tx, workspace_id, pool)
    budgets.count_anew(tx, workspace_id, pool)
