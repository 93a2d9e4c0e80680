"""Teams as people see them: one that is open, all that they may look into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import permission
from bot.domain.allowances import AllowanceState, Subject, SubjectKind
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.refusals import EveryoneStays, NoPool
from bot.domain.roles import Deed
from bot.domain.teams import Team, TeamView, pool_account
from bot.services import dues
from bot.services.team_choice import Asked, choosable, pick
from bot.storage import accounts, allowances, budgets, directory, teams
from bot.storage.database import Database, Transaction

#: People of a team who are named where it is shown; the others are counted.
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What somebody sees of teams: those they may look into, and the one that is open."""

    viewer: Member
    teams: tuple[Team, ...]
    open: TeamView | None


def panel(database: Database, workspace_id: WorkspaceId, asked: Asked, now: datetime) -> Panel:
    """The team that is asked for, or the only one; for whoever sees no other, their own.

    Raises `WhichTeam` where a name is typed that no team of theirs has.
    """
    with database.snapshot() as tx:
        viewer = directory.member(tx, workspace_id, asked.actor)
        mine = choosable(tx, workspace_id, viewer, Deed.SEE_TEAM)
        if not mine:
            own = teams.team(tx, workspace_id, viewer.team_id)
            shown = views_of(tx, workspace_id, [own] if own else [], now)
            return Panel(viewer=viewer, teams=(), open=shown[0] if shown else None)
        is_asked = bool(asked.typed.strip()) or asked.team_id is not None
        only = mine[0] if len(mine) == 1 else None
        one = pick(tx, workspace_id, asked, Deed.SEE_TEAM) if is_asked else only
        shown = views_of(tx, workspace_id, [one] if one else [], now)
    return Panel(viewer=viewer, teams=tuple(mine), open=shown[0] if shown else None)


def views(
    database: Database, workspace_id: WorkspaceId, viewer: UserId, now: datetime
) -> tuple[Member, list[TeamView]]:
    """Who looks, and all teams that they may look into, by name. Raises `NotAllowed`."""
    with database.snapshot() as tx:
        person = directory.member(tx, workspace_id, viewer)
        permission.require_for_someone(person, Deed.SEE_TEAM)
        mine = choosable(tx, workspace_id, person, Deed.SEE_TEAM)
        return person, views_of(tx, workspace_id, mine, now)


def to_change(
    database: Database, workspace_id: WorkspaceId, asked: Asked, deed: Deed, now: datetime
) -> TeamView:
    """The team for a form. Raises `NotAllowed`, `WhichTeam`."""
    with database.snapshot() as tx:
        found = pick(tx, workspace_id, asked, deed)
        return views_of(tx, workspace_id, [found], now)[0]


def pool_to_change(
    database: Database, workspace_id: WorkspaceId, asked: Asked, now: datetime
) -> TeamView:
    """The team for a form about its pool. Raises `NotAllowed`, `WhichTeam`, `NoPool`."""
    shown = to_change(database, workspace_id, asked, Deed.FILL_POOL, now)
    if shown.team.is_everyone:
        raise NoPool
    return shown


def views_of(
    tx: Transaction, workspace_id: WorkspaceId, found: Sequence[Team], now: datetime
) -> list[TeamView]:
    """These teams with their people, managers, pools and rules, in this order."""
    team_ids = [team.team_id for team in found]
    people = teams.present(tx, workspace_id, team_ids, shown=_SHOWN)
    kinds = (SubjectKind.TEAM, SubjectKind.POOL)
    subjects = [Subject(kind, team_id) for team_id in team_ids for kind in kinds]
    running = [
        one
        for one in allowances.of_subjects(tx, workspace_id, subjects)
        if one.state is AllowanceState.ACTIVE
    ]
    managers = teams.managers(tx, workspace_id, team_ids)
    pools = accounts.available_of(tx, workspace_id, [pool_account(one) for one in team_ids])
    budget = None
    if len(found) == 1 and not found[0].is_everyone:  # of one, what is due by now is settled
        pool = pool_account(found[0].team_id)
        pools = {pool: dues.available(tx, workspace_id, pool, now)}
        budget = budgets.state(tx, workspace_id, pool, now)
    return [
        TeamView(
            team=team,
            people=people[team.team_id][0],
            shown=people[team.team_id][1],
            managers=managers[team.team_id],
            pool=None if team.is_everyone else pools.get(pool_account(team.team_id), 0),
            budget=budget,
            rules=tuple(one for one in running if one.subject.id == team.team_id),
        )
        for team in found
    ]


def not_everyone(team: Team) -> Team:
    """Raises `EveryoneStays`."""
    if team.is_everyone:
        raise EveryoneStays
    return team
