"""Usage added up, for whoever's key may read."""

from collections.abc import Sequence

from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.usage_sums import By, Found, Question, Sums
from bot.storage import teams, usage_sums
from bot.storage.database import Database


def sums(
    database: Database, workspace_id: WorkspaceId, question: Question, *, whose: UserId | None
) -> Found:
    """The answer, from rollups alone; of one member where `whose` names one."""
    with database.reading() as tx:
        found = usage_sums.sums(tx, workspace_id, question, whose=whose)
        rows = tuple(found[: question.limit])
        named = teams.teams(tx, workspace_id, _team_ids(rows, question)) if rows else {}
    return Found(
        rows,
        has_more=len(found) > question.limit,
        team_names={team_id: team.name for team_id, team in named.items()},
    )


def _team_ids(rows: Sequence[Sums], question: Question) -> list[TeamId]:
    if By.TEAM not in question.by:
        return []
    at = question.by.index(By.TEAM)
    return sorted({TeamId(row.parts[at]) for row in rows})
