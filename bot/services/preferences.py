"""When people want to be told that tokens run low: their own choice, and their team's."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain import alerts as rules
from bot.domain import permission
from bot.domain.directory import EVERYONE, Member, UserId, WorkspaceId
from bot.domain.funds import Funds
from bot.domain.ledger import AccountId, AccountKind, account_kind, account_owner
from bot.domain.preferences import AlertChoice, Contact
from bot.domain.refusals import NoTeamToAlert
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.storage import audit, directory, preferences, teams
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction


def of(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> AlertChoice:
    """What holds for this person, chosen by them or not."""
    with database.reading() as tx:
        return _choice(tx, workspace_id, user_id)


def choose(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    now: datetime,
    changes: Mapping[str, object],
) -> AlertChoice:
    """Change fields of one's own `Preferences`; what holds from now on."""
    with database.writing() as tx:
        before = _contact(tx, workspace_id, user_id).preferences
        after = replace(before, **changes)  # type: ignore[arg-type]  # fields of ours, by name
        if after != before:
            preferences.put(tx, workspace_id, user_id, after)
            change = Change(
                actor=user_id,
                what="alerts",
                subject=f"member:{user_id}",
                before=str(before),
                after=str(after),
            )
            audit.add(tx, workspace_id, change, now)
        return _choice(tx, workspace_id, user_id)


def choose_for_team(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    name: str,
    thresholds: str | None,
    now: datetime,
) -> Team:
    """Set at which percentages a team's pool, and its members who chose none, are warned.

    Raises `NoTeamToAlert`, `NotAllowed`.
    """
    with database.writing() as tx:
        team = _called(tx, workspace_id, name)
        who = directory.member(tx, workspace_id, actor)
        permission.require(who, Deed.SET_ALERTS, Member(user_id=UserId(""), team_id=team.team_id))
        if team.thresholds != thresholds:
            preferences.put_team_thresholds(tx, workspace_id, team.team_id, thresholds)
            change = Change(
                actor=actor,
                what="alerts",
                subject=f"team:{team.team_id}",
                before=str(team.thresholds),
                after=str(thresholds),
            )
            audit.add(tx, workspace_id, change, now)
    return replace(team, thresholds=thresholds)


def thresholds_of(
    tx: Transaction, workspace_id: WorkspaceId, found: Mapping[AccountId, Funds]
) -> dict[AccountId, tuple[int, ...]]:
    """A member's own, else their team's; a pool's are its team's."""
    owners = {
        account: UserId(account_owner(account))
        for account in found
        if account_kind(account) is AccountKind.MEMBER
    }
    people = preferences.contacts(tx, workspace_id, owners.values())
    own = {account: people[user].preferences.thresholds for account, user in owners.items()}
    return {
        account: rules.percentages(
            mine.team.thresholds if own.get(account) is None else own[account]
        )
        for account, mine in found.items()
    }


def _choice(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> AlertChoice:
    person = _contact(tx, workspace_id, user_id)
    known = teams.teams(tx, workspace_id, [person.team_id, EVERYONE])
    return AlertChoice(person=person, team=known.get(person.team_id, known[EVERYONE]))


def _contact(tx: Transaction, workspace_id: WorkspaceId, user_id: UserId) -> Contact:
    return preferences.contacts(tx, workspace_id, [user_id])[user_id]


def _called(tx: Transaction, workspace_id: WorkspaceId, name: str) -> Team:
    for team in teams.every(tx, workspace_id):
        if name.strip().lower() in {team.name.lower(), team.team_id}:
            return team
    raise NoTeamToAlert(name)
