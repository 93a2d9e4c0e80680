"""Single calls and holds are kept for some months and then deleted.

Entries and sums stay for ever.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.domain import retention as rules
from bot.domain.directory import WorkspaceId
from bot.services import settings
from bot.storage import old_holds, progress, retention
from bot.storage.database import Database
from bot.storage.retention import Bounds, Old

#: Calls, or holds, of one commit: people wait behind it for some 50 ms.
CHUNK = 200
#: Of one tick; the next minute goes on.
FORGET_MAX = 10_000
#: Accounts that are looked at together: the memory of a look is their chunks.
ACCOUNTS = 100
#: A link can be taken back for so long with all that it moved, however old that is.
LINKS_KEPT = timedelta(days=30)


def forget_old(database: Database, now: datetime) -> None:
    """Delete what no workspace keeps any longer, once a day; the next call goes on."""
    with database.reading() as tx:
        found = retention.waiting(tx, now.astimezone(UTC).date())
    left = FORGET_MAX
    for workspace_id in found:
        left -= forget(database, workspace_id, now, limit=left)
        if left <= 0:
            return


def forget(database: Database, workspace_id: WorkspaceId, now: datetime, *, limit: int) -> int:
    """Delete so many of one workspace's; how many were found. Fewer than that: these were all.

    Whoever is cut off leaves whole commits, and two at once delete the same once.
    """
    with database.reading() as tx:
        kept_from = rules.kept_from(now, settings.current(tx, workspace_id, rules.SETTING))
    found = 0
    if kept_from is not None:
        bounds = Bounds(workspace_id, kept_from=kept_from, linked_since=now - LINKS_KEPT)
        found = _forget(database, bounds, limit)
        found += _forget_holds(database, bounds, limit - found)
    if found < limit:
        with database.writing() as tx:
            today = now.astimezone(UTC).date().isoformat()
            progress.advance(tx, workspace_id, retention.LOOKED, today)
    return found


def _forget(database: Database, bounds: Bounds, limit: int) -> int:
    found = 0
    for old in _found(database, bounds):
        some = old[: limit - found]
        for start in range(0, len(some), CHUNK):
            with database.writing() as tx:
                retention.forget(tx, bounds, some[start : start + CHUNK])
        found += len(some)
        if found == limit:
            break
    return found


def _forget_holds(database: Database, bounds: Bounds, limit: int) -> int:
    found = 0
    while found < limit:
        with database.writing() as tx:
            some = old_holds.old(tx, bounds, limit=min(CHUNK, limit - found))
            old_holds.forget(tx, bounds, some)
        found += len(some)
        if len(some) < CHUNK:
            break
    return found


def _found(database: Database, bounds: Bounds) -> Iterator[list[Old]]:
    """Some at a time of what is there by then, for whoever deletes them before asking for more."""
    with database.reading() as tx:
        accounts = retention.accounts(tx, bounds)
    for start in range(0, len(accounts), ACCOUNTS):
        while True:
            with database.reading() as tx:
                old = retention.old(tx, bounds, accounts[start : start + ACCOUNTS], limit=CHUNK)
            if not old:
                break
            yield old
