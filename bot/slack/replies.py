"""Answers by response URL: from the outbox, or past a database that can't take them."""

import json
from datetime import datetime
from http.client import HTTPException

import structlog
from slack_sdk.webhook import WebhookClient

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.notices import Reply
from bot.services import outbox
from bot.slack.answers import Show
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()

#: The database has had its time already; this must fit into what Slack's three seconds leave.
_SECONDS = 1


def owe(
    database: Database,
    workspace_id: WorkspaceId,
    answer: Show,
    *,
    user_id: UserId,
    response_url: str,
    now: datetime,
) -> None:
    """Owe it to that person; a database that can't take it is passed by."""
    reply = Reply(
        recipient=user_id,
        response_url=response_url,
        message=json.dumps(dict(answer.message), ensure_ascii=False),
        replaces_original=answer.replaces_original,
    )
    try:
        outbox.reply(database, workspace_id, reply, now)
    except DatabaseFault:  # what was done is committed: its answer must not deny it
        send(response_url, answer)


def send(response_url: str, answer: Show) -> None:
    """Straight to Slack, once; where Slack can't be reached the log has it."""
    webhook = WebhookClient(response_url, timeout=_SECONDS, retry_handlers=[])
    try:
        webhook.send_dict(
            {
                **answer.message,
                "response_type": "ephemeral",
                "replace_original": answer.replaces_original,
            }
        )
    except (OSError, HTTPException) as error:
        _log.warning("not_answered", error=type(error).__name__)
