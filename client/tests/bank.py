"""The part of tokenbot that holds tokens, as its API documents it."""

import json
import threading
from collections import deque
from typing import Any

from messages import Answer, Request


def problem(status: int, kind: str, detail: str = "It is so.", **members: Any) -> Answer:
    """A refusal as the API writes it."""
    said = {"type": f"urn:tokenbot:problem:{kind}", "title": kind, "status": status}
    return Answer({**said, "detail": detail, **members}, status)


class Holds:
    """Holds of one person, with so much at first; one token of input or output is one token."""

    def __init__(self) -> None:
        self.available = 10_000
        #: What was asked, in order: of each its path from `/v1` on, and its body.
        self.asked: list[tuple[str, Any]] = []
        #: Said instead of an answer to what ends so, one for each request; the last for good.
        self.failures: dict[str, deque[Answer]] = {}
        #: Like `failures`, but the work is done: the answer gets lost.
        self.losses: dict[str, deque[Answer]] = {}
        self.voided = threading.Event()
        self._by_key: dict[str, dict[str, Any]] = {}
        self._charged: dict[str, dict[str, Any]] = {}
        self._one_by_one = threading.Lock()

    def paths(self) -> list[str]:
        """What was asked, with holds as they are numbered: `hold`, `settle h1`."""
        told = [path.removeprefix("/v1/").split("/") for path, _ in self.asked]
        return [" ".join(reversed(words[1:])) or words[0] for words in told]

    def said(self, path: str) -> list[Any]:
        """The bodies that came on paths that end so."""
        return [body for asked, body in self.asked if asked.endswith(path)]

    @property
    def open(self) -> list[str]:
        """The ids of holds that nobody has ended."""
        return [hold["id"] for hold in self._by_key.values() if hold["state"] == "open"]

    def decide(self, request: Request) -> Answer:
        with self._one_by_one:
            self.asked.append((request.path, request.body))
            if failure := self._next(self.failures, request.path):
                return failure
            answer = self._answer(request)
            return self._next(self.losses, request.path) or answer

    def _next(self, of: dict[str, deque[Answer]], path: str) -> Answer | None:
        for end, answers in of.items():
            if path.endswith(end) and answers:
                return answers.popleft()
        return None

    def _answer(self, request: Request) -> Answer:
        words = request.path.strip("/").split("/")
        if words[1] == "balances":
            return self._balance(words[2])
        if words[1] == "authorize":
            return self._may(request.body)
        if len(words) == 2:
            return self._hold(request.body)
        hold = next((one for one in self._by_key.values() if one["id"] == words[2]), None)
        if hold is None:
            return problem(404, "hold-unknown")
        return self._ended(hold, words[3], request.body)

    def _balance(self, user: str) -> Answer:
        figures = {"balance": 10_000, "held": 10_000 - self.available, "available": self.available}
        period = {"since": "2026-11-01T00:00:00+00:00", "used": 1_234}
        later = {"per_day": 500, "lasts_until": "2026-12-20"}
        return Answer({"user": user, **figures, "period": period, **later})

    def _may(self, body: Any) -> Answer:
        needed = _needed(body)
        if needed > self.available:
            return self._refused(needed)
        return Answer({"allowed": True, "needed": needed, "available": self.available})

    def _hold(self, body: Any) -> Answer:
        needed = _needed(body)
        known = self._by_key.get(body["idempotency_key"])
        if known is None and needed > self.available:
            return self._refused(needed)
        if known is None:
            self.available -= needed
            known = {"id": f"h{len(self._by_key) + 1}", "user": "U1", "state": "open"}
            known |= {"amount": needed, "held": needed, "settled": 0, "late": False}
            known |= {"expires_at": "2026-11-29T17:10:00+00:00"}
            self._by_key[body["idempotency_key"]] = known
        return self._told(known, 201)

    def _refused(self, needed: int) -> Answer:
        limit = {"limit": "allowance", "name": "", "period": "", "most": 10_000}
        limit |= {"used": 10_000 - self.available, "left": self.available, "grace": 0}
        limit |= {"frees_at": "2026-12-01T00:00:00+00:00"}
        return problem(
            402,
            "limit-reached",
            f"This call needs {needed} tokens, and {self.available} are available.",
            needed=needed,
            available=self.available,
            limit=limit,
            limits=[limit, {**limit, "limit": "model", "period": "week", "frees_at": None}],
            next_allowance_at="2026-12-01T00:00:00+00:00",
            fallback_model="gpt-4o-mini",
            slack_url="slack://app?team=T1&id=A1&tab=home",
        )

    def _ended(self, hold: dict[str, Any], act: str, body: Any) -> Answer:
        if act == "extend":
            hold["expires_at"] = "2026-11-29T18:00:00+00:00"
            return self._told(hold)
        if act == "settle" and self._charged.get(body["id"]) == _figures(body):
            return self._told(hold)
        if hold["state"] != "open":
            return problem(409, "hold-ended", f"It was {hold['state']}.")
        charged = body["input_tokens"] + body["output_tokens"] if act == "settle" else 0
        if act == "settle":
            self._charged[body["id"]] = _figures(body)
        is_last = act == "void" or body["final"]
        freed = hold["held"] if is_last else min(hold["held"], charged)
        self.available += freed - charged
        hold["held"] -= freed
        hold["settled"] += charged
        if act == "void":
            self.voided.set()
        if is_last:
            hold["state"] = "voided" if act == "void" else "settled"
        return self._told(hold)

    def _told(self, hold: dict[str, Any], status: int = 200) -> Answer:
        return Answer({**hold, "available": self.available}, status)


def _needed(body: Any) -> int:
    if "amount" in body:
        return int(body["amount"])
    estimate = body["estimate"]
    read = estimate.get("input_tokens", len(json.dumps(estimate.get("messages", ""))))
    return int(read) + int(estimate.get("max_output_tokens", 0))


def _figures(body: Any) -> dict[str, Any]:
    return {name: body.get(name) for name in ("input_tokens", "output_tokens")}
