"""OpenAI's and Anthropic's usage reports on loopback, in their documented shapes, with faults."""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

#: The admin key that both vendors know here.
KEY = "sk-admin-loopback"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer instead of the report."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    #: Nothing is answered until the server stops.
    hangs: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request that came."""

    path: str
    asked: dict[str, list[str]]
    agent: str


class Vendors:
    """What both vendors have counted, which a test changes as it goes."""

    def __init__(self) -> None:
        self.completions: dict[date, list[Row]] = defaultdict(list)
        self.embeddings: dict[date, list[Row]] = defaultdict(list)
        self.openai_users: dict[str, str | None] = {}
        self.messages: dict[date, list[Row]] = defaultdict(list)
        self.claude_code: dict[date, list[Row]] = defaultdict(list)
        self.anthropic_users: dict[str, str | None] = {}
        self.rows_per_page = 2
        #: Each page is given a second time, under a token of its own.
        self.repeats_pages = False
        #: Every page leads to itself.
        self.circles = False
        self.key = KEY
        self.calls: list[Call] = []
        #: Answers instead of the next ones; by path where only that one fails.
        self.faults: deque[Fault] = deque()
        self.faults_at: dict[str, Fault] = {}
        self.url = ""
        self.stopped = threading.Event()

    def asked_days(self) -> list[date]:
        """Days that were asked of completions or messages, in order."""
        days = []
        for call in self.calls:
            if call.path.endswith("/completions"):
                seconds = int(call.asked["start_time"][0])
                days.append(datetime.fromtimestamp(seconds, UTC).date())
            elif call.path.endswith("/messages"):
                days.append(datetime.fromisoformat(call.asked["starting_at"][0]).date())
        return list(dict.fromkeys(days))

    def answer(self, call: Call) -> Fault:
        if self.faults:
            return self.faults.popleft()
        if call.path in self.faults_at:
            return self.faults_at[call.path]
        found = self._report(call)
        return Fault(404) if found is None else Fault(body=json.dumps(found).encode())

    def _report(self, call: Call) -> Row | None:
        reports: dict[str, Callable[[Call], Row]] = {
            "/v1/organization/usage/completions": lambda it: self._openai(it, self.completions),
            "/v1/organization/usage/embeddings": lambda it: self._openai(it, self.embeddings),
            "/v1/organization/users": lambda it: self._users(it, self.openai_users, "after"),
            "/v1/organizations/usage_report/messages": self._messages,
            "/v1/organizations/usage_report/claude_code": self._coding,
            "/v1/organizations/users": lambda it: self._users(it, self.anthropic_users, "after_id"),
        }
        return reports[call.path](call) if call.path in reports else None

    def _coding(self, call: Call) -> Row:
        day = date.fromisoformat(call.asked["starting_at"][0])
        return self._page(call, self.claude_code[day], lambda rows: rows)

    def _openai(self, call: Call, counted: dict[date, list[Row]]) -> Row:
        assert call.asked["bucket_width"] == ["1d"]
        seconds = int(call.asked["start_time"][0])
        day = datetime.fromtimestamp(seconds, UTC).date()

        def bucket(rows: list[Row]) -> list[Row]:
            end = int(call.asked["end_time"][0])
            return [{"object": "bucket", "start_time": seconds, "end_time": end, "results": rows}]

        return {"object": "page", **self._page(call, counted[day], bucket)}

    def _messages(self, call: Call) -> Row:
        start = datetime.fromisoformat(call.asked["starting_at"][0])

        def bucket(rows: list[Row]) -> list[Row]:
            ends = (start + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            begins = start.strftime("%Y-%m-%dT%H:%M:%SZ")
            return [{"starting_at": begins, "ending_at": ends, "results": rows}]

        return self._page(call, self.messages[start.date()], bucket)

    def _page(self, call: Call, rows: list[Row], bucket: Callable[[list[Row]], list[Row]]) -> Row:
        """A page's token is the number of the page; with `again`, the page's second time."""
        token = call.asked.get("page", ["0"])[0]
        number, is_again = int(token.removesuffix("again")), token.endswith("again")
        begin = number * self.rows_per_page
        part = rows[begin : begin + self.rows_per_page]
        following = f"{number + 1}" if begin + self.rows_per_page < len(rows) else None
        if self.repeats_pages and not is_again:
            following = f"{number}again"
        if self.circles:
            following = "1"
        return {
            "data": bucket(part),
            "has_more": following is not None,
            "next_page": following,
            "something_new": {"nobody": ["knows"]},
        }

    def _users(self, call: Call, users: dict[str, str | None], cursor: str) -> Row:
        names = sorted(users)
        after = call.asked.get(cursor, [""])[0]
        part = [name for name in names if name > after][: self.rows_per_page]
        return {
            "data": [
                {"id": name, "email": users[name], "name": "x", "role": "user"} for name in part
            ],
            "last_id": part[-1] if part else None,
            "has_more": bool(part) and part[-1] != names[-1],
        }


class _Handler(BaseHTTPRequestHandler):
    vendors: Vendors

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        agent = self.headers.get("User-Agent", "")
        call = Call(parts.path, parse_qs(parts.query), agent)
        self.vendors.calls.append(call)
        key = self.headers.get("x-api-key") or self.headers.get("authorization") or ""
        if key.removeprefix("Bearer ") != self.vendors.key:
            refusal = f'{{"error": {{"message": "Incorrect API key provided: {key}"}}}}'
            self._send(Fault(401, refusal.encode()))
            return
        answer = self.vendors.answer(call)
        if answer.hangs:
            self.vendors.stopped.wait()
            return
        self._send(answer)

    def _send(self, answer: Fault) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        try:
            self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True  # the bot has heard enough

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Vendors]:
    vendors = Vendors()
    handler = type("Handler", (_Handler,), {"vendors": vendors})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    vendors.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield vendors
    finally:
        vendors.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def completion(**fields: Any) -> Row:
    """A row of OpenAI's completions; the rest as the API fills it."""
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": 0,
        "output_tokens": 0,
        "input_cached_tokens": 0,
        "input_cache_write_tokens": None,
        "input_audio_tokens": 0,
        "num_model_requests": 1,
        "project_id": "proj_1",
        "user_id": None,
        "api_key_id": "key_1",
        "model": "gpt-5",
        "batch": None,
        "service_tier": None,
        **fields,
    }


