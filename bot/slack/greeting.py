"""Whoever types a command is looked at until the workspace's first admin has come."""

from collections.abc import Callable
from datetime import datetime

import structlog

from bot.domain.directory import UserId, WorkspaceId
from bot.services import arrivals
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()


class Greeter:
    """Remembers which workspaces need no welcome any more, so that commands ask nothing then."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._at_home: frozenset[WorkspaceId] = frozenset()

    def greet(self, workspace_id: WorkspaceId, user_id: UserId) -> None:
        """Owe the welcome where this is the first admin; what was answered stays answered."""
        if workspace_id in self._at_home:
            return
        try:
            is_at_home = arrivals.came(self._database, workspace_id, user_id, self._clock())
        except DatabaseFault as fault:  # their next command is looked at again
            _log.warning("not_greeted", reason=fault.reason)
            return
        if is_at_home:
            self._at_home |= {workspace_id}
