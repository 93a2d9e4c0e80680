"""What people used, as it becomes known."""

from datetime import datetime

from bot.domain import notes, periods
from bot.domain import usage as rules
from bot.domain.directory import EVERYONE, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey, Receipt
from bot.domain.teams import Team
from bot.domain.usage import Used
from bot.storage import directory, ledger, rollups, teams
from bot.storage.database import Database


def record(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    tokens: int,
    model: str,
    project: str,
    at: datetime,
    key: IdempotencyKey,
    now: datetime,
) -> Receipt:
    """Charge a member what they used, once for this key; it may take them below zero.

    It counts on the local day of `at` in the zone of the team that pays for them now.
    """
    model, project = rules.name(model), rules.name(project)
    note = notes.clean(f"{model}, {project}")
    with database.writing() as tx:
        person = directory.member(tx, workspace_id, user_id)
        entry = rules.entry(user_id, tokens, note=note, key=key, now=now)
        receipt = ledger.record(tx, workspace_id, entry)
        if receipt.is_new:
            team = teams.team(tx, workspace_id, person.team_id)
            clock = (team or Team(team_id=EVERYONE, name="")).clock
            used = Used(
                team_id=person.team_id,
                day=periods.day_of(at, clock),
                user_id=user_id,
                model=model,
                project=project,
                tokens=tokens,
            )
            rollups.add(tx, workspace_id, [used])
    return receipt
