"""Who the bot is in Slack, learnt by `auth.test` when Slack answers."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from http.client import HTTPException

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.directory import WorkspaceId
from bot.services import departures, directory
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()

_APP_ID = re.compile(r"A[A-Z0-9]{1,31}")


class Identity:
    """One workspace by its bot token; known after the first answer of `auth.test`."""

    def __init__(self, database: Database, token: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._token = token
        self._clock = clock
        #: What Slack said instead of who we are.
        self.trouble = ""
        self._made_room_for: frozenset[WorkspaceId] = frozenset()
        self._apps_met: frozenset[tuple[WorkspaceId, str]] = frozenset()
        self._workspace_id: WorkspaceId | None = None
        self._bot_user_id = ""
        self._bot_id = ""

    @property
    def workspace_id(self) -> WorkspaceId | None:
        """The token's workspace, once Slack has said it."""
        return self._workspace_id

    def learn(self, client: WebClient) -> WorkspaceId:
        """Ask Slack who we are, and write down the workspace. Raises what the client raises."""
        said = client.auth_test()
        workspace_id = WorkspaceId(str(said["team_id"]))
        directory.describe_workspace(
            self._database,
            workspace_id,
            name=str(said.get("team") or ""),
            url=str(said.get("url") or ""),
            bot_user_id=str(said["user_id"]),
            now=self._clock(),
        )
        # Room was made with it, so that no request needs to write for that.
        self._made_room_for |= {workspace_id}
        self._workspace_id = workspace_id
        self._bot_user_id, self._bot_id = str(said["user_id"]), str(said.get("bot_id") or "")
        _log.info("slack_reached", workspace_id=workspace_id)
        return workspace_id

    def ask_again(self, client: WebClient) -> None:
        """Where a workspace had let go of the bot: it may have taken it back by now."""
        if departures.every(self._database):
            with suppress(SlackApiError, OSError, HTTPException):  # it has not
                self.learn(client)

    def authorize(
        self, *, team_id: str | None, enterprise_id: str | None
    ) -> AuthorizeResult | None:
        """Bolt asks for each request; answered from memory, without a call to Slack.

        Before Slack has said who we are, a signed request is believed about its workspace.
        """
        workspace_id = WorkspaceId(team_id or "")
        if self._workspace_id not in {None, workspace_id} or not workspace_id:
            return None
        self._make_room(workspace_id)
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=self._token,
            bot_id=self._bot_id,
            bot_user_id=self._bot_user_id,
        )

    def meet_app(self, workspace_id: WorkspaceId, app_id: str) -> None:
        """Note which app a request of Slack's is for: links into the app need its id."""
        met = (workspace_id, app_id)
        if met in self._apps_met or not _APP_ID.fullmatch(app_id):
            return
        try:
            directory.know_app(self._database, workspace_id, app_id)
        except DatabaseFault as fault:  # the next request says it again
            _log.warning("app_not_noted", reason=fault.reason)
            return
        self._apps_met |= {met}

    def _make_room(self, workspace_id: WorkspaceId) -> None:
        if workspace_id in self._made_room_for:
            return
        # Two threads may both do it: twice is as good as once, and no thread waits for another.
        directory.open_workspace(self._database, workspace_id, self._clock())
        self._made_room_for |= {workspace_id}
