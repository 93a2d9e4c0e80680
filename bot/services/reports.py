"""Digests when they are due: each team and each member that asked, once a week, whoever works."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from bot.domain import digests as rules
from bot.domain.digests import OwnWeek, Week
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.notices import Digest, OwnDigest
from bot.domain.teams import Team
from bot.services import own_weeks, weeks
from bot.storage import digests, outbox, runs, teams
from bot.storage.database import Database

#: Teams and members that share the queries for their facts; these hold no writer, and each has to
#: end within the 1.5 s that a statement gets.
TEAMS_READ_MAX = 50
MEMBERS_READ_MAX = 500
#: Digests written in one commit, so that people who write wait a tenth of a second at the most.
_WRITTEN_MAX = 50

_T = TypeVar("_T")
_Due = tuple[WorkspaceId, date, Team]


def prepare_due_digests(database: Database, now: datetime) -> int:
    """Owe every digest that is due by now; how many there were.

    Of weeks that were missed only the latest is told of.
    """
    with database.reading() as tx:
        waiting = digests.waiting(tx, rules.newest_week(now))
    due: list[_Due] = []
    for workspace_id, team, last in waiting:
        week_on = rules.due_week(team, now)
        if week_on.isoformat() > last:
            due.append((workspace_id, week_on, team))
    due.sort(key=lambda one: (one[0], one[1], one[2].zone, one[2].team_id))
    prepared = 0
    for (workspace_id, week_on), together in groupby(due, itemgetter(0, 1)):
        for some in _chunks([team for _, _, team in together], TEAMS_READ_MAX):
            prepared += _prepare(database, workspace_id, some, week_on, now)
    return prepared


def _prepare(
    database: Database,
    workspace_id: WorkspaceId,
    some: Sequence[Team],
    week_on: date,
    now: datetime,
) -> int:
    """Their digests and those of their members; then the clock is done with the week."""
    to_tell = [
        team
        for team in some
        # A team that was made since has no week to be told of.
        if team.channel_id
        and not (team.created_at and team.created_at > rules.due_at(team, week_on))
    ]
    prepared = 0
    if to_tell:
        with database.snapshot() as tx:
            facts = weeks.of_teams(tx, workspace_id, to_tell, week_on=week_on, now=now)
        for week in _chunks(list(facts.values()), _WRITTEN_MAX):
            prepared += _owe(database, workspace_id, week, week_on, now)
    prepared += _prepare_own(database, workspace_id, some, week_on, now)
    with database.writing() as tx:
        # Last, so that whoever is killed before it begins anew and finds what was done claimed.
        ids = [team.team_id for team in some]
        period = week_on.isoformat()
        runs.claim_all(tx, workspace_id, job=digests.WEEK, subjects=ids, period=period, now=now)
    return prepared


def _owe(
    database: Database,
    workspace_id: WorkspaceId,
    facts: Sequence[Week],
    week_on: date,
    now: datetime,
) -> int:
    period, ids = week_on.isoformat(), [week.team_id for week in facts]
    with database.writing() as tx:
        standing = teams.teams(tx, workspace_id, ids)  # somebody may have turned it off meanwhile
        channels = {t: team.channel_id for t, team in standing.items() if team.channel_id}
        # The claim makes it once: it commits with the notice, and a second worker gets none.
        mine = runs.claim_all(
            tx, workspace_id, job=digests.TEAM, subjects=list(channels), period=period, now=now
        )
        for week in facts:
            if week.team_id in mine:
                notice = Digest(
                    recipient=channels[week.team_id],
                    team_id=week.team_id,
                    week_on=period,
                    facts=rules.dump(week),
                )
                outbox.add(tx, workspace_id, notice, now)
    return len(mine)


def _prepare_own(
    database: Database,
    workspace_id: WorkspaceId,
    some: Sequence[Team],
    week_on: date,
    now: datetime,
) -> int:
    clocks = {team.team_id: team.clock for team in some}
    prepared = 0
    while True:
        with database.snapshot() as tx:
            members = digests.who_want_their_own(
                tx, workspace_id, list(clocks), week_on=week_on, limit=MEMBERS_READ_MAX
            )
            facts: dict[UserId, OwnWeek] = {}
            for clock in {clocks[team_id] for team_id, _ in members}:
                here = [user_id for team_id, user_id in members if clocks[team_id] == clock]
                facts |= own_weeks.of_members(
                    tx, workspace_id, here, clock=clock, week_on=week_on, now=now
                )
        if not members:
            return prepared
        owed = [(user_id, rules.dump(week)) for user_id, week in facts.items()]
        for chunk in _chunks(owed, _WRITTEN_MAX):
            prepared += _owe_own(database, workspace_id, chunk, week_on, now)


def _owe_own(
    database: Database,
    workspace_id: WorkspaceId,
    owed: Sequence[tuple[UserId, str]],
    week_on: date,
    now: datetime,
) -> int:
    subjects = [user_id for user_id, _ in owed]
    period = week_on.isoformat()
    with database.writing() as tx:
        mine = runs.claim_all(
            tx, workspace_id, job=digests.OWN, subjects=subjects, period=period, now=now
        )
        for user_id, facts in owed:
            if user_id in mine:
                outbox.add(tx, workspace_id, OwnDigest(recipient=user_id, facts=facts), now)
    return len(mine)


def week_of(
    database: Database, workspace_id: WorkspaceId, team: Team, *, week_on: date, now: datetime
) -> Week:
    """One team's week, for whoever asks for it between digests."""
    with database.snapshot() as tx:
        found: dict[TeamId, Week] = weeks.of_teams(
            tx, workspace_id, [team], week_on=week_on, now=now
        )
    return found[team.team_id]


def _chunks(things: Sequence[_T], most: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(things), most):
        yield things[start : start + most]
