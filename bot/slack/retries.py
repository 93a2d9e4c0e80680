"""What Slack's failures mean: wait as told, try later, or never."""

import re
from collections.abc import Callable
from http import HTTPStatus

from slack_sdk.errors import SlackApiError

#: Slack's own trouble, or ours with the token, which an admin can mend: the notice stays good.
PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "accesslimited",
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "missing_scope",
        "ekm_access_denied",
        "team_access_not_granted",
    }
)
#: The workspace has let go of the bot, or the token is another's: no call is taken before an admin
#: installs it again.
GONE = frozenset({"account_inactive", "token_revoked", "invalid_auth"})
#: Slack says so of a message or a view that no longer exists: there is nothing left to change.
_NOTHING_LEFT = frozenset(
    {"message_not_found", "channel_not_found", "cant_update_message", "not_found"}
)
_RETRY_AFTER_MIN, _RETRY_AFTER_MAX = 1.0, 3_600.0
_RETRY_AFTER_UNSAID = 5.0
_CODE = re.compile(r"[a-z][a-z0-9_]*")


def retry_after(error: SlackApiError) -> float | None:
    """Seconds that Slack asks us to wait; None when this is no rate limit."""
    response = error.response
    if _status(error) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers = response.get("headers") if isinstance(response, dict) else response.headers
    said = {k.lower(): v for k, v in (headers or {}).items()}.get("retry-after", "")
    text = said[0] if isinstance(said, list) else said
    try:
        seconds = float(text)
    except ValueError:
        seconds = _RETRY_AFTER_UNSAID
    return min(max(seconds, _RETRY_AFTER_MIN), _RETRY_AFTER_MAX)


def is_passing(error: SlackApiError) -> bool:
    """Whether the same call may succeed later."""
    code = code_of(error)
    # What bears no code of Slack's is some proxy's page, not Slack's answer.
    return code.startswith("http ") or code in PASSING


def code_of(error: SlackApiError) -> str:
    """Slack's error code, or the HTTP status; never the page itself, which may hold anything."""
    status, code = _status(error), str(error.response.get("error"))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not _CODE.fullmatch(code):
        return f"http {status}"
    return code


def _status(error: SlackApiError) -> int:
    """The HTTP status; the SDK's answer is an object, or a dict where it found no JSON."""
    response = error.response
    found = response.get("status") if isinstance(response, dict) else response.status_code
    return int(found or HTTPStatus.OK)


def unless_gone(change: Callable[[], object]) -> None:
    """Change a message or a view; nothing is left to change where it no longer exists."""
    try:
        change()
    except SlackApiError as error:
        if code_of(error) not in _NOTHING_LEFT:
            raise
