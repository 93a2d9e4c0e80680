"""A call of the Web API from its headers and body to its answer, and the log of all calls."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from bot.playground.errors import SlackRefusal
from bot.playground.people import Json
from bot.playground.web_api import chat, conversations, users, views
from bot.playground.web_api.arguments import Arguments
from bot.playground.workspace import Workspace

Method = Callable[[Workspace, Arguments], Json]


@dataclass(frozen=True, slots=True)
class _Entry:
    run: Method
    scope: str | None = None


METHODS: Mapping[str, _Entry] = {
    "auth.test": _Entry(users.auth_test),
    "blocks.validate": _Entry(chat.validate),
    "chat.delete": _Entry(chat.delete, "chat:write"),
    "chat.postEphemeral": _Entry(chat.post_ephemeral, "chat:write"),
    "chat.postMessage": _Entry(chat.post_message, "chat:write"),
    "chat.update": _Entry(chat.update, "chat:write"),
    "conversations.info": _Entry(conversations.info, "channels:read"),
    "conversations.list": _Entry(conversations.list_all, "channels:read"),
    "conversations.members": _Entry(conversations.members, "channels:read"),
    "conversations.open": _Entry(conversations.open_dm, "im:write"),
    "usergroups.list": _Entry(users.usergroups, "usergroups:read"),
    "usergroups.users.list": _Entry(users.usergroup_users, "usergroups:read"),
    "users.info": _Entry(users.info, "users:read"),
    "users.list": _Entry(users.list_all, "users:read"),
    "users.lookupByEmail": _Entry(users.lookup_by_email, "users:read.email"),
    "views.open": _Entry(views.open_modal),
    "views.publish": _Entry(views.publish),
    "views.push": _Entry(views.push),
    "views.update": _Entry(views.update),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it came in, and what the caller saw of it."""

    method: str
    arguments: Json
    at: datetime
    #: `ok`, `error:<code>`, `429`, `500`, `timeout` or `drop`.
    outcome: str
    #: Whether it took effect, whatever the caller saw.
    performed: bool
    answer: Json

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]


def parsed(content_type: str, body: bytes, query: Mapping[str, str]) -> Json:
    """The arguments of a call from its body, JSON or form."""
    given: Json = dict(query)
    if not body:
        return given
    if content_type.partition(";")[0].strip() == "application/json":
        try:
            sent = json.loads(body)
        except ValueError:
            raise SlackRefusal("invalid_json") from None
        if not isinstance(sent, dict):
            raise SlackRefusal("json_not_object")
        return given | sent
    return given | dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))


def authorize(workspace: Workspace, method: str, header: str | None, arguments: Json) -> None:
    """Refuse a call with the wrong token, or without the scope it needs."""
    token = (header or "").removeprefix("Bearer ").strip() or arguments.get("token")
    if not token:
        raise SlackRefusal("not_authed")
    me = workspace.identity
    if method == "apps.connections.open":
        if token != me.app_token:
            raise SlackRefusal(
                "not_allowed_token_type" if token == me.bot_token else "invalid_auth"
            )
        return
    if token != me.bot_token:
        code = "not_allowed_token_type" if token == me.app_token else "invalid_auth"
        raise SlackRefusal(code)
    entry = METHODS.get(method)
    if entry is None:
        raise SlackRefusal("unknown_method", req_method=method)
    if entry.scope and entry.scope not in workspace.scopes:
        provided = ",".join(sorted(workspace.scopes))
        raise SlackRefusal("missing_scope", needed=entry.scope, provided=provided)


def perform(workspace: Workspace, method: str, arguments: Json) -> Json:
    """Do what the method does; the answer carries `ok`."""
    with workspace.changing():
        return {"ok": True, **METHODS[method].run(workspace, Arguments(arguments))}
