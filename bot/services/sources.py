"""Sources of usage, for whoever looks after them: heard when, and how far from the reports."""

from datetime import datetime

from bot.domain import sources as rules
from bot.domain.directory import WorkspaceId
from bot.domain.sources import SourceState
from bot.storage import sources
from bot.storage.database import Database


def states(database: Database, workspace_id: WorkspaceId, now: datetime) -> list[SourceState]:
    """How each source is that was heard within two weeks, by name."""
    since = rules.first_day(now, rules.SHOWN)
    with database.reading() as tx:
        told = sources.told(tx, workspace_id, rules.first_day(now, rules.LOOKED_AT))
        nobodys = sources.nobodys(tx, workspace_id, since)
    return rules.states(told, rules.gaps([one for one in told if one.day >= since]), nobodys, now)
