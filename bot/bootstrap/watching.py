"""What a handle offers to whoever watches the bot at work, or plays its users."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from bot.domain.api_keys import Scope
from bot.domain.directory import WorkspaceId
from bot.domain.happenings import Happenings, OwedNotice
from bot.domain.ledger import RecordedEntry
from bot.domain.notices import NoticeId
from bot.services import api_keys, happenings
from bot.storage.database import Database

__all__ = ["Happenings", "OwedNotice", "RecordedEntry", "Watcher"]

#: The name of the key that is made here, and who made it.
_NAME = "playground"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Reads what the books of a running bot were given lately."""

    database: Database
    clock: Callable[[], datetime]

    def lately(self, workspace_id: str, since: datetime, also: Collection[str] = ()) -> Happenings:
        """Entries and notices since then, and how the notices that are named stand now."""
        named = [NoticeId(one) for one in also]
        return happenings.lately(self.database, WorkspaceId(workspace_id), since=since, also=named)

    def usage_key(self, workspace_id: str) -> str:
        """The text of an API key that may report anybody's usage; the one before it is revoked."""
        workspace, now = WorkspaceId(workspace_id), self.clock()
        api_keys.revoke(self.database, workspace, named=_NAME, actor=_NAME, now=now)
        made = api_keys.create(
            self.database,
            workspace,
            name=_NAME,
            scopes=[Scope.USAGE_WRITE],
            user_id=None,
            actor=_NAME,
            now=now,
        )
        return str(made.credential)
