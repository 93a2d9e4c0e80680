"""A web server in a thread of its own, and connections that can be dropped."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

START_SECONDS_MAX = 10
HANG_SECONDS_MAX = 60
LOOPBACK = "127.0.0.1"


class Pulse:
    """Wakes coroutines when something changed in any thread, and when the server closes."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Event] = set()

    def bind(self) -> None:
        """Remember the loop that runs now."""
        self._loop = asyncio.get_running_loop()

    def ring(self) -> None:
        """Something changed (from any thread)."""
        self._call(self._wake)

    def close(self) -> None:
        """End all that waits (from any thread)."""
        self._call(self._end)

    async def wait(self, seconds: float) -> bool:
        """Wait for the next change; False when none came in time or the server closes."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(event)
        return not self.closing.is_set()

    def _call(self, function: Callable[[], None]) -> None:
        # The loop may close between the look and the call; then nobody waits any more.
        with contextlib.suppress(RuntimeError):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(function)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()

    def _end(self) -> None:
        self.closing.set()
        self._wake()


class _DroppableProtocol(H11Protocol):
    """HTTP whose handlers find their own connection in `scope["state"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, pulse: Pulse, ready: threading.Event) -> None:
        super().__init__(config)
        self.pulse = pulse
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.pulse.bind()
        await super().startup(sockets=sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.pulse.closing.wait()


class ServerThread:
    """An ASGI application on a loopback port, from `start` to `stop`."""

    def __init__(self, app: ASGIApp, pulse: Pulse, port: int) -> None:
        self._app = app
        self._pulse = pulse
        self._wanted_port = port
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Listen; an OSError says that the port is taken."""
        listener = socket.create_server((LOOPBACK, self._wanted_port), backlog=512)
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            http=_DroppableProtocol,
            ws="websockets-sansio",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config, self._pulse, self._ready)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listener])),
            name="simulated-slack",
            daemon=True,
        )
        self._thread.start()
        if not self._ready.wait(START_SECONDS_MAX):
            raise RuntimeError("the simulated Slack did not start")

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._thread is None:
            return
        self._pulse.close()
        self._thread.join(START_SECONDS_MAX)
        self._thread = None


class Silence(Response):
    """No answer: the connection is closed, at once or after a long silence."""

    def __init__(self, request: Request, pulse: Pulse, *, hang: bool) -> None:
        super().__init__()
        self._request = request
        self._pulse = pulse
        self._hang = hang

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._hang:
            await self._wait(receive)
        scope["state"]["transport"].close()
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _wait(self, receive: Receive) -> None:
        gone = asyncio.ensure_future(receive())
        closing = asyncio.ensure_future(self._pulse.closing.wait())
        await asyncio.wait(
            {gone, closing}, timeout=HANG_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED
        )
        for task in (gone, closing):
            task.cancel()
