"""Usage by day, summed as it comes; `storage.usage` reads it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from bot.domain import usage as rules
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.usage import Used
from bot.storage import upsert
from bot.storage.database import Transaction
from bot.storage.tables import RollupRow, table

_rollup = table(RollupRow)

#: SQLite takes 500 parts of a compound SELECT.
_DAYS_AT_ONCE = 400

_Day = tuple[TeamId, date]
_KEY = ("workspace_id", "team_id", "day", "user_id", "model", "project")


def add(tx: Transaction, workspace_id: WorkspaceId, used: Sequence[Used]) -> None:
    """Add to the sums, with projects beyond the most of a day under `other`."""
    days = sorted({(one.team_id, one.day) for one in used})
    known = _projects(tx, workspace_id, days)
    if any(one.project not in known.get((one.team_id, one.day), ()) for one in used):
        # A project's first use that day: others with theirs wait, so that none is one too many.
        _take_turns(tx, workspace_id, sorted({one.team_id for one in used}))
        known = _projects(tx, workspace_id, days)
    sums: Counter[tuple[str, ...]] = Counter()
    calls: Counter[tuple[str, ...]] = Counter()
    for one in rules.folded(used, known):
        key = (workspace_id, one.team_id, one.day.isoformat(), one.user_id, one.model, one.project)
        sums[key] += one.tokens
        calls[key] += one.calls
    rows = [
        {**dict(zip(_KEY, key, strict=True)), "tokens": sums[key], "calls": calls[key]}
        for key in sorted(sums)  # the one order of locks
    ]
    if not rows:
        return
    statement = upsert.insert(tx)(_rollup)
    totals = {name: _rollup.c[name] + statement.excluded[name] for name in ("tokens", "calls")}
    tx.connection.execute(
        statement.on_conflict_do_update(index_elements=list(_KEY), set_=totals), rows
    )


def _projects(
    tx: Transaction, workspace_id: WorkspaceId, days: Sequence[_Day]
) -> dict[_Day, frozenset[str]]:
    """The projects that each of these days has by now, found one after the other in the index.

    A `DISTINCT` would read every row of the day for each use that comes in.
    """
    found: dict[_Day, set[str]] = {}
    for start in range(0, len(days), _DAYS_AT_ONCE):
        some = days[start : start + _DAYS_AT_ONCE]
        for row in tx.connection.execute(_each_project(workspace_id, some)):
            day = (TeamId(row.team_id), date.fromisoformat(row.day))
            found.setdefault(day, set()).add(row.project)
    return {day: frozenset(projects) for day, projects in found.items()}


def _each_project(
    workspace_id: WorkspaceId, days: Sequence[_Day]
) -> sa.Select[tuple[str, str, str]]:
    text = sa.Text()
    each = [
        sa.select(
            sa.cast(sa.literal(team_id), text).label("team_id"),
            sa.cast(sa.literal(day.isoformat()), text).label("day"),
        )
        for team_id, day in days
    ]
    asked = sa.union_all(*each).subquery("asked")
    none_yet = sa.cast(sa.literal(""), text).label("project")
    seen = sa.select(asked.c.team_id, asked.c.day, none_yet).cte("seen", recursive=True)
    following = (
        sa.select(sa.cast(sa.func.min(_rollup.c.project), text))
        .where(
            _rollup.c.workspace_id == workspace_id,
            _rollup.c.team_id == seen.c.team_id,
            _rollup.c.day == seen.c.day,
            _rollup.c.project > seen.c.project,
        )
        .scalar_subquery()
    )
    seen = seen.union_all(
        sa.select(seen.c.team_id, seen.c.day, following).where(seen.c.project.is_not(None))
    )
    return sa.select(seen.c.team_id, seen.c.day, seen.c.project).where(seen.c.project != "")


def _take_turns(tx: Transaction, workspace_id: WorkspaceId, team_ids: Sequence[TeamId]) -> None:
    """Make others who add a project to these teams' days wait; on SQLite all writers do anyway.

    No row is locked for it: accounts are locked by now, and whoever locks a team's row first might
    want one of them.
    """
    if tx.connection.dialect.name == "sqlite":
        return
    for team_id in team_ids:
        name = sa.func.hashtextextended(f"rollup {workspace_id} {team_id}", 0)
        tx.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(name)))
