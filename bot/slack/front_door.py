"""`/slack/events`: what is not a well-formed request of Slack's ends here, before Bolt sees it.

Bolt parses a body before it looks at the signature and answers 500 to what it can't read
(docs/decisions/0001-front-door.md). So size, signature, encoding and shape are checked here, in
that order, and Bolt's own check of the signature is switched off.
"""

import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import anyio.to_thread
import structlog
from anyio import CapacityLimiter
from slack_bolt import BoltRequest, BoltResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

_log = structlog.get_logger()

#: Slack's largest view is 250 kB; form encoding may triple it.
BODY_MAX = 1_048_576
#: Requests worked on at once; the rest wait their turn, and `/healthz` waits for none of them.
#: More threads than this only fight for the interpreter, and SQLite has one writer anyway.
AT_ONCE = 8
#: Requests that only read, besides: they never wait behind writers, however long those wait. A
#: third thread of them makes all slower, since SQLite's driver lets the interpreter go four times
#: a read.
READS_AT_ONCE = 2

#: Older or newer than this a signature counts for nothing, so that nobody replays it.
_SIGNED_SECONDS_MAX = 300
#: When the request in hand came, by the process's own clock; None in Socket Mode.
ARRIVED_AT: ContextVar[float | None] = ContextVar("arrived_at", default=None)

_TIMESTAMP = re.compile(r"\d{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_COMMAND_FIELDS = ("team_id", "user_id", "trigger_id")
#: What Bolt looks into before any listener runs, and raises on where it is of another kind.
_KINDS: Mapping[str, type] = MappingProxyType(
    {
        "authorizations": list,
        "channel": dict,
        "container": dict,
        "enterprise": dict,
        "message": dict,
        "response_urls": list,
        "state": dict,
        "team": dict,
        "user": dict,
        "view": dict,
    }
)


@dataclass(eq=False)
class Refused(Exception):
    """The request goes no further; `why` names no part of its body."""

    status: int
    why: str


class FrontDoor:
    """An ASGI endpoint that lets Slack's requests through to Bolt, on a thread."""

    def __init__(
        self,
        dispatch: Callable[[BoltRequest], BoltResponse],
        *,
        signing_secret: str,
        clock: Callable[[], datetime],
        only_reads: Callable[[Mapping[str, Any]], bool],
    ) -> None:
        """`only_reads` tells of a request's body whether it changes nothing."""
        self._dispatch = dispatch
        self._signing_secret = signing_secret.encode()
        self._clock = clock
        self._only_reads = only_reads
        self._limiter = CapacityLimiter(AT_ONCE)
        self._reading = CapacityLimiter(READS_AT_ONCE)

    async def answer(self, request: Request) -> Response:
        """Bolt's answer, or 4xx with one sentence."""
        ARRIVED_AT.set(monotonic())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(reference=secrets.token_hex(4))
        try:
            body = await _body(request)
            if _is_ssl_check(body):  # Slack sends it unsigned, to see our certificate
                return Response(status_code=200)
            self._check_signature(request, body)
            text = _decoded(body)
            check_shape(request_type(request), text)
        except Refused as refused:
            _log.warning("request_refused", status=refused.status, why=refused.why)
            return JSONResponse({"error": refused.why}, status_code=refused.status)
        except ClientDisconnect:
            return Response(status_code=400)
        headers: dict[str, str | Sequence[str]] = dict(request.headers.items())
        asked = BoltRequest(body=text, query=request.url.query, headers=headers)
        limiter = self._reading if self._only_reads(asked.body) else self._limiter
        said = await anyio.to_thread.run_sync(self._dispatch, asked, limiter=limiter)
        return Response(said.body, status_code=said.status, headers=said.first_headers())

    def _check_signature(self, request: Request, body: bytes) -> None:
        timestamp = request.headers.get("x-slack-request-timestamp", "")
        signature = request.headers.get("x-slack-signature", "")
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            raise Refused(401, "the request bears no signature of Slack's form")
        # Slack's own verifier decodes the body first, and raises where that is no UTF-8.
        signed = hmac.new(self._signing_secret, b"v0:%b:%b" % (timestamp.encode(), body), "sha256")
        is_ours = hmac.compare_digest(f"v0={signed.hexdigest()}", signature)
        off = abs(self._clock().timestamp() - int(timestamp))
        if not is_ours or off > _SIGNED_SECONDS_MAX:
            raise Refused(401, "the signature is not ours, or more than five minutes off")


def request_type(request: Request) -> str:
    """The media type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _body(request: Request) -> bytes:
    if request_type(request) not in {_FORM, _JSON}:
        raise Refused(415, f"send {_FORM} or {_JSON}")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > BODY_MAX:
        raise Refused(413, f"a request has at most {BODY_MAX} bytes")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_MAX:
            raise Refused(413, f"a request has at most {BODY_MAX} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "the body is no UTF-8") from None


def _is_ssl_check(body: bytes) -> bool:
    return body.startswith(b"ssl_check=1")


def check_shape(media_type: str, text: str) -> None:
    """Raises `Refused` where a field is missing without which no listener could answer."""
    if media_type == _JSON:
        _check_event(_object(text))
        return
    try:
        form = {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}
    except ValueError:
        raise Refused(400, "the form can't be read") from None
    if "payload" in form:
        _check_interaction(_object(form["payload"]))
    elif "command" in form:
        _need(form, *_COMMAND_FIELDS)
    else:
        raise Refused(400, "neither a command nor a payload")


def _check_event(body: Mapping[str, Any]) -> None:
    _need(body, "type")
    if body["type"] == "event_callback":
        _need(body, "team_id", "event_id")
        _check_kinds(body)
        event = body.get("event")
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            raise Refused(400, "the event has no type")


def _check_interaction(body: Mapping[str, Any]) -> None:
    _need(body, "type")
    _check_kinds(body)
    user, team = body.get("user") or {}, body.get("team") or {}
    if not isinstance(user.get("id"), str):
        raise Refused(400, "the payload names no user")
    if not isinstance(team.get("id") or user.get("team_id"), str):
        raise Refused(400, "the payload names no workspace")
    match body["type"]:
        case "block_actions":
            _check_actions(body.get("actions"))
        case "view_submission" | "view_closed":
            _check_view(body.get("view"))
        case "message_action" | "shortcut":
            _need(body, "callback_id", "trigger_id")
        case _:
            pass


def _check_actions(actions: object) -> None:
    first = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(first, dict) or not isinstance(first.get("action_id"), str):
        raise Refused(400, "the payload names no action")


def _check_view(view: object) -> None:
    if not isinstance(view, dict):
        raise Refused(400, "the payload has no view")
    _check_kinds(view)
    _need(view, "id", "callback_id", "type")


def _check_kinds(body: Mapping[str, Any]) -> None:
    for name, kind in _KINDS.items():
        value = body.get(name)
        if value is None and kind is dict:
            continue  # Slack writes null where there is none
        if name in body and not isinstance(value, kind):
            raise Refused(400, f"{name} is of another kind than Slack's")


def _need(body: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if not isinstance(body.get(name), str) or not body[name]:
            raise Refused(400, f"{name} is missing")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "the JSON can't be read") from None
    if not isinstance(found, dict):
        raise Refused(400, "the JSON is no object")
    return found
