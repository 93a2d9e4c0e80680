"""Socket Mode: the app connects to us, and payloads go down that socket."""

import asyncio
import concurrent.futures
import itertools
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.playground.delivery import ANSWER_SECONDS, Answer, Kind
from bot.playground.people import Json
from bot.playground.workspace import Workspace

_Future = concurrent.futures.Future[Json]
_ACCEPTS_RESPONSE: frozenset[Kind] = frozenset({"slash_commands", "interactive"})


@dataclass(slots=True, eq=False)
class _Connection:
    websocket: WebSocket
    loop: asyncio.AbstractEventLoop
    pending: dict[str, _Future] = field(default_factory=dict)

    def send(self, message: Json) -> None:
        """Send one message as one frame (from any other thread)."""
        sending = self.websocket.send_text(json.dumps(message))
        asyncio.run_coroutine_threadsafe(sending, self.loop).result(ANSWER_SECONDS)


class SocketMode:
    """The open sockets of the app; each payload goes to one of them, in turn."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._turn = itertools.count()
        #: How many sockets were ever opened.
        self.opened = 0

    def open_url(self, own_url: str) -> str:
        """What apps.connections.open answers: good for one connection."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"{own_url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id=A0"

    def is_connected(self) -> bool:
        return bool(self._connections)

    @property
    def connected(self) -> int:
        """How many sockets are open."""
        return len(self._connections)

    async def endpoint(self, websocket: WebSocket) -> None:
        """One socket, from hello to its end."""
        ticket = websocket.query_params.get("ticket", "")
        if ticket not in self._tickets:
            await websocket.close(code=1008)
            return
        self._tickets.discard(ticket)
        await websocket.accept()
        connection = _Connection(websocket, asyncio.get_running_loop())
        await websocket.send_text(json.dumps(self._hello()))
        with self._workspace.changing():
            self._connections.append(connection)
            self.opened += 1
        try:
            while True:
                self._take(connection, await websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError):  # RuntimeError: we closed it ourselves
            pass
        finally:
            with self._workspace.changing():
                self._connections.remove(connection)

    def deliver(
        self, kind: Kind, payload: Json, retry: Mapping[str, str], seconds: float
    ) -> Answer:
        """Send an envelope and wait for its reply."""
        connections = list(self._connections)
        connection = connections[next(self._turn) % len(connections)]
        envelope_id = str(uuid.uuid4())
        future: _Future = concurrent.futures.Future()
        connection.pending[envelope_id] = future
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind in _ACCEPTS_RESPONSE,
        }
        if "X-Slack-Retry-Num" in retry:
            envelope["retry_attempt"] = int(retry["X-Slack-Retry-Num"])
            envelope["retry_reason"] = retry["X-Slack-Retry-Reason"]
        try:
            connection.send(envelope)
            reply = future.result(seconds)
        except TimeoutError:
            return Answer(status=None, trouble="timeout")
        finally:
            connection.pending.pop(envelope_id, None)
        content = reply.get("payload")
        return Answer(status=200, body=json.dumps(content) if content else "")

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect."""
        for connection in list(self._connections):
            connection.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "sim"}})

    def close(self) -> None:
        """Close every socket, as when Slack's host goes away."""
        for connection in list(self._connections):
            closing = connection.websocket.close(code=1001)
            asyncio.run_coroutine_threadsafe(closing, connection.loop).result(ANSWER_SECONDS)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections) + 1,
            "connection_info": {"app_id": self._workspace.identity.app_id},
            "debug_info": {"host": "simulated", "approximate_connection_time": 18060},
        }

    def _take(self, connection: _Connection, text: str) -> None:
        try:
            reply = json.loads(text)
        except ValueError:
            return
        future = connection.pending.get(reply.get("envelope_id", ""))
        if future is not None and not future.done():
            future.set_result(reply)
