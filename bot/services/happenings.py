"""What happened lately, for whoever watches the bot at work."""

from collections.abc import Collection
from datetime import datetime

from bot.domain.directory import WorkspaceId
from bot.domain.happenings import Happenings
from bot.domain.notices import NoticeId
from bot.storage import entries, happenings
from bot.storage.database import Database

#: Of entries and of notices; who looks seldom misses the oldest.
EACH_MAX = 500


def lately(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    since: datetime,
    also: Collection[NoticeId] = (),
) -> Happenings:
    """The newest entries and notices since then, and how the notices that are named stand now."""
    with database.snapshot() as tx:
        made = happenings.entry_ids(tx, workspace_id, since=since, limit=EACH_MAX)
        found = entries.entries(tx, workspace_id, made)
        owed = happenings.notices(tx, workspace_id, since=since, also=also, limit=2 * EACH_MAX)
    return Happenings(entries=tuple(reversed(found)), notices=tuple(owed))
