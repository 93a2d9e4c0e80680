"""Teams: made, renamed, moved to another zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain import leaves, permission
from bot.domain import teams as rules
from bot.domain.directory import EVERYONE, Member, TeamId, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.refusals import InAnotherTeam, TeamNameTaken, TooManyRecipients
from bot.domain.roles import Deed
from bot.domain.teams import NAMED_MAX, Team, TeamView
from bot.services import dues, participants, team_managers, team_members, zones
from bot.services.team_changes import change
from bot.services.team_choice import Asked, pick, pick_locked
from bot.services.team_views import not_everyone, views_of
from bot.storage import audit, directory, events, ids, stand_ins, teams
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction


def require_making(database: Database, workspace_id: WorkspaceId, actor: UserId) -> str:
    """Raises `NotAllowed` for whoever makes no teams; else their own zone, for the form."""
    with database.reading() as tx:
        person = directory.member(tx, workspace_id, actor)
        permission.require_for_someone(person, Deed.MAKE_TEAM)
        return _own_zone(tx, workspace_id, person)


def create(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    name: str,
    members: Sequence[UserId],
    managers: Sequence[UserId],
    zone: str,
    key: IdempotencyKey,
    now: datetime,
) -> TeamView:
    """Make a team, once for this key; without a zone it has that of whoever makes it.

    People who are in another team stay there: taking them along would end what it credits them.
    Raises `TeamNameRefused`, `TeamNameTaken`, `ZoneUnknown`, `InAnotherTeam`.
    """
    name = rules.clean_name(name)
    chosen = rules.zone_named(zone) if zone.strip() else ""
    if len(members) > NAMED_MAX:
        raise TooManyRecipients(len(members), NAMED_MAX)
    with database.writing() as tx:
        person = directory.member(tx, workspace_id, actor)
        permission.require_for_someone(person, Deed.MAKE_TEAM)
        if events.is_first_time(tx, workspace_id, key, now):
            team_id = TeamId(ids.new(now))
            made_in = chosen or _own_zone(tx, workspace_id, person)
            if not teams.add(tx, workspace_id, team_id, name=name, zone=made_in, now=now):
                raise TeamNameTaken(name)
            team = Team(team_id=team_id, name=name, zone=made_in)
            line = Change(actor=actor, what="team", subject=team_id, before="", after=name)
            audit.add(tx, workspace_id, line, now)
            _take_in(tx, workspace_id, team, members, actor=actor, now=now)
            team_managers.give(tx, workspace_id, team, managers, actor=actor, now=now)
        found = teams.named(tx, workspace_id, name)
        return views_of(tx, workspace_id, [found] if found else [], now)[0]


def rename(
    database: Database, workspace_id: WorkspaceId, asked: Asked, *, name: str, now: datetime
) -> tuple[Team, str]:
    """Call the team something else; the team, and what it was called."""
    name = rules.clean_name(name)
    with database.writing() as tx:
        before = not_everyone(pick(tx, workspace_id, asked, Deed.RUN_TEAM))
        _rename(tx, workspace_id, before, name, actor=asked.actor, now=now)
        return teams.team(tx, workspace_id, before.team_id) or before, before.name


def set_zone(
    database: Database, workspace_id: WorkspaceId, asked: Asked, *, zone: str, now: datetime
) -> Team:
    """Let the team's days, and with them its allowances and digests, go by another zone."""
    named = rules.zone_named(zone)
    dues.settle_all(database, now)  # what has begun or expired by the old zone stays so
    with database.writing() as tx:
        before = pick_locked(tx, workspace_id, asked, Deed.RUN_TEAM)
        _set_zone(tx, workspace_id, before, named, actor=asked.actor, now=now)
        return teams.team(tx, workspace_id, before.team_id) or before


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a form asks of a team, all at once."""

    name: str
    zone: str
    digest_weekday: int
    digest_hour: int
    shows_leaderboard: bool


def set_up(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    chosen: Settings,
    now: datetime,
) -> Team:
    """All of it or nothing. Raises `TeamNameRefused`, `TeamNameTaken`, `ZoneUnknown`."""
    zone = rules.zone_named(chosen.zone)
    dues.settle_all(database, now)
    with database.writing() as tx:
        before = pick_locked(tx, workspace_id, asked, Deed.RUN_TEAM)
        if not before.is_everyone:
            name = rules.clean_name(chosen.name)
            _rename(tx, workspace_id, before, name, actor=asked.actor, now=now)
        _set_zone(tx, workspace_id, before, zone, actor=asked.actor, now=now)
        digest = {
            "digest_weekday": chosen.digest_weekday,
            "digest_hour": chosen.digest_hour,
            "shows_leaderboard": chosen.shows_leaderboard,
        }
        change(tx, workspace_id, before, digest, actor=asked.actor, now=now)
        return teams.team(tx, workspace_id, before.team_id) or before


def _own_zone(tx: Transaction, workspace_id: WorkspaceId, person: Member) -> str:
    """That of the person, as Slack knows it; else that of their team."""
    return leaves.zone(*stand_ins.zones(tx, workspace_id, person.user_id)).key


def _take_in(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team: Team,
    members: Sequence[UserId],
    *,
    actor: UserId,
    now: datetime,
) -> None:
    found = directory.members(tx, workspace_id, members)
    people = [found[user_id] for user_id in dict.fromkeys(members)]
    participants.refuse_absent(tx, workspace_id, *people)
    for one in people:
        if one.team_id != EVERYONE:
            other = teams.team(tx, workspace_id, one.team_id)
            raise InAnotherTeam(one.user_id, other.name if other else one.team_id)
    coming = [one.user_id for one in people]
    team_members.enter(tx, workspace_id, team, coming, people, actor=actor, now=now)


def _rename(
    tx: Transaction,
    workspace_id: WorkspaceId,
    before: Team,
    name: str,
    *,
    actor: UserId,
    now: datetime,
) -> None:
    taken = teams.named(tx, workspace_id, name)
    if taken is not None and taken.team_id != before.team_id:
        raise TeamNameTaken(name)
    change(tx, workspace_id, before, {"name": name}, actor=actor, now=now)


def _set_zone(
    tx: Transaction,
    workspace_id: WorkspaceId,
    before: Team,
    zone: str,
    *,
    actor: UserId,
    now: datetime,
) -> None:
    if zone == before.zone:
        return
    change(tx, workspace_id, before, {"zone": zone}, actor=actor, now=now)
    after = ZoneInfo(zone)
    team_id = before.team_id
    zones.rezone(tx, workspace_id, team_id, before=before.clock, after=after, now=now)
