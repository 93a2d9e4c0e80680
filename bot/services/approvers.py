"""Who approves: named people, and Slack's admins and owners unless a setting says no."""

from datetime import datetime

from bot.domain.directory import EVERYONE, Member, Role, UserId, WorkspaceId
from bot.services import arrivals, participants
from bot.storage import audit, directory, roles
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction


def approvers(database: Database, workspace_id: WorkspaceId) -> list[Member]:
    """All who may grant to and decide for someone, by id."""
    with database.reading() as tx:
        return roles.approvers(tx, workspace_id)


def is_only_one(tx: Transaction, workspace_id: WorkspaceId, actor: UserId) -> bool:
    """Whether the actor is the one approver there is, who must act for themselves too."""
    return [a.user_id for a in roles.approvers(tx, workspace_id)] == [actor]


def add(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    role: Role,
    actor: str,
    now: datetime,
) -> bool:
    """Give a role, of *Everyone* for a manager; False when they had it.

    Someone whom the directory has not met gets it in advance. Raises the refusal of anybody who
    takes no part: bots, deactivated people.
    """
    with database.writing() as tx:
        person = directory.member(tx, workspace_id, user_id)
        if person.fetched_at is None:
            directory.want(tx, workspace_id, [user_id])
        else:
            participants.refuse_absent(tx, workspace_id, person)
        team_id = EVERYONE if role is Role.MANAGER else ""
        is_new = roles.give(tx, workspace_id, user_id, role=role, team_id=team_id, now=now)
        if is_new:
            change = Change(
                actor=actor, what="role", subject=user_id, before="", after=f"{role}:{team_id}"
            )
            audit.add(tx, workspace_id, change, now)
            arrivals.changed(tx, workspace_id, now)
    return is_new


def remove(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    role: Role,
    actor: str,
    now: datetime,
) -> bool:
    """Take a role back; False when they did not have it."""
    with database.writing() as tx:
        team_id = EVERYONE if role is Role.MANAGER else ""
        had = roles.take(tx, workspace_id, user_id, role=role, team_id=team_id)
        if had:
            change = Change(
                actor=actor, what="role", subject=user_id, before=f"{role}:{team_id}", after=""
            )
            audit.add(tx, workspace_id, change, now)
            arrivals.changed(tx, workspace_id, now)
    return had
