"""Slack's requests to the app: signed, over HTTP or Socket Mode, answered within three seconds."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import urlsplit

from bot.playground import payloads, signing
from bot.playground.people import Json

ANSWER_SECONDS = 3.0
EVENTS_PATH = "/slack/events"
FORM = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"

Kind = Literal["slash_commands", "interactive", "events_api"]
_ENCODE: Mapping[Kind, tuple[str, Callable[[Json], bytes]]] = {
    "slash_commands": (FORM, payloads.command_body),
    "interactive": (FORM, payloads.interaction_body),
    "events_api": (JSON_TYPE, payloads.event_body),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it went out; the same bytes can be sent again."""

    kind: Kind
    url: str
    headers: Mapping[str, str]
    body: bytes
    payload: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. No status means nobody answered in time, or there was no connection."""

    status: int | None
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    trouble: Literal["", "timeout", "connection"] = ""

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    def json(self) -> Json | None:
        """The body as a JSON object, if it is one."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


class Sockets(Protocol):
    """The app's Socket Mode connections."""

    def is_connected(self) -> bool: ...

    def deliver(
        self, kind: Kind, payload: Json, retry: Mapping[str, str], seconds: float
    ) -> Answer: ...


class Witness(Protocol):
    """Whoever is told of each request and its answer."""

    def sent(self, request: Request) -> int: ...

    def answered(self, number: int, answer: Answer, milliseconds: int) -> None: ...


@dataclass(slots=True)
class Delivery:
    """Brings payloads to the app, by socket if one is open, else by HTTP."""

    bot_url: str
    signing_secret: str
    seconds: Callable[[], int]
    sockets: Sockets
    #: Slack waits three seconds; a test of silence need not.
    answer_seconds: float = ANSWER_SECONDS
    #: Within it the clock does not jump, from a request's signature to its answer.
    still: Callable[[], AbstractContextManager[None]] = nullcontext
    witness: Witness | None = None
    log: list[tuple[Request, Answer]] = field(default_factory=list)

    def send(
        self,
        kind: Kind,
        payload: Json,
        *,
        bot_url: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> tuple[Request, Answer]:
        """Deliver a payload and wait for the app's answer."""
        with self.still():
            return self._send(kind, payload, bot_url, extra_headers)

    def _send(
        self,
        kind: Kind,
        payload: Json,
        bot_url: str | None,
        extra_headers: Mapping[str, str] | None,
    ) -> tuple[Request, Answer]:
        extra = dict(extra_headers or {})
        content_type, encode = _ENCODE[kind]
        body = encode(payload)
        request = Request(
            kind=kind,
            url=(bot_url or self.bot_url).rstrip("/") + EVENTS_PATH,
            headers={
                "Content-Type": content_type,
                "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
                **signing.headers(self.signing_secret, body, self.seconds()),
                **extra,
            },
            body=body,
            payload=payload,
        )
        number, began = self.witness.sent(request) if self.witness else 0, time.monotonic()
        if bot_url is None and self.sockets.is_connected():
            answer = self.sockets.deliver(kind, payload, extra, self.answer_seconds)
        else:
            answer = exchange(request.url, request.headers, body, self.answer_seconds)
        if self.witness:
            self.witness.answered(number, answer, round((time.monotonic() - began) * 1_000))
        self.log.append((request, answer))
        return request, answer


def exchange(
    url: str, headers: Mapping[str, str], body: bytes, seconds: float = ANSWER_SECONDS
) -> Answer:
    """POST these bytes with these headers."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(
        where.hostname or "127.0.0.1", where.port, timeout=seconds
    )
    try:
        connection.request("POST", where.path, body=body, headers=dict(headers))
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        return Answer(status=response.status, body=text, headers=dict(response.getheaders()))
    except TimeoutError:
        return Answer(status=None, trouble="timeout")
    except (OSError, http.client.HTTPException):
        return Answer(status=None, trouble="connection")
    finally:
        connection.close()
