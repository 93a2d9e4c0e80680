"""An answer to a click that goes straight to its response URL, past the outbox."""

from collections.abc import Mapping
from typing import Any

from slack_sdk.webhook import WebhookClient

from bot.slack.answers import Show

#: The database has had its time already; this must fit into what Slack's three seconds leave.
_SECONDS = 1


def body(message: Mapping[str, Any], *, replaces_original: bool) -> dict[str, Any]:
    """What a response URL takes: always for the one who clicked alone."""
    return {**message, "response_type": "ephemeral", "replace_original": replaces_original}


def send(response_url: str, answer: Show) -> None:
    """Raises OSError when Slack can't be reached."""
    webhook = WebhookClient(response_url, timeout=_SECONDS, retry_handlers=[])
    webhook.send_dict(body(answer.message, replaces_original=answer.replaces_original))
