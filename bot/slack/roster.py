"""Keeps the directory true to Slack in the background: everybody daily, and who is asked for."""

from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.directory import UserId, WorkspaceId
from bot.services import directory
from bot.slack import payloads
from bot.slack.identity import Identity
from bot.slack.retries import code_of, retry_after
from bot.storage.database import Database

_log = structlog.get_logger()

_PAGE = 200
_IDLE_SECONDS = 60.0
_UNREACHED_SECONDS = 5.0
_GONE = frozenset({"user_not_found", "user_not_visible"})


class Roster:
    """One step reads what is due from Slack; `Loop` calls it."""

    def __init__(
        self,
        database: Database,
        client: WebClient,
        identity: Identity,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._client = client
        self._identity = identity
        self._clock = clock

    def step(self) -> float:
        """Do what is due; how many seconds to wait if nobody asks."""
        try:
            workspace_id = self._identity.workspace_id
            if workspace_id is None:
                workspace_id = self._identity.learn(self._client)
            if self.refresh(workspace_id) == directory.LOOKUPS_MAX:
                return 0.0  # there may be more
        except SlackApiError as error:
            seconds = retry_after(error)
            _log.warning("slack_refused", error=code_of(error), again_in=seconds)
            return seconds or _UNREACHED_SECONDS
        except (OSError, HTTPException) as error:
            _log.warning("slack_unreachable", error=type(error).__name__)
            return _UNREACHED_SECONDS
        return _IDLE_SECONDS

    def refresh(self, workspace_id: WorkspaceId) -> int:
        """Read the whole list if it is old, then look up the few who are asked for; how many."""
        now = self._clock()
        if directory.is_list_due(self._database, workspace_id, now):
            self._read_list(workspace_id, now)
        due = directory.due(self._database, workspace_id, now)
        for user_id in due:
            self._look_up(workspace_id, user_id, now)
        return len(due)

    def _read_list(self, workspace_id: WorkspaceId, now: datetime) -> None:
        cursor = ""
        while True:
            answer = self._client.users_list(limit=_PAGE, cursor=cursor)
            people = [payloads.person(user, workspace_id) for user in answer["members"]]
            directory.learn(self._database, workspace_id, people, now)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        directory.mark_list_read(self._database, workspace_id, now)

    def _look_up(self, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> None:
        try:
            answer = self._client.users_info(user=user_id)
        except SlackApiError as error:
            if error.response.get("error") not in _GONE:
                raise
            directory.mark_missing(self._database, workspace_id, user_id, now)
            return
        person = payloads.person(answer["user"], workspace_id)
        directory.learn(self._database, workspace_id, [person], now)
