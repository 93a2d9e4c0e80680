"""Who looks after a team: admins name managers, several if they like."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.directory import Role, UserId, WorkspaceId
from bot.domain.notices import TeamNews
from bot.domain.refusals import NobodyNamed, NotAManager, TooManyRecipients
from bot.domain.roles import Deed
from bot.domain.teams import NAMED_MAX, Team
from bot.services import arrivals, participants, team_members
from bot.services.team_choice import Asked, pick
from bot.storage import audit, directory, roles, teams
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction


def name(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    people: Sequence[UserId],
    now: datetime,
) -> Team:
    """Let people manage the team beside those who do; whoever does already is not told again."""
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.MAKE_TEAM)
        give(tx, workspace_id, team, _checked(people, team), actor=asked.actor, now=now)
    return team


def dismiss(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    people: Sequence[UserId],
    now: datetime,
) -> Team:
    """Let people manage the team no longer. Raises `NotAManager`."""
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.MAKE_TEAM)
        for user_id in _checked(people, team):
            if not take(tx, workspace_id, team, user_id, actor=asked.actor, now=now):
                raise NotAManager(user_id, team.name)
    return team


def put(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    people: Sequence[UserId],
    now: datetime,
) -> Team:
    """Let exactly these people manage the team."""
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.MAKE_TEAM)
        before = teams.managers(tx, workspace_id, [team.team_id])[team.team_id]
        new = [one for one in people if one not in before]
        give(tx, workspace_id, team, new, actor=asked.actor, now=now)
        for user_id in before:
            if user_id not in people:
                take(tx, workspace_id, team, user_id, actor=asked.actor, now=now)
    return team


def give(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team: Team,
    people: Sequence[UserId],
    *,
    actor: UserId,
    now: datetime,
) -> None:
    """Raises the refusal of anybody who takes no part."""
    found = directory.members(tx, workspace_id, people)
    participants.refuse_absent(tx, workspace_id, *(found[user_id] for user_id in people))
    for user_id in people:
        is_new = roles.give(
            tx, workspace_id, user_id, role=Role.MANAGER, team_id=team.team_id, now=now
        )
        if is_new:
            _write_down(tx, workspace_id, user_id, "", _role(team), actor=actor, now=now)
            news = TeamNews.MANAGES
            team_members.tell(tx, workspace_id, user_id, team, news, actor=actor, now=now)


def take(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team: Team,
    user_id: UserId,
    *,
    actor: UserId,
    now: datetime,
) -> bool:
    """False when they did not manage it."""
    had = roles.take(tx, workspace_id, user_id, role=Role.MANAGER, team_id=team.team_id)
    if had:
        _write_down(tx, workspace_id, user_id, _role(team), "", actor=actor, now=now)
        news = TeamNews.MANAGES_NO_MORE
        team_members.tell(tx, workspace_id, user_id, team, news, actor=actor, now=now)
    return had


def _checked(people: Sequence[UserId], team: Team) -> list[UserId]:
    if not people:
        raise NobodyNamed(team.name)
    if len(people) > NAMED_MAX:
        raise TooManyRecipients(len(people), NAMED_MAX)
    return list(dict.fromkeys(people))


def _role(team: Team) -> str:
    return f"{Role.MANAGER}:{team.team_id}"


def _write_down(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_id: UserId,
    before: str,
    after: str,
    *,
    actor: UserId,
    now: datetime,
) -> None:
    change = Change(actor=actor, what="role", subject=user_id, before=before, after=after)
    audit.add(tx, workspace_id, change, now)
    arrivals.changed(tx, workspace_id, now)
