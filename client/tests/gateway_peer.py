"""tokenbot as a gateway's plugin meets it: holds, settlements and usage, over a real socket."""

import threading
from typing import Any

from peers import PATIENCE_SECONDS, Answer, Peer, Request

PROBLEM = {"content-type": "application/problem+json"}


def problem(status: int, name: str, **more: Any) -> Answer:
    """A refusal as tokenbot words it."""
    return Answer(told(status, name, **more), status, PROBLEM)


def told(status: int, name: str, **more: Any) -> dict[str, Any]:
    kind = f"urn:tokenbot:problem:{name}"
    return {"type": kind, "status": status, "detail": f"It is {name}.", **more}


class HoldingTokenbot(Peer):
    """Remembers what it was asked for, and answers as a test says."""

    def __init__(self) -> None:
        super().__init__(self._decide)
        self.requests: list[Request] = []
        #: By the idempotency key, what was held; by hold, what it was settled with.
        self.held: dict[str, dict[str, Any]] = {}
        self.settled: dict[str, Any] = {}
        #: Payloads that came without a hold.
        self.reported: list[Any] = []
        #: What is answered instead: to a path, or to a settlement of a hold.
        self.says: dict[str, Answer] = {}
        self.refuses: dict[str, dict[str, Any]] = {}
        #: While it is not set, requests get no answer.
        self.is_awake = threading.Event()
        self.is_awake.set()

    def hold_of(self, key: str) -> str:
        return f"hold-{key}"

    def _decide(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self.says.get(request.path) or self._done(request.path, request.body)
        self.is_awake.wait(PATIENCE_SECONDS)
        return answer

    def _done(self, path: str, body: Any) -> Answer:
        if path == "/v1/holds" and "holds" in body:
            return Answer({"results": [{"hold": self._hold(one)} for one in body["holds"]]})
        if path == "/v1/holds":
            return Answer(self._hold(body), 201)
        if path == "/v1/settlements":
            return Answer({"results": [self._settle(one) for one in body["settlements"]]})
        assert path == "/v1/usage/litellm"
        self.reported += body
        return Answer({"accepted": len(body), "duplicates": 0, "rejected": []})

    def _hold(self, intent: dict[str, Any]) -> dict[str, Any]:
        key = intent["idempotency_key"]
        assert self.held.setdefault(key, intent) == intent
        return {"id": self.hold_of(key), "available": 1}

    def _settle(self, one: dict[str, Any]) -> dict[str, Any]:
        hold = one["hold"]
        if hold in self.refuses:
            return {"problem": self.refuses[hold]}
        assert hold not in self.settled
        self.settled[hold] = one["litellm"]
        return {"hold": {"id": hold}}
