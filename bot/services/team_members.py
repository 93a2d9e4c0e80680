"""Who is in a team: people come and go by hand, once it was shown what that takes along."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import permission, roles
from bot.domain.allowances import AllowanceState, Subject, SubjectKind
from bot.domain.directory import EVERYONE, Member, UserId, WorkspaceId
from bot.domain.moves import Moving
from bot.domain.notices import TeamNews, TeamTold
from bot.domain.refusals import (
    EveryoneStays,
    GroupDecides,
    InAnotherTeam,
    NobodyNamed,
    NotInTeam,
    TooManyRecipients,
)
from bot.domain.roles import Deed
from bot.domain.teams import NAMED_MAX, Team
from bot.domain.topups import Cause
from bot.services import copies, leavers, memberships, participants
from bot.services.team_choice import Asked, pick, pick_locked
from bot.storage import allowances, audit, directory, outbox, teams, topups
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction


def look(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    joining: Sequence[UserId],
    leaving: Sequence[UserId],
    now: datetime,
) -> Moving:
    """What it would come to; nothing is changed.

    Raises `NobodyNamed`, `InAnotherTeam`, `NotInTeam`, `GroupDecides`, `EveryoneStays`, and the
    refusal of anybody who takes no part.
    """
    with database.reading() as tx:
        team, people = _to_move(tx, workspace_id, asked, joining=joining, leaving=leaving)
        coming = tuple(one.user_id for one in people if one.user_id in set(joining))
        ids = {one.team_id for one in people} | {team.team_id}
        known = teams.teams(tx, workspace_id, sorted(ids))
        subjects = [Subject(SubjectKind.TEAM, team_id) for team_id in sorted(ids)]
        rules = [
            one
            for one in allowances.of_subjects(tx, workspace_id, subjects)
            if one.state is AllowanceState.ACTIVE
        ]
    going = [one.user_id for one in people]
    return Moving(
        team=team,
        joining=coming,
        leaving=tuple(user_id for user_id in going if user_id not in coming),
        before={one.user_id: known[one.team_id] for one in people},
        going_back=tuple(leavers.going_back(database, workspace_id, going, now)),
        rules={
            team_id: tuple(rule for rule in rules if rule.subject.id == team_id)
            for team_id in sorted(ids)
        },
    )


def move(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    joining: Sequence[UserId],
    leaving: Sequence[UserId],
    now: datetime,
) -> Moving:
    """Do it. Whoever is where they should be already stays there, so twice is once."""
    seen = look(database, workspace_id, asked, joining=joining, leaving=leaving, now=now)
    with database.writing() as tx:
        pick_locked(tx, workspace_id, asked, Deed.RUN_TEAM)  # it may be ending: nobody comes late
        team, people = _to_move(tx, workspace_id, asked, joining=joining, leaving=leaving)
        coming = [one.user_id for one in people if one.user_id in set(joining)]
        going = [one.user_id for one in people if one.user_id not in coming]
        enter(tx, workspace_id, team, coming, people, actor=asked.actor, now=now)
        leave(tx, workspace_id, team, going, actor=asked.actor, now=now)
    memberships.catch_up(database, now)
    return seen


def enter(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team: Team,
    coming: Sequence[UserId],
    people: Sequence[Member],
    *,
    actor: UserId,
    now: datetime,
) -> None:
    """Let people be in the team, tell them, and pass on what they ask for."""
    before = {one.user_id: one.team_id for one in people}
    # Only from the team in which they were seen: of two managers who take one person, one does.
    sources = {before[user_id] for user_id in coming}
    moved = teams.move(tx, workspace_id, coming, source=sources, to=team.team_id, now=now)
    for user_id in moved:
        write_down(tx, workspace_id, user_id, before[user_id], team.team_id, actor=actor, now=now)
        tell(tx, workspace_id, user_id, team, TeamNews.JOINED, actor=actor, now=now)
    pass_on(tx, workspace_id, moved, now)


def leave(
    tx: Transaction,
    workspace_id: WorkspaceId,
    team: Team,
    going: Sequence[UserId],
    *,
    actor: UserId,
    now: datetime,
) -> None:
    """Let people be in *Everyone* again, tell them, and pass on what they ask for."""
    moved = teams.move(tx, workspace_id, going, source=[team.team_id], to=EVERYONE, now=now)
    for user_id in moved:
        write_down(tx, workspace_id, user_id, team.team_id, EVERYONE, actor=actor, now=now)
        tell(tx, workspace_id, user_id, team, TeamNews.LEFT, actor=actor, now=now)
    pass_on(tx, workspace_id, moved, now)


def write_down(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_id: UserId,
    before: str,
    after: str,
    *,
    actor: str,
    now: datetime,
) -> None:
    """The line in the audit table of one person's move."""
    change = Change(actor=actor, what="member's team", subject=user_id, before=before, after=after)
    audit.add(tx, workspace_id, change, now)


def tell(
    tx: Transaction,
    workspace_id: WorkspaceId,
    user_id: UserId,
    team: Team,
    news: TeamNews,
    *,
    actor: UserId,
    now: datetime,
) -> None:
    """Whoever did it to themselves knows."""
    if user_id != actor:
        told = TeamTold(recipient=user_id, actor=actor, team_id=team.team_id, news=news)
        outbox.add(tx, workspace_id, told, now)


def pass_on(
    tx: Transaction, workspace_id: WorkspaceId, people: Sequence[UserId], now: datetime
) -> None:
    """Owe what these people ask for to those who decide for them now."""
    waiting = topups.open_of_people(tx, workspace_id, people) if people else []
    copies.send_missing(tx, workspace_id, waiting, cause=Cause.PASSED_ON, now=now)


def _to_move(
    tx: Transaction,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    joining: Sequence[UserId],
    leaving: Sequence[UserId],
) -> tuple[Team, list[Member]]:
    """The team, and those who are not yet where they should be."""
    team = pick(tx, workspace_id, asked, Deed.RUN_TEAM)
    if team.is_everyone:
        raise EveryoneStays
    if team.usergroup_id is not None:
        raise GroupDecides(team.name, team.usergroup_handle)
    named = list(dict.fromkeys([*joining, *leaving]))
    if not named:
        raise NobodyNamed(team.name)
    if len(named) > NAMED_MAX:
        raise TooManyRecipients(len(named), NAMED_MAX)
    people = directory.members(tx, workspace_id, [asked.actor, *named])
    actor = people[asked.actor]
    coming = [people[one] for one in dict.fromkeys(joining) if people[one].team_id != team.team_id]
    going = [people[one] for one in dict.fromkeys(leaving) if one not in set(joining)]
    participants.refuse_absent(tx, workspace_id, *coming)
    for one in coming:
        _refuse_poaching(tx, workspace_id, actor, one)
    for one in going:
        if one.team_id != team.team_id:
            raise NotInTeam(one.user_id, team.name)
    return team, [*coming, *going]


def _refuse_poaching(
    tx: Transaction, workspace_id: WorkspaceId, actor: Member, person: Member
) -> None:
    """A manager takes in whoever is in no team, or in one of their own."""
    is_free = person.team_id == EVERYONE
    if not is_free and not roles.may_for_team(actor, Deed.RUN_TEAM, person.team_id):
        found = teams.team(tx, workspace_id, person.team_id)
        raise InAnotherTeam(person.user_id, found.name if found else person.team_id)
    permission.require_for_someone(actor, Deed.RUN_TEAM)
