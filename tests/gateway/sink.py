"""Stands where tokenbot stands: takes what the proxy sends, and remembers it."""

import json
import threading
from http.server import ThreadingHTTPServer

from bot.adapters import litellm
from bot.domain.usage_events import UsageEvent
from tests.gateway.wire import Handler


class Sink(ThreadingHTTPServer):
    """Answers 200 to everything, once it was told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.bodies: list[bytes] = []
        self.authorizations: set[str] = set()
        #: How many requests came, answered or not.
        self.asked = 0
        #: While it is not set, answers wait.
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._read = 0
        self._events: dict[str, UsageEvent] = {}

    def of_call(self, call_id: str) -> list[UsageEvent]:
        """What came of it so far; the same event again is the same."""
        while self._read < len(self.bodies):
            for payload in json.loads(self.bodies[self._read]):
                if event := litellm.event_of(payload):
                    assert self._events.setdefault(event.external_id, event) == event
            self._read += 1
        return [one for one in self._events.values() if one.metadata["call_id"] == call_id]


class _Taking(Handler):
    server: Sink

    def do_POST(self) -> None:  # noqa: N802 - http.server's
        body = self.read()
        self.server.asked += 1
        self.server.may_answer.wait(30)
        self.server.authorizations.add(self.headers["authorization"])
        self.server.bodies.append(body)
        self.answer({})
