"""Teams that follow a user group of Slack's: its people are the team's, and stay so.

Slack is asked in the background (`slack.roster`): daily, and when an event tells of a change.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.directory import EVERYONE, FACTS_AGE_MAX, TeamId, UserId, WorkspaceId
from bot.domain.notices import GroupLost, GroupRead, TeamNews
from bot.domain.refusals import EveryoneStays, GroupTaken
from bot.domain.roles import Deed
from bot.domain.teams import NAMED_MAX, Team
from bot.services import memberships, team_members
from bot.services.team_changes import change
from bot.services.team_choice import Asked, pick
from bot.storage import directory, events, outbox, teams
from bot.storage import roles as given_roles
from bot.storage.database import Database, Transaction

#: Who is named as the one who moved people that a group brought or took.
GROUP = UserId("user group")
#: People moved in one database transaction, which nobody should wait for long.
_CHUNK = 100
#: Managers and admins who hear that a group was lost.
_TOLD_MAX = 5


def follow(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Asked,
    *,
    usergroup_id: str,
    handle: str,
    now: datetime,
) -> Team:
    """Let a user group say who is in the team, as soon as Slack was asked for its people.

    Raises `GroupTaken` where another team follows it, `EveryoneStays`.
    """
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.RUN_TEAM)
        if team.is_everyone:
            raise EveryoneStays
        other = teams.following(tx, workspace_id, usergroup_id)
        if other is not None and other.team_id != team.team_id:
            raise GroupTaken(handle, other.name)
        chosen = {"usergroup_id": usergroup_id, "usergroup_handle": handle}
        change(tx, workspace_id, team, chosen, actor=asked.actor, now=now)
        unread = {"usergroup_read_at": None, "usergroup_chosen_by": asked.actor}
        teams.put(tx, workspace_id, team.team_id, unread)
        directory.wake(tx)
        return teams.team(tx, workspace_id, team.team_id) or team


def unfollow(database: Database, workspace_id: WorkspaceId, asked: Asked, *, now: datetime) -> Team:
    """Whoever is in the team stays, and comes and goes by hand again."""
    with database.writing() as tx:
        team = pick(tx, workspace_id, asked, Deed.RUN_TEAM)
        _let_go(tx, workspace_id, team, actor=asked.actor, now=now)
        return teams.team(tx, workspace_id, team.team_id) or team


def to_read(database: Database, workspace_id: WorkspaceId, now: datetime) -> list[Team]:
    """Teams whose group is to be read now."""
    with database.reading() as tx:
        return teams.groups_to_read(tx, workspace_id, before=now - FACTS_AGE_MAX)


def changed(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    usergroup_id: str,
    event_id: str,
    now: datetime,
) -> None:
    """Slack tells that a group has other people, or is no more: it is read soon."""
    with database.writing() as tx:
        team = teams.following(tx, workspace_id, usergroup_id)
        if team is not None and events.is_first_time(tx, workspace_id, event_id, now):
            teams.put(tx, workspace_id, team.team_id, {"usergroup_read_at": None})
            directory.wake(tx)


def keep(
    database: Database,
    workspace_id: WorkspaceId,
    team: Team,
    users: Sequence[UserId],
    now: datetime,
) -> None:
    """Let the team have the group's people, a chunk a commit; once more changes nothing.

    Whoever pays in another team stays there: a group takes nobody away from a manager.
    """
    with database.writing() as tx:
        directory.want(tx, workspace_id, users)
    with database.reading() as tx:
        people = directory.members(tx, workspace_id, users)
        have = teams.members(tx, workspace_id, team.team_id)
    coming = sorted(one for one in set(users) if people[one].team_id == EVERYONE)
    going = sorted(set(have) - set(users))
    elsewhere = sum(1 for one in users if people[one].team_id not in {EVERYONE, team.team_id})
    is_told = len(coming) + len(going) <= NAMED_MAX  # messages to thousands would be noise
    came = _move(database, workspace_id, team, coming, to=team.team_id, is_told=is_told, now=now)
    went = _move(database, workspace_id, team, going, to=EVERYONE, is_told=is_told, now=now)
    with database.writing() as tx:
        chosen_by = teams.mark_group_read(tx, workspace_id, team, now)
        if chosen_by is not None:
            read = GroupRead(
                recipient=chosen_by,
                team_id=team.team_id,
                handle=team.usergroup_handle,
                came=came,
                went=went,
                elsewhere=elsewhere,
            )
            outbox.add(tx, workspace_id, read, now)
    memberships.catch_up(database, now)


def lose(
    database: Database, workspace_id: WorkspaceId, team: Team, *, why: str, now: datetime
) -> None:
    """The group can't be read: the team keeps its people and follows it no longer; who can mend
    that is told.

    `why` is Slack's error code, or `empty`.
    """
    with database.writing() as tx:
        as_it_is = teams.team(tx, workspace_id, team.team_id)
        if as_it_is is None or as_it_is.usergroup_id != team.usergroup_id:
            return  # told already, or another was chosen meanwhile
        _let_go(tx, workspace_id, as_it_is, actor=GROUP, now=now)
        approvers = given_roles.approvers(tx, workspace_id)
        managers = [one.user_id for one in approvers if team.team_id in one.manages]
        admins = [one.user_id for one in approvers if one.is_admin]
        for user_id in (managers or admins)[:_TOLD_MAX]:
            lost = GroupLost(
                recipient=user_id, team_id=team.team_id, handle=team.usergroup_handle, why=why
            )
            outbox.add(tx, workspace_id, lost, now)


def _let_go(
    tx: Transaction, workspace_id: WorkspaceId, team: Team, *, actor: UserId, now: datetime
) -> None:
    chosen = {"usergroup_id": None, "usergroup_handle": ""}
    change(tx, workspace_id, team, chosen, actor=actor, now=now)


def _move(
    database: Database,
    workspace_id: WorkspaceId,
    team: Team,
    people: Sequence[UserId],
    *,
    to: TeamId,
    is_told: bool,
    now: datetime,
) -> int:
    """Move them a chunk a commit, from where they were seen; how many."""
    source, news = (
        (EVERYONE, TeamNews.JOINED) if to == team.team_id else (team.team_id, TeamNews.LEFT)
    )
    count = 0
    for start in range(0, len(people), _CHUNK):
        some = people[start : start + _CHUNK]
        with database.writing() as tx:
            teams.lock(tx, workspace_id, team.team_id)
            as_it_is = teams.team(tx, workspace_id, team.team_id)
            if as_it_is is None or as_it_is.usergroup_id != team.usergroup_id:
                break  # it ended, or follows another, since Slack was asked
            moved = teams.move(tx, workspace_id, some, source=[source], to=to, now=now)
            for user_id in moved:
                team_members.write_down(tx, workspace_id, user_id, source, to, actor=GROUP, now=now)
                if is_told:
                    team_members.tell(tx, workspace_id, user_id, team, news, actor=GROUP, now=now)
            team_members.pass_on(tx, workspace_id, moved, now)
        count += len(moved)
    return count
