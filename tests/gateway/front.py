"""Stands before tokenbot, and can make it seem slow, broken or gone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from http.server import ThreadingHTTPServer

import httpx

from tests.gateway.wire import Handler, free_port, serving


class Weather(Enum):
    FAIR = auto()
    #: Takes what it is asked for, and answers two seconds later.
    SLOW = auto()
    #: Answers 500.
    BROKEN = auto()
    #: Nobody listens.
    GONE = auto()


class Front:
    """Passes on what it is asked, in fair weather."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        self.port = free_port()
        self.weather = Weather.FAIR
        #: What came, whatever became of it.
        self.asked = 0
        self.http = httpx.Client(timeout=30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Listen while the block runs."""
        server = _Server(self)
        with serving(server):
            yield


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, front: Front) -> None:
        super().__init__(("127.0.0.1", front.port), _Passing)
        self.front = front


class _Passing(Handler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:  # noqa: N802 - http.server's
        front = self.server.front
        front.asked += 1
        body = self.read()
        if front.weather is Weather.GONE:
            self.close_connection = True
            return
        if front.weather is Weather.BROKEN:
            self.answer({"title": "broken"}, 500)
            return
        kept = ("authorization", "content-type")
        answer = front.http.post(
            f"{front.behind}{self.path}",
            content=body,
            headers={name: self.headers[name] for name in kept},
        )
        if front.weather is Weather.SLOW:
            threading.Event().wait(2)
        self.send_response(answer.status_code)
        self.send_header("content-type", answer.headers["content-type"])
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        try:
            self.wfile.write(answer.content)
        except ConnectionError:
            self.close_connection = True  # who was asked to wait for too long has gone
