"""Messages about a request that change in their place, as the request does."""

from datetime import datetime
from functools import partial

from slack_sdk import WebClient

from bot.domain import topups as rules
from bot.domain.directory import WorkspaceId
from bot.domain.notices import TopUpCopyChanged, TopUpReopened
from bot.services import topups
from bot.slack.render import messages
from bot.slack.retries import unless_gone
from bot.storage.database import Database


def change(
    database: Database,
    client: WebClient,
    workspace_id: WorkspaceId,
    notice: TopUpCopyChanged | TopUpReopened,
    now: datetime,
) -> None:
    """With the request as it stands now. Raises what Slack, or the way there, answers."""
    newest = place = notice.message
    if isinstance(notice, TopUpCopyChanged):
        newest = topups.copy_of(database, workspace_id, notice.topup_id, notice.recipient)
        place = notice.message or newest
    if place is None:
        return  # it was never sent, so there is nothing to change
    dossier = topups.dossier(database, workspace_id, notice.topup_id, now)
    if isinstance(notice, TopUpReopened):
        message = messages.topup_reopened(dossier)
    elif place == newest:
        may_undo = rules.may_undo(dossier.topup, notice.recipient, now)
        message = messages.topup_request(dossier, may_undo=may_undo)
    else:
        message = messages.asked_again(dossier)
    unless_gone(partial(client.chat_update, channel=place.channel, ts=place.ts, **message))
