"""The two ends that a metered client talks to, as real servers: a provider and tokenbot."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bank import Holds
from messages import Answer, Request

__all__ = ["PATIENCE_SECONDS", "Answer", "Peer", "Provider", "Request", "Tokenbot", "sse"]

PATIENCE_SECONDS = 20.0


class Server(ThreadingHTTPServer):
    """Knows what to answer."""

    decide: Callable[[Request], Answer]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a client that went away; any other error fails its test by itself."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        request = Request(self.path, dict(self.headers), json.loads(body) if body else None)
        try:
            self.say(self.server.decide(request))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def say(self, answer: Answer) -> None:
        if answer.is_gone:
            self.close_connection = True
            return
        if answer.chunks is not None:
            self.stream(answer.chunks, is_cut=answer.is_cut)
            return
        body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, chunks: Sequence[str], *, is_cut: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for chunk in chunks:
            data = chunk.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.close_connection = is_cut
        if not is_cut:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base's name
        """Says nothing: a test's output is its failures."""


class Peer:
    """A server on a free port, whose answers `decide` gives."""

    def __init__(self, decide: Callable[[Request], Answer]) -> None:
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.decide = decide
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class Provider(Peer):
    """Answers as a provider documents it, with what a test puts on it."""

    def __init__(self) -> None:
        super().__init__(self._decide)
        self.requests: list[Request] = []
        #: While this is not set, requests get no answer.
        self.is_awake = threading.Event()
        self.is_awake.set()
        self.asked = threading.Event()
        self._answers: dict[str, deque[Answer]] = {}

    def will(self, path: str, *answers: Answer) -> None:
        """The answers on a path, the last one for good."""
        self._answers[path] = deque(answers)

    def _decide(self, request: Request) -> Answer:
        self.requests.append(request)
        self.asked.set()
        self.is_awake.wait(PATIENCE_SECONDS)
        answers = self._answers[request.path.partition("?")[0]]
        return answers.popleft() if len(answers) > 1 else answers[0]


class Tokenbot(Peer):
    """Takes usage in as `POST /v1/usage` does, and holds tokens, or fails as a test says."""

    def __init__(self) -> None:
        super().__init__(self._decide)
        self.requests: list[Request] = []
        #: Said instead of taking events in, one for each request.
        self.failures: deque[Answer] = deque()
        #: While this is not set, requests get no answer.
        self.is_awake = threading.Event()
        self.is_awake.set()
        self.holds = Holds()
        self._taken: dict[tuple[str, str], dict[str, Any]] = {}
        self._seen = 0
        self.asked = threading.Event()

    @property
    def repeats(self) -> int:
        """How often an event came that was there already."""
        return self._seen - len(self._taken)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was taken in, each `(source, id)` once."""
        return list(self._taken.values())

    def _decide(self, request: Request) -> Answer:
        self.requests.append(request)
        self.asked.set()
        self.is_awake.wait(PATIENCE_SECONDS)
        if request.path != "/v1/usage":
            return self.holds.decide(request)
        if self.failures:
            return self.failures.popleft()
        events = request.body["events"]
        before = len(self._taken)
        self._seen += len(events)
        for event in events:
            self._taken.setdefault((event["source"], event["id"]), event)
        accepted = len(self._taken) - before
        return Answer({"accepted": accepted, "duplicates": len(events) - accepted, "rejected": []})


def sse(*events: dict[str, Any], is_named: bool = False, done: bool = False) -> list[str]:
    """Server-sent events as the providers write them: Anthropic and Responses name theirs."""
    lines = [
        (f"event: {event['type']}\n" if is_named else "") + f"data: {json.dumps(event)}\n\n"
        for event in events
    ]
    return [*lines, "data: [DONE]\n\n"] if done else lines
