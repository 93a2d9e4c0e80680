"""When a listener raises: one friendly answer where the person is, with a reference for the log."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import structlog
from slack_bolt import BoltContext, BoltResponse
from slack_sdk import WebClient

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.refusals import AnyRefusal, MemberUnknown, Refusal, ReversalOverdraws
from bot.services import directory
from bot.slack import adapters, errors, payloads, replies, shortcuts
from bot.slack.adapters import Clock
from bot.slack.answers import Answer, Errors, Push, Show
from bot.slack.payloads import Click, Submission
from bot.slack.render import messages, views
from bot.slack.shortcuts import Chosen
from bot.storage.database import Database, DatabaseBusy, DatabaseFault

_log = structlog.get_logger()

_JSON: dict[str, str | Sequence[str]] = {"content-type": "application/json;charset=utf-8"}


class Spokesman:
    """Bolt's error handler: refusals, faults and bugs as answers."""

    def __init__(self, database: Database, client: WebClient, clock: Clock) -> None:
        self._database = database
        self._client = client
        self._clock = clock

    def answer(self, error: Exception, body: dict[str, Any], context: BoltContext) -> BoltResponse:
        """What Slack gets instead of the listener's ack."""
        workspace_id = adapters.authorized(context)
        kind = "command" if "command" in body else str(body.get("type"))
        message = self._message(error, kind, payloads.user_of(body))
        self._look_up(error, workspace_id)
        match kind:
            case "command":
                return _json(adapters.ephemeral(message))
            case "view_submission":
                return _json(
                    adapters.view_response(
                        _for_form(error, payloads.submission(body, workspace_id), message)
                    )
                )
            case "block_actions":
                self._reply(error, payloads.click(body, workspace_id), message)
                return BoltResponse(status=200)
            case "message_action" | "shortcut":
                self._reply_to(error, shortcuts.chosen(body, workspace_id), message)
                return BoltResponse(status=200)
            case _:
                # An event: Slack sends it again, unless there is no sense in that.
                return BoltResponse(status=200 if isinstance(error, Refusal) else 500)

    def _message(self, error: Exception, kind: str, viewer: UserId) -> Mapping[str, Any]:
        reference = str(structlog.contextvars.get_contextvars().get("reference", ""))
        match error:
            case ReversalOverdraws():
                return messages.reversal_confirmation(error)
            case Refusal():
                _log.info("refused", kind=kind, refusal=type(error).__name__)
                return messages.say(errors.words_for(cast("AnyRefusal", error), viewer))
            case DatabaseFault():
                _log.error("database_fault", kind=kind, reason=error.reason)
                return messages.say(
                    errors.words_for_fault(
                        is_busy=isinstance(error, DatabaseBusy),
                        is_outcome_unknown=error.is_outcome_unknown,
                        reference=reference,
                    )
                )
            case _:
                _log.error("unexpected", kind=kind, exc_info=error)
                return messages.say(errors.unexpected(reference))

    def _look_up(self, error: Exception, workspace_id: WorkspaceId) -> None:
        """Have somebody looked up whom the directory has not met, so that a retry works."""
        if not isinstance(error, MemberUnknown):
            return
        try:
            directory.want(self._database, workspace_id, [error.user_id])
        except DatabaseFault as fault:
            _log.warning("lookup_not_noted", reason=fault.reason)

    def _reply_to(self, error: Exception, said: Chosen, message: Mapping[str, Any]) -> None:
        """The same for a shortcut."""
        answer = Show(message)
        if isinstance(error, DatabaseFault) and said.response_url:
            replies.send(said.response_url, answer)
        else:
            adapters.reply(self._database, said, answer, self._clock())

    def _reply(self, error: Exception, said: Click, message: Mapping[str, Any]) -> None:
        """Answer a click; past a database that can't, whose time has been waited for once."""
        answer = Show(message)
        if isinstance(error, DatabaseFault):
            adapters.answer_at_once(self._client, said, answer)
        else:
            adapters.answer_click(self._database, self._client, said, answer, self._clock())


def _for_form(error: Exception, said: Submission, message: Mapping[str, Any]) -> Answer:
    """Words under the field they are about, else a page over the form, which keeps what it says."""
    if isinstance(error, Refusal):
        refusal = cast("AnyRefusal", error)
        field = errors.field_of(refusal, said.user_id)
        if field is not None and said.has(field):
            return Errors({field: errors.plain_words_for(refusal)})
    return Push(views.problem(message))


def _json(body: Mapping[str, Any]) -> BoltResponse:
    return BoltResponse(status=200, body=json.dumps(body, ensure_ascii=False), headers=_JSON)
