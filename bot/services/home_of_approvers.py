"""What Home shows to approvers and admins: what waits for them, their teams, what is not set up."""

from datetime import datetime, timedelta

from bot.domain import roles, stand_ins
from bot.domain.directory import Member, WorkspaceId
from bot.domain.home import GLANCES_MAX, QUEUE_MAX, Glance, Queue, Step, Waiting, Week
from bot.domain.ledger import member_account
from bot.domain.roles import Deed
from bot.domain.teams import Team, pool_account
from bot.services import approvers, team_choice
from bot.storage import accounts, home_views, teams, usage
from bot.storage import stand_ins as absent
from bot.storage.database import Transaction

_DAY = timedelta(days=1)


def queue(
    tx: Transaction, workspace_id: WorkspaceId, viewer: Member, now: datetime
) -> Queue | None:
    """The requests that came to them and wait, the oldest first; None where none ever could."""
    held = home_views.held(tx, workspace_id, viewer.user_id)
    if not held:
        return Queue((), 0) if roles.may_for_someone(viewer, Deed.DECIDE) else None
    absences = absent.active(tx, workspace_id, now, stand_in=viewer.user_id)
    mine = [
        topup_id
        for topup_id, requester in held
        if roles.may(stand_ins.acting(viewer, absences, requester), Deed.DECIDE, requester)
        and (
            requester.user_id != viewer.user_id
            or approvers.is_only_one(tx, workspace_id, viewer.user_id)
        )
    ]
    found = home_views.topups_of(tx, workspace_id, mine[:QUEUE_MAX])
    left = accounts.available_of(tx, workspace_id, [member_account(one.requester) for one in found])
    first = (Waiting(one, left.get(member_account(one.requester), 0)) for one in found)
    return Queue(tuple(first), len(mine))


def glances(
    tx: Transaction, workspace_id: WorkspaceId, viewer: Member, week: Week
) -> tuple[tuple[Glance, ...], int]:
    """Their teams that used most, and how many more there are."""
    mine = team_choice.choosable(tx, workspace_id, viewer, Deed.SEE_BALANCE)
    if not mine:
        return (), 0
    since, until = week.days[0], week.today + _DAY
    every = [team.team_id for team in mine]
    by_day = usage.by_day(tx, workspace_id, every, since=since, until=until)
    used = {team_id: sum(by_day.get(team_id, {}).values()) for team_id in every}
    # The sort is stable: teams that used the same stand by their names.
    shown = sorted(mine, key=lambda team: -used[team.team_id])[:GLANCES_MAX]
    ids = [team.team_id for team in shown]
    people = teams.present(tx, workspace_id, ids, shown=0)
    pools = accounts.available_of(tx, workspace_id, [pool_account(one) for one in ids])
    near = home_views.near_their_end(tx, workspace_id, ids, since=since)
    return (
        tuple(
            Glance(
                team=team,
                people=people[team.team_id][0],
                pool=_pool(team, pools.get(pool_account(team.team_id), 0)),
                used=used[team.team_id],
                near=near[team.team_id][0],
                near_count=near[team.team_id][1],
            )
            for team in shown
        ),
        len(mine) - len(shown),
    )


def missing(tx: Transaction, workspace_id: WorkspaceId, viewer: Member) -> tuple[Step, ...]:
    """What nobody has set up yet, for an admin; nothing for others."""
    if not roles.may_for_all(viewer, Deed.MAKE_TEAM):
        return ()
    done = home_views.set_up(tx, workspace_id)
    return tuple(step for step in Step if step not in done)


def _pool(team: Team, available: int) -> int | None:
    return None if team.is_everyone else available