def message(**fields: Any) -> Row:
    """A row of Anthropic's messages report."""
    return {
        "uncached_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
        "server_tool_use": {"web_search_requests": 0},
        "account_id": None,
        "service_account_id": None,
        "api_key_id": "apikey_1",
        "workspace_id": None,
        "model": "claude-sonnet-5",
        "service_tier": None,
        "context_window": None,
        **fields,
    }


def coding(
    day: date,
    email: str,
    *,
    terminal: str = "vscode",
    customer: str = "subscription",
    **models: Row,
) -> Row:
    """A row of Claude Code's report: what somebody used in a kind of terminal."""
    return {
        "date": f"{day.isoformat()}T00:00:00Z",
        "actor": {"type": "user_actor", "email_address": email},
        "organization_id": "org",
        "customer_type": customer,
        "subscription_type": "enterprise" if customer == "subscription" else None,
        "terminal_type": terminal,
        "core_metrics": {"num_sessions": 3},
        "model_breakdown": [{"model": name, **used} for name, used in models.items()],
    }


def used(
    fresh: int = 0, *, output: int = 0, read: int = 0, write: int = 0, cents: object = 0
) -> Row:
    """What a row of Claude Code's report says of a model."""
    tokens = {"input": fresh, "output": output, "cache_read": read, "cache_creation": write}
    return {"tokens": tokens, "estimated_cost": {"amount": cents, "currency": "USD"}}
