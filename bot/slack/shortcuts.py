"""What people choose from a message's menu, as Slack tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.directory import UserId, WorkspaceId
from bot.slack import payloads


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A shortcut that somebody used on a message, or on none."""

    workspace_id: WorkspaceId
    user_id: UserId
    callback_id: str
    #: The message's, as its reader saw it; empty where it has none.
    text: str
    trigger_id: str
    #: Empty for one that belongs to no message.
    response_url: str


def chosen(body: Mapping[str, Any], workspace_id: WorkspaceId) -> Chosen:
    """From a `message_action` or `shortcut` payload."""
    text = (body.get("message") or {}).get("text")
    return Chosen(
        workspace_id=workspace_id,
        user_id=UserId(body["user"]["id"]),
        callback_id=str(body.get("callback_id") or ""),
        text=payloads.typed(text) if isinstance(text, str) else "",
        trigger_id=str(body.get("trigger_id") or ""),
        response_url=str(body.get("response_url") or ""),
    )
