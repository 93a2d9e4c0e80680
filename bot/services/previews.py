"""What an allowance would come to, or comes to from now on: who gets what when."""

from dataclasses import replace
from datetime import date, datetime

from bot.domain import allowance_wishes as rules
from bot.domain import notes, periods
from bot.domain.allowance_wishes import AllowanceWish, Preview
from bot.domain.allowances import Allowance, AllowanceId, SubjectKind
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.refusals import AllowanceExists, AllowanceUnknown
from bot.services import approvers, memberships, participants, subjects
from bot.storage import allowances, directory, ids, teams
from bot.storage.database import Database, Transaction


def preview(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    wish: AllowanceWish,
    now: datetime,
) -> Preview:
    """Who would get what when, refused as setting it would be refused; nothing is set."""
    wish = replace(wish, note=notes.clean(wish.note))
    with database.reading() as tx:
        allowance = wished(tx, workspace_id, actor, wish, now)
        refuse_second(tx, workspace_id, allowance, now)
    return shown(database, workspace_id, allowance, now)


def preview_of(
    database: Database, workspace_id: WorkspaceId, allowance_id: AllowanceId, now: datetime
) -> Preview:
    """Who gets what when by a rule, from today on. Raises `AllowanceUnknown`."""
    with database.reading() as tx:
        found = allowances.by_ids(tx, workspace_id, [allowance_id])
    if allowance_id not in found:
        raise AllowanceUnknown
    return shown(database, workspace_id, found[allowance_id], now)


def shown(
    database: Database,
    workspace_id: WorkspaceId,
    allowance: Allowance,
    now: datetime,
    *,
    from_on: date | None = None,
) -> Preview:
    """The same for a rule at hand, from a day on."""
    with database.reading() as tx:
        team = teams.teams(tx, workspace_id, [allowance.team_id])[allowance.team_id]
        people = 1
        if allowance.subject.kind is SubjectKind.TEAM:
            people = memberships.count(tx, workspace_id, team.team_id)
    today = periods.day_of(now, team.clock)
    return rules.preview(allowance, people=people, team=team, today=today, from_on=from_on)


def wished(
    tx: Transaction,
    workspace_id: WorkspaceId,
    actor: UserId,
    wish: AllowanceWish,
    now: datetime,
) -> Allowance:
    """The rule that a wish comes to, once everybody concerned is known to take part."""
    who = directory.member(tx, workspace_id, actor)
    person, team = subjects.of(tx, workspace_id, wish.subject)
    if person is not None:
        participants.refuse_absent(tx, workspace_id, person)
    return rules.rule(
        wish,
        actor=who,
        person=person,
        team=team,
        is_only_approver=approvers.is_only_one(tx, workspace_id, actor),
        now=now,
        new_id=ids.new,
    )


def refuse_second(
    tx: Transaction, workspace_id: WorkspaceId, allowance: Allowance, now: datetime
) -> None:
    """One recurring rule a subject: another would be a change. Packages may stand beside it."""
    if allowance.vesting is not None:
        return
    for other in allowances.of_subjects(tx, workspace_id, [allowance.subject]):
        if other.vesting is None:
            team = teams.team(tx, workspace_id, other.team_id)
            today = periods.day_of(now, team.clock) if team else other.starts_on
            raise AllowanceExists(other.allowance_id, rules.changes_on(other, today))
