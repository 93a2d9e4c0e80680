"""Ending a team: its people are in *Everyone* again, and its pool in the treasury."""

from datetime import datetime

from bot.domain import ledger as books
from bot.domain.allowances import Allowance, AllowanceState, Subject, SubjectKind
from bot.domain.directory import EVERYONE, UserId, WorkspaceId
from bot.domain.ledger import Entry, EntryKind, IdempotencyKey, Posting
from bot.domain.notices import TeamNews
from bot.domain.roles import Deed
from bot.domain.teams import NAMED_MAX, Team, TeamView, pool_account
from bot.services import dues, fundings, memberships, team_managers, team_members
from bot.services.team_changes import change
from bot.services.team_choice import Asked, pick, pick_locked
from bot.services.team_views import not_everyone, to_change, views_of
from bot.storage import accounts, allowance_turns, allowances, ledger, teams
from bot.storage.database import Database, Transaction


def to_end(database: Database, workspace_id: WorkspaceId, asked: Asked, now: datetime) -> TeamView:
    """The team that somebody would end. Raises `EveryoneStays`."""
    found = to_change(database, workspace_id, asked, Deed.MAKE_TEAM, now)
    not_everyone(found.team)
    return found


@dues.settled_first
def end(database: Database, workspace_id: WorkspaceId, *, asked: Asked, now: datetime) -> TeamView:
    """End a team: its people are in *Everyone* again, its rules credit no more.

    What its pool has, and what it still owed for allowances, goes back to the treasury. What the
    team was before is returned.
    """
    with database.reading() as tx:
        team = not_everyone(pick(tx, workspace_id, asked, Deed.MAKE_TEAM))
        ending = _rules_of(tx, workspace_id, team)
    for allowance in ending:
        dues.settle_rule(database, workspace_id, allowance.allowance_id, now)
    with database.writing() as tx:
        # Of two who end it, the second finds none.
        team = not_everyone(pick_locked(tx, workspace_id, asked, Deed.MAKE_TEAM))
        before = views_of(tx, workspace_id, [team], now)[0]
        _end_rules(tx, workspace_id, team)
        _return_pool(tx, workspace_id, team, asked.actor, now)
        for user_id in before.managers:
            team_managers.take(tx, workspace_id, team, user_id, actor=asked.actor, now=now)
        moved = teams.empty(tx, workspace_id, team.team_id, now)
        for user_id in moved:
            team_members.write_down(
                tx, workspace_id, user_id, team.team_id, EVERYONE, actor=asked.actor, now=now
            )
        if len(moved) <= NAMED_MAX:  # a message to each of thousands would be noise
            for user_id in moved:
                team_members.tell(
                    tx, workspace_id, user_id, team, TeamNews.LEFT, actor=asked.actor, now=now
                )
        team_members.pass_on(tx, workspace_id, moved, now)
        ended = {"ended_at": now, "channel_id": None, "usergroup_id": None}
        change(tx, workspace_id, team, ended, actor=asked.actor, now=now)
    memberships.catch_up(database, now)
    return before


def _end_rules(tx: Transaction, workspace_id: WorkspaceId, team: Team) -> None:
    """No further credits; members' turns end as they leave, by `memberships.catch_up`."""
    for allowance in _rules_of(tx, workspace_id, team):
        if allowance.state is not AllowanceState.ENDED:
            allowance_id = allowance.allowance_id
            allowances.put_state(tx, workspace_id, allowance_id, AllowanceState.ENDED)
            if allowance.subject.kind is not SubjectKind.TEAM:
                allowance_turns.stop(tx, workspace_id, allowance_id)


def _rules_of(tx: Transaction, workspace_id: WorkspaceId, team: Team) -> list[Allowance]:
    """Those for its people and its pool, and for whomever its pool pays."""
    subjects = [Subject(kind, team.team_id) for kind in (SubjectKind.TEAM, SubjectKind.POOL)]
    own = allowances.of_subjects(tx, workspace_id, subjects)
    paid = allowances.paid_by(tx, workspace_id, pool_account(team.team_id))
    return list({one.allowance_id: one for one in (*own, *paid)}.values())


def _return_pool(
    tx: Transaction, workspace_id: WorkspaceId, team: Team, actor: UserId, now: datetime
) -> None:
    pool = pool_account(team.team_id)
    fundings.give_up(tx, workspace_id, pool)
    dues.settle(tx, workspace_id, [pool], now)  # what only that had kept from expiring
    left = accounts.available(tx, workspace_id, pool)
    if left <= 0:
        return
    entry = Entry(
        kind=EntryKind.RETURN,
        actor=actor,
        postings=(Posting(pool, books.TREASURY, left),),
        note=f"{team.name} has ended",
        key=IdempotencyKey(f"team-end:{team.team_id}"),
        now=now,
    )
    ledger.record(tx, workspace_id, entry)
