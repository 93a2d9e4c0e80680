"""A weekly word to admins of usage that waits for its person."""

from datetime import datetime, time, timedelta

from bot.domain.directory import EVERYONE, WorkspaceId
from bot.domain.notices import IdentitiesWait
from bot.domain.teams import Team
from bot.storage import identity_lists, outbox, roles, runs, teams, workspaces
from bot.storage.database import Database

#: On Monday, in the zone of *Everyone*.
_HOUR = time(9)
#: Whoever was told so recently is told no more this week.
ALMOST_A_WEEK = timedelta(days=6)


def do_due(database: Database, now: datetime) -> None:
    """Owe the admins of each workspace this week's, once, where anything waits."""
    with database.reading() as tx:
        served = workspaces.every(tx)
    for workspace_id in served:
        _remind(database, workspace_id, now)


def _remind(database: Database, workspace_id: WorkspaceId, now: datetime) -> None:
    with database.reading() as tx:
        everyone = teams.team(tx, workspace_id, EVERYONE)
        week = _week(everyone, now) if everyone else ""
        if not week or runs.done(tx, workspace_id, identity_lists.TOLD, [week]):
            return
    with database.writing() as tx:
        # The claim makes it one, also where two look at once.
        if not runs.claim_one(
            tx, workspace_id, job=identity_lists.TOLD, subject=week, period="", now=now
        ):
            return
        if not identity_lists.count_waiting(tx, workspace_id):
            return
        approvers = roles.approvers(tx, workspace_id)
        admins = [member for member in approvers if member.is_admin] or approvers
        for admin in admins:
            outbox.add(tx, workspace_id, IdentitiesWait(recipient=admin.user_id), now)


def _week(everyone: Team, now: datetime) -> str:
    """The Monday whose word is due; empty before that morning."""
    local = now.astimezone(everyone.clock)
    monday = local.date() - timedelta(days=local.weekday())
    is_early = local.date() == monday and local.time() < _HOUR
    return "" if is_early else monday.isoformat()
