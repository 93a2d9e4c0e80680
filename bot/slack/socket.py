"""Socket Mode: Slack's requests over a WebSocket that we open, for hosts without an address."""

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.slack.retries import code_of

_log = structlog.get_logger()

_CONNECTED_SECONDS = 30.0
_RETRY_SECONDS = 5.0


class Socket:
    """One step connects where that was not done; the SDK's client reconnects by itself."""

    def __init__(self, app: App, app_token: str) -> None:
        self._app = app
        self._app_token = app_token
        self._handler: SocketModeHandler | None = None

    @property
    def is_connected(self) -> bool:
        return self._handler is not None and bool(self._handler.client.is_connected())

    def step(self) -> float:
        """Connect if need be; how many seconds until the next look."""
        if self.is_connected:
            return _CONNECTED_SECONDS
        if self._handler is not None:
            return _RETRY_SECONDS  # the client is at it
        handler = SocketModeHandler(self._app, self._app_token)
        try:
            handler.connect()  # type: ignore[no-untyped-call]  # raises when Slack refuses, returns when the socket does
        except (SlackApiError, OSError) as error:
            code = code_of(error) if isinstance(error, SlackApiError) else type(error).__name__
            _log.warning("socket_not_opened", error=code)
            handler.client.close()
            return _RETRY_SECONDS
        self._handler = handler
        _log.info("socket_opened")
        return _CONNECTED_SECONDS

    def close(self) -> None:
        if self._handler is not None:
            self._handler.close()  # type: ignore[no-untyped-call]
