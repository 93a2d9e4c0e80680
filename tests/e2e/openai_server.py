"""A local server that speaks OpenAI's chat completions, and says hello in 20 tokens."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.threads import Running

USAGE = {"prompt_tokens": 11, "completion_tokens": 9, "total_tokens": 20}


class Hello(BaseHTTPRequestHandler):
    """Answers every chat alike, streaming or not."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.path == "/v1/chat/completions"
        if asked.get("stream"):
            self._say("text/event-stream", "".join(_chunks(asked["model"])))
        else:
            self._say("application/json", json.dumps(_whole(asked["model"])))

    def _say(self, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base's name
        """Says nothing: a test's output is its failures."""


@contextmanager
def serving() -> Iterator[str]:
    """Its address, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    with server:
        running = Running(lambda: server.serve_forever(0.01))
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        running.result()


def _whole(model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hello!"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _frame(model, "chat.completion", [choice]) | {"usage": USAGE}


def _chunks(model: str) -> Iterator[str]:
    for text in ("Hel", "lo!"):
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        yield _event(_frame(model, "chat.completion.chunk", [choice]))
    yield _event(_frame(model, "chat.completion.chunk", []) | {"usage": USAGE})
    yield "data: [DONE]\n\n"


def _frame(model: str, kind: str, choices: list[Any]) -> dict[str, Any]:
    return {"id": "hello", "object": kind, "created": 1, "model": model, "choices": choices}


def _event(said: dict[str, Any]) -> str:
    return f"data: {json.dumps(said)}\n\n"
