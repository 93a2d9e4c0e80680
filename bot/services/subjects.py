"""Whom an allowance is for, as people name them: a person, a team, a team's pool."""

from datetime import datetime
from difflib import get_close_matches

from bot.domain import periods
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import Member, TeamId, UserId, WorkspaceId
from bot.domain.refusals import SubjectUnknown
from bot.domain.subjects import Named
from bot.domain.teams import Team
from bot.storage import directory, teams
from bot.storage.database import Database, Transaction


def person(database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> Named:
    """A person, by their id."""
    with database.reading() as tx:
        return named(tx, workspace_id, Subject(SubjectKind.MEMBER, user_id), now)


def team(
    database: Database, workspace_id: WorkspaceId, name: str, now: datetime, *, is_pool: bool
) -> Named:
    """A team, or its pool, by its name. Raises `SubjectUnknown` with the nearest name."""
    kind = SubjectKind.POOL if is_pool else SubjectKind.TEAM
    with database.reading() as tx:
        found = teams.named(tx, workspace_id, name)
        if found is None:
            names = {one.name.lower(): one.name for one in teams.every(tx, workspace_id)}
            nearest = get_close_matches(name.lower(), names, n=1)
            raise SubjectUnknown(name, names[nearest[0]] if nearest else None)
        return named(tx, workspace_id, Subject(kind, found.team_id), now)


def chosen(database: Database, workspace_id: WorkspaceId, subject: Subject, now: datetime) -> Named:
    """The same for whom a form or a button names."""
    with database.reading() as tx:
        return named(tx, workspace_id, subject, now)


def to_choose(
    database: Database, workspace_id: WorkspaceId, actor: UserId
) -> list[tuple[Subject, str]]:
    """Teams and pools for which the actor may set an allowance, with the teams' names."""
    with database.reading() as tx:
        who = directory.member(tx, workspace_id, actor)
        known = teams.every(tx, workspace_id)
    members = [one for one in known if who.is_admin or one.team_id in who.manages]
    pools = [one for one in known if who.is_admin and not one.is_everyone]
    return [
        *((Subject(SubjectKind.TEAM, one.team_id), one.name) for one in members),
        *((Subject(SubjectKind.POOL, one.team_id), f"Pool of {one.name}") for one in pools),
    ]


def of(tx: Transaction, workspace_id: WorkspaceId, subject: Subject) -> tuple[Member | None, Team]:
    """The person, if it is one, and the team in whose zone their allowance runs."""
    found = None
    team_id = TeamId(subject.id)
    if subject.kind is SubjectKind.MEMBER:
        found = directory.member(tx, workspace_id, UserId(subject.id))
        team_id = found.team_id
    its_team = teams.team(tx, workspace_id, team_id)
    if its_team is None or its_team.ended_at is not None:
        raise SubjectUnknown(subject.id)
    if subject.kind is SubjectKind.POOL and its_team.is_everyone:
        raise SubjectUnknown(its_team.name)  # it has none (docs/decisions/0005)
    return found, its_team


def named(tx: Transaction, workspace_id: WorkspaceId, subject: Subject, now: datetime) -> Named:
    """Whom a subject stands for, and the day it is there."""
    found, its_team = of(tx, workspace_id, subject)
    today = periods.day_of(now, its_team.clock)
    return Named(subject=subject, person=found, team=its_team, today=today)
