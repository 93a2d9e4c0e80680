"""Workspaces that let go of the bot: nothing is sent meanwhile, and the ledger stays."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.domain.directory import WorkspaceId
from bot.storage import audit, departures, workspaces
from bot.storage.audit import Change
from bot.storage.database import Database, Topic, Transaction
from bot.storage.departures import Departure

_log = structlog.get_logger()

#: What the outbox says of notices that waited in vain.
STALE = "not delivered in time: Slack had let go of the app"
#: Ended in one commit, so that nobody waits long behind it.
_ENDED_MAX = 1_000
_ACTOR = "slack"
_WHAT = "installation"
_INSTALLED = "installed"


def begin(database: Database, workspace_id: WorkspaceId, *, why: str, now: datetime) -> bool:
    """Send nothing there from now on; False where that was known, or nobody knows the workspace.

    Its books go on: what is used is counted, what is due is credited, and what is told of that
    waits for as long as it is worth telling.
    """
    with database.writing() as tx:
        left = Departure(workspace_id=workspace_id, left_at=now, why=why)
        if workspace_id not in workspaces.every(tx) or not departures.begin(tx, left):
            return False
        _write_down(tx, workspace_id, before=_INSTALLED, after=why, now=now)
    _log.warning("slack_left", workspace_id=workspace_id, why=why)
    return True


def end(tx: Transaction, workspace_id: WorkspaceId, now: datetime) -> None:
    """Slack takes our calls there: go on with what is still good."""
    over = departures.end(tx, workspace_id)
    if over is None:
        return
    _write_down(tx, workspace_id, before=over.why, after=_INSTALLED, now=now)
    tx.announce(Topic.OUTBOX)
    _log.info("slack_came_back", workspace_id=workspace_id, since=over.left_at.isoformat())


def is_away(database: Database, workspace_id: WorkspaceId) -> bool:
    """Whether the workspace has let go of the bot."""
    with database.reading() as tx:
        return workspace_id in departures.names(tx)


def every(database: Database) -> Sequence[tuple[Departure, int]]:
    """All that have left, each with how many notices wait for it."""
    with database.reading() as tx:
        return [(one, departures.waiting(tx, one.workspace_id)) for one in departures.every(tx)]


def end_stale(database: Database, now: datetime) -> int:
    """End what waited for them for too long, so that it is seen and does not pile up; how many."""
    ended = 0
    while True:
        with database.writing() as tx:
            some = departures.end_stale(tx, now=now, limit=_ENDED_MAX, error=STALE)
        ended += some
        if some < _ENDED_MAX:
            return ended


def _write_down(
    tx: Transaction, workspace_id: WorkspaceId, *, before: str, after: str, now: datetime
) -> None:
    change = Change(actor=_ACTOR, what=_WHAT, subject=workspace_id, before=before, after=after)
    audit.add(tx, workspace_id, change, now)
