"""Usage by day, summed as it comes; `usage`, `usage_views` and `usage_sums` read it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import add as add_up
from typing import Any

import sqlalchemy as sa

from bot.domain import usage as rules
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.usage import FIGURES, DayPlace, Used
from bot.storage.database import Call, Transaction
from bot.storage.statements import Bulk, Given, Row, Statement, Values, insert_given
from bot.storage.tables import RollupRow, table

_rollup = table(RollupRow)

#: SQLite takes 500 parts of a compound SELECT.
_DAYS_AT_ONCE = 400

_Day = tuple[TeamId, str]
_KEY = ("workspace_id", *DayPlace._fields)
_CALLS = FIGURES.index("calls")


def _add(given: Given, insert: Any) -> sa.ClauseElement:
    statement = insert_given(_rollup, given, insert)
    added: sa.ClauseElement = statement.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={name: _rollup.c[name] + statement.excluded[name] for name in FIGURES},
    )
    return added


ADD = Bulk(_rollup, (*_KEY, *FIGURES), _add)
#: Fewer calls than before: no row to insert says that, for the check of its calls comes first.
TAKE_BACK = Statement(
    lambda _insert: (
        sa.update(_rollup)
        .where(*(_rollup.c[name] == sa.bindparam(name, type_=sa.String()) for name in _KEY))
        .values(
            {
                name: _rollup.c[name] + sa.bindparam(f"more_{name}", type_=sa.BigInteger())
                for name in FIGURES
            }
        )
    )
)
#: Of the projects of these days, those that have no row of theirs yet. With OFFSET PostgreSQL looks
#: each up by the index; else it may read all days to find one.
UNKNOWN = Bulk(
    _rollup,
    ("workspace_id", "team_id", "day", "project"),
    lambda given, _insert: sa.select(given["team_id"], given["day"]).where(
        ~sa.select(sa.literal_column("1"))
        .where(*(_rollup.c[name] == given[name] for name in given))
        .limit(sa.literal_column("1"))
        .offset(sa.literal_column("0"))
        .exists()
    ),
)


def add(tx: Transaction, workspace_id: WorkspaceId, used: Sequence[Used]) -> None:
    """Add to the sums, with projects beyond the most of a day under `other`."""
    if used:
        (found,) = tx.batch([unknown(workspace_id, used)])
        add_asked(tx, workspace_id, used, found)


def unknown(workspace_id: WorkspaceId, used: Sequence[Used]) -> Call:
    """Ask which projects, of one or more, are new on their days; `add_asked` takes the rows."""
    days = {(one.place.team_id, one.place.day, one.place.project) for one in used}
    return UNKNOWN, [(workspace_id, *one) for one in sorted(days)]


def add_asked(
    tx: Transaction, workspace_id: WorkspaceId, used: Sequence[Used], found: Iterable[Row]
) -> None:
    """As `add`, once `unknown` was asked: a project that was known then still is."""
    if fresh := {(TeamId(team_id), day) for team_id, day in found}:
        # A project's first use that day: others with theirs wait, so that none is one too many.
        _take_turns(tx, workspace_id, sorted({team_id for team_id, _ in fresh}))
        apart = [one for one in used if (one.place.team_id, one.place.day) in fresh]
        used = [one for one in used if (one.place.team_id, one.place.day) not in fresh]
        used += rules.folded(apart, _projects(tx, workspace_id, sorted(fresh)))
    sums: dict[Row, list[int]] = {}
    for one in used:
        key = (workspace_id, *one.place)
        so_far = sums.get(key)
        sums[key] = list(map(add_up, so_far, one.figures) if so_far else one.figures)
    # Runs of one kind in the one order of locks.
    for is_less, keys in groupby(sorted(sums), key=lambda key: sums[key][_CALLS] < 0):
        if is_less:
            tx.many(TAKE_BACK, [_taken(key, sums[key]) for key in keys])
        else:
            tx.bulk(ADD, [(*key, *sums[key]) for key in keys])


def _taken(key: Row, figures: Sequence[int]) -> Values:
    more = {f"more_{name}": figure for name, figure in zip(FIGURES, figures, strict=True)}
    return dict(zip(_KEY, key, strict=True)) | more


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
            found.setdefault((TeamId(row.team_id), row.day), set()).add(row.project)
    return {day: frozenset(projects) for day, projects in found.items()}


def _each_project(
    workspace_id: WorkspaceId, days: Sequence[_Day]
) -> sa.Select[tuple[str, str, str]]:
    text = sa.Text()
    each = [
        sa.select(
            sa.cast(sa.literal(team_id), text).label("team_id"),
            sa.cast(sa.literal(day), text).label("day"),
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
