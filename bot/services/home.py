"""What a person's Home tab shows: a bounded number of statements, however large the company."""

from datetime import datetime, timedelta

from bot.domain import periods, usage_views
from bot.domain.directory import EVERYONE, Member, UserId, WorkspaceId
from bot.domain.home import Asking, Home, Week
from bot.domain.usage_views import Stretch, Whose
from bot.services import balances, copies, history, home_of_approvers
from bot.storage import teams, topups
from bot.storage import usage_views as used
from bot.storage.database import Database, Transaction

_LINES = 5
_DAY = timedelta(days=1)


def home(database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> Home:
    """The facts of this person's Home tab."""
    balance = balances.with_use(database, workspace_id, viewer=user_id, subject=user_id, now=now)
    viewer = balance.viewer
    with database.snapshot() as tx:
        known = teams.teams(tx, workspace_id, sorted({EVERYONE, viewer.team_id}))
        clock = known.get(viewer.team_id, known[EVERYONE]).clock
        today = periods.day_of(now, clock)
        week = _week(tx, workspace_id, viewer, usage_views.days_of(Stretch.WEEK, today))
        queue = home_of_approvers.queue(tx, workspace_id, viewer, now)
        glances, more = home_of_approvers.glances(tx, workspace_id, viewer, week)
        missing = home_of_approvers.missing(tx, workspace_id, viewer)
        asking = _asking(tx, workspace_id, user_id, now)
    return Home(
        balance=balance,
        week=week,
        open_topups=asking,
        history=history.page(
            database, workspace_id, viewer=user_id, subject=user_id, length=_LINES
        ),
        queue=queue,
        glances=glances,
        more_teams=more,
        missing=missing,
        day_ends_at=periods.start_of(today + _DAY, clock),
    )


def _asking(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, now: datetime
) -> tuple[Asking, ...]:
    mine = topups.open_of(tx, workspace_id, user_id)
    found = copies.deciders(tx, workspace_id, mine, now)
    return tuple(Asking(topup, tuple(found[topup.topup_id])) for topup in mine)


def _week(
    tx: Transaction, workspace_id: WorkspaceId, viewer: Member, days: usage_views.Days
) -> Week:
    mine = Whose(user_id=viewer.user_id)
    return Week(
        days=days.each,
        by_day=used.by_day(tx, workspace_id, mine, days),
        models=used.models(tx, workspace_id, mine, days),
    )
