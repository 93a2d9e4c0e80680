"""Keeps the directory true to Slack in the background: everybody daily, and who is asked for."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http.client import HTTPException

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.identities import Identity as SourceIdentity
from bot.domain.teams import Team
from bot.services import departures, directory, identity_lookups, usergroups
from bot.slack import payloads
from bot.slack.identity import Identity
from bot.slack.retries import GONE, code_of, is_passing, retry_after
from bot.storage.database import Database

_log = structlog.get_logger()

_PAGE = 200
_IDLE_SECONDS = 60.0
_UNREACHED_SECONDS = 5.0


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
        #: Where the list was left off, when Slack asked us to wait.
        self._cursor = ""

    def step(self) -> float:
        """Do what is due; how many seconds to wait if nobody asks."""
        try:
            workspace_id = self._identity.workspace_id
            if workspace_id is None or departures.is_away(self._database, workspace_id):
                workspace_id = self._identity.learn(self._client)
            if self.refresh(workspace_id) == directory.LOOKUPS_MAX:
                return 0.0  # there may be more
        except SlackApiError as error:
            return self._refused(code_of(error), retry_after(error))
        except (OSError, HTTPException) as error:
            _log.warning("slack_unreachable", error=type(error).__name__)
            return _UNREACHED_SECONDS
        return _IDLE_SECONDS

    def _refused(self, code: str, seconds: float | None) -> float:
        """When to ask again; nothing is sent to a workspace that has let go of the bot."""
        self._identity.trouble = code
        workspace_id = self._identity.workspace_id
        if workspace_id is not None and code in GONE:
            departures.begin(self._database, workspace_id, why=code, now=self._clock())
            return _IDLE_SECONDS
        _log.warning("slack_refused", error=code, again_in=seconds)
        return seconds or _UNREACHED_SECONDS

    def refresh(self, workspace_id: WorkspaceId) -> int:
        """Look up who is asked for, read the list if it is old, then whom it left old; how many.

        The unknown come first: somebody waits for them, and a large list takes its time.
        """
        now = self._clock()
        unseen = directory.unseen(self._database, workspace_id)
        self._look_up_all(workspace_id, unseen, now)
        if directory.is_list_due(self._database, workspace_id, now):
            self._read_list(workspace_id, now)
        for team in usergroups.to_read(self._database, workspace_id, now):
            self._read_group(workspace_id, team, now)
        due = directory.due(self._database, workspace_id, now)
        self._look_up_all(workspace_id, due, now)
        for asked in identity_lookups.due(self._database, workspace_id, now):
            self._look_up_address(workspace_id, asked, now)
        return max(len(unseen), len(due))

    def _read_list(self, workspace_id: WorkspaceId, now: datetime) -> None:
        """All pages, from where Slack last asked us to wait."""
        while True:
            cursor, self._cursor = self._cursor, ""
            try:
                answer = self._client.users_list(limit=_PAGE, cursor=cursor)
            except SlackApiError as error:
                if is_passing(error):
                    self._cursor = cursor  # any other refusal is of the cursor: begin anew
                raise
            people = [payloads.person(user, workspace_id) for user in answer["members"]]
            directory.learn(self._database, workspace_id, people, now)
            self._cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not self._cursor:
                break
        directory.mark_list_read(self._database, workspace_id, now)

    def _read_group(self, workspace_id: WorkspaceId, team: Team, now: datetime) -> None:
        """The people of the group that a team follows; a group that is gone is let go."""
        try:
            answer = self._client.usergroups_users_list(usergroup=team.usergroup_id or "")
        except SlackApiError as error:
            if is_passing(error):
                raise
            usergroups.lose(self._database, workspace_id, team, why=code_of(error), now=now)
            return
        users = [UserId(user_id) for user_id in answer.get("users") or []]
        if users:
            usergroups.keep(self._database, workspace_id, team, users, now)
        else:  # so Slack may answer of a group that was turned off; a team is not emptied by that
            usergroups.lose(self._database, workspace_id, team, why="empty", now=now)

    def _look_up_address(
        self, workspace_id: WorkspaceId, asked: SourceIdentity, now: datetime
    ) -> None:
        """Whose e-mail address a source sent that nobody in the directory has."""
        try:
            answer = self._client.users_lookupByEmail(email=asked.name)
        except SlackApiError as error:
            if is_passing(error):
                raise
            _log.info("address_not_found", error=code_of(error))
            identity_lookups.missing(self._database, workspace_id, asked, now)
            return
        person = payloads.person(answer["user"], workspace_id)
        identity_lookups.found(self._database, workspace_id, asked, person, now)

    def _look_up_all(
        self, workspace_id: WorkspaceId, user_ids: Sequence[UserId], now: datetime
    ) -> None:
        for user_id in user_ids:
            self._look_up(workspace_id, user_id, now)

    def _look_up(self, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> None:
        try:
            answer = self._client.users_info(user=user_id)
        except SlackApiError as error:
            if is_passing(error):
                raise
            # Slack will not tell of them: nobody behind them has to wait for that.
            _log.info("person_not_found", user_id=user_id, error=code_of(error))
            directory.mark_missing(self._database, workspace_id, user_id, now)
            return
        person = payloads.person(answer["user"], workspace_id)
        directory.learn(self._database, workspace_id, [person], now)
