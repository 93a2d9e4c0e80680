"""What was chosen of a team, written with its line in the audit table."""

from collections.abc import Mapping
from datetime import datetime

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.teams import Team
from bot.services import arrivals
from bot.storage import audit, teams
from bot.storage.audit import Change
from bot.storage.database import Transaction


def change(
    tx: Transaction,
    workspace_id: WorkspaceId,
    before: Team,
    chosen: Mapping[str, object],
    *,
    actor: UserId,
    now: datetime,
) -> None:
    """Write what is other than before; nothing where all is the same."""
    new = {name: value for name, value in chosen.items() if value != getattr(before, name)}
    if not new:
        return
    teams.put(tx, workspace_id, before.team_id, new)
    for name, value in new.items():
        line = Change(
            actor=actor,
            what=f"team {name}",
            subject=before.team_id,
            before=_written(getattr(before, name)),
            after=_written(value),
        )
        audit.add(tx, workspace_id, line, now)
    arrivals.changed(tx, workspace_id, now)


def _written(value: object) -> str:
    return "" if value is None else str(value)
