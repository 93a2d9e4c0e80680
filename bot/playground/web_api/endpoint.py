"""The Web API's and response URLs' HTTP side: faults, headers, and the log of calls."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.playground import answers
from bot.playground.errors import SlackRefusal
from bot.playground.faults import ERROR_PREFIX, Fault, Faults
from bot.playground.people import Json
from bot.playground.serving import Pulse, Silence
from bot.playground.sockets import SocketMode
from bot.playground.web_api import calls
from bot.playground.web_api.calls import Call
from bot.playground.workspace import Workspace

RESPONSE_URL = "response_url"
_GONE = frozenset({"used_url", "expired_url", "no_such_url"})


@dataclass(slots=True)
class WebApi:
    """Answers calls as Slack would, or fails as it was told to."""

    workspace: Workspace
    faults: Faults
    sockets: SocketMode
    pulse: Pulse
    own_url: Callable[[], str]
    log: list[Call] = field(default_factory=list)
    #: Hears of each call.
    heard: Callable[[Call], None] = lambda _call: None

    async def method(self, request: Request) -> Response:
        """`/api/<method>`"""
        name: str = request.path_params["method"]
        body = await request.body()
        arguments: Json = {}
        try:
            content_type = request.headers.get("content-type", "")
            arguments = calls.parsed(content_type, body, dict(request.query_params))
            header = request.headers.get("authorization")
            calls.authorize(self.workspace, name, header, arguments)
        except SlackRefusal as refusal:
            self._record(name, arguments, refusal.body(), None)
            return self._answer(refusal.body())
        return self._with_fault(request, name, arguments, lambda: self._perform(name, arguments))

    async def response_url(self, request: Request) -> Response:
        """`/response/<number>/<secret>`"""
        token: str = request.path_params["token"]
        try:
            content = json.loads(await request.body())
        except ValueError:
            return PlainTextResponse("invalid_json", 400)
        if not isinstance(content, dict):
            return PlainTextResponse("invalid_payload", 400)
        arguments = {"token": token, **content}
        answer = self._with_fault(
            request, RESPONSE_URL, arguments, lambda: self._take(token, content)
        )
        if not isinstance(answer, JSONResponse) or answer.status_code != 200:  # noqa: PLR2004
            return answer
        said = json.loads(bytes(answer.body))
        if said["ok"]:
            return PlainTextResponse("ok")
        return PlainTextResponse(said["error"], 404 if said["error"] in _GONE else 400)

    def _with_fault(
        self, request: Request, name: str, arguments: Json, perform: Callable[[], Json]
    ) -> Response:
        fault = self.faults.take(name)
        performed = fault is None or fault.performed
        body = perform() if performed else {}
        self._record(name, arguments, body, fault)
        if fault is None:
            return self._answer(body)
        return self._fail(request, fault)

    def _perform(self, name: str, arguments: Json) -> Json:
        try:
            if name == "apps.connections.open":
                return {"ok": True, "url": self.sockets.open_url(self.own_url())}
            return calls.perform(self.workspace, name, arguments)
        except SlackRefusal as refusal:
            return refusal.body()

    def _take(self, token: str, content: Json) -> Json:
        try:
            answers.take(self.workspace, token, content)
        except SlackRefusal as refusal:
            return refusal.body()
        return {"ok": True}

    def _fail(self, request: Request, fault: Fault) -> Response:
        match fault.kind:
            case "429":
                headers = {"Retry-After": str(fault.retry_after_seconds)}
                return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)
            case "500":
                return PlainTextResponse("Internal Server Error", 500)
            case "timeout" | "drop":
                return Silence(request, self.pulse, hang=fault.kind == "timeout")
            case _:
                return self._answer(SlackRefusal(fault.kind.removeprefix(ERROR_PREFIX)).body())

    def _answer(self, body: Json) -> Response:
        scopes = ",".join(sorted(self.workspace.scopes))
        return JSONResponse(body, headers={"x-oauth-scopes": scopes})

    def _record(self, name: str, arguments: Json, body: Json, fault: Fault | None) -> None:
        if fault is not None:
            outcome = fault.kind
        else:
            outcome = "ok" if body.get("ok") else f"error:{body['error']}"
        call = Call(
            method=name,
            arguments={key: _readable(value) for key, value in arguments.items()},
            at=self.workspace.clock(),
            outcome=outcome,
            performed=bool(body.get("ok")),
            answer=body,
        )
        with self.workspace.changing():
            self.log.append(call)
            self.heard(call)


def _readable(value: object) -> object:
    """Forms carry JSON as text; the log shows what it means."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
