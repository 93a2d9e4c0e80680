"""Sources of usage, for whoever looks after them: heard when, and how far from the reports."""

from datetime import datetime

from bot.domain import sources as rules
from bot.domain.directory import WorkspaceId
from bot.domain.sources import Gap, SourceState, Told
from bot.storage import sources
from bot.storage.database import Database


def gaps(database: Database, workspace_id: WorkspaceId, now: datetime) -> list[Gap]:
    """By provider and day in UTC of the last seven: counted where charged, and reported."""
    return _read(database, workspace_id, now)[1]


def states(database: Database, workspace_id: WorkspaceId, now: datetime) -> list[SourceState]:
    """How each source is that was heard within two weeks, by name."""
    told, found = _read(database, workspace_id, now)
    return rules.states(told, found, now)


def _read(
    database: Database, workspace_id: WorkspaceId, now: datetime
) -> tuple[list[Told], list[Gap]]:
    since = rules.first_day(now, rules.SHOWN)
    with database.reading() as tx:
        told = sources.told(tx, workspace_id, rules.first_day(now, rules.LOOKED_AT))
        nobodys = sources.nobodys(tx, workspace_id, since)
    return told, rules.gaps([one for one in told if one.day >= since], nobodys)
