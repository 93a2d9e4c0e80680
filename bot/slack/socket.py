"""Socket Mode: Slack's requests over a WebSocket that we open, for hosts without an address."""

import secrets
import threading
from http.client import HTTPException

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.retries import code_of

_log = structlog.get_logger()

_CONNECTED_SECONDS = 30.0
_RETRY_SECONDS = 5.0
_FINISH_SECONDS = 5.0


class _Handler(SocketModeHandler):
    """The SDK's, which also knows what it has in hand."""

    def __init__(self, app: App, app_token: str) -> None:
        super().__init__(app, app_token)
        self._changed = threading.Condition()
        self._in_hand = 0
        self._is_closing = False

    def handle(  # type: ignore[override]  # as the SDK's own, narrower than its base
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        with self._changed:
            if self._is_closing:
                return  # unanswered: Slack gives it to another process, or says that it failed
            self._in_hand += 1
        # The SDK's threads live on: without this their requests would all bear one reference.
        structlog.contextvars.bind_contextvars(reference=secrets.token_hex(4))
        try:
            super().handle(client, req)
        finally:
            with self._changed:
                self._in_hand -= 1
                self._changed.notify_all()

    def finish(self) -> None:
        """Take nothing new, answer what is in hand, then disconnect.

        The SDK's own `close` disconnects first, and the answers of running listeners are lost.
        """
        with self._changed:
            self._is_closing = True
            self._changed.wait_for(lambda: self._in_hand == 0, _FINISH_SECONDS)
        self.close()  # type: ignore[no-untyped-call]  # the SDK has no types there


class Socket:
    """One step connects where that was not done; the SDK's client reconnects by itself."""

    def __init__(self, app: App, app_token: str) -> None:
        self._app = app
        self._app_token = app_token
        self._handler: _Handler | None = None

    @property
    def is_connected(self) -> bool:
        return self._handler is not None and bool(self._handler.client.is_connected())

    def step(self) -> float:
        """Connect if need be; how many seconds until the next look."""
        if self.is_connected:
            return _CONNECTED_SECONDS
        if self._handler is not None:
            return _RETRY_SECONDS  # the client is at it
        handler = _Handler(self._app, self._app_token)
        try:
            handler.connect()  # type: ignore[no-untyped-call]  # raises when Slack refuses, returns when the socket does
        except (SlackApiError, OSError, HTTPException) as error:
            code = code_of(error) if isinstance(error, SlackApiError) else type(error).__name__
            _log.warning("socket_not_opened", error=code)
            handler.client.close()
            return _RETRY_SECONDS
        self._handler = handler
        _log.info("socket_opened")
        return _CONNECTED_SECONDS

    def close(self) -> None:
        if self._handler is not None:
            self._handler.finish()
