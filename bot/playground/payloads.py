"""The bodies of Slack's requests to the app: commands, interactions and events."""

import json
from typing import Any
from urllib.parse import urlencode

from bot.playground.people import Json, Person
from bot.playground.places import Channel, Message, View
from bot.playground.workspace import Workspace

VERIFICATION_TOKEN = "playground-verification"  # noqa: S105 (Slack's deprecated token; proves nothing)


def slash(
    workspace: Workspace,
    person: Person,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger_id: str,
    response_url: str,
) -> Json:
    """The flat fields of a slash command."""
    me = workspace.identity
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": me.team_id,
        "team_domain": me.team_name.lower(),
        "channel_id": channel.id,
        "channel_name": channel.shown_name,
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": me.app_id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def interaction(workspace: Workspace, kind: str, person: Person, **fields: Any) -> Json:
    """What all interactive payloads have in common, and these fields."""
    me = workspace.identity
    return {
        "type": kind,
        "token": VERIFICATION_TOKEN,
        "api_app_id": me.app_id,
        "team": {"id": me.team_id, "domain": me.team_name.lower()},
        "user": {
            "id": person.id,
            "username": person.name,
            "name": person.name,
            "team_id": person.team_id or me.team_id,
        },
        "enterprise": None,
        "is_enterprise_install": False,
        **fields,
    }


def in_message(workspace: Workspace, message: Message, channel: Channel) -> Json:
    """Where an action in a message happened."""
    return {
        "channel": {"id": channel.id, "name": channel.shown_name},
        "message": workspace.message_json(message),
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": message.only_for is not None,
        },
        "state": {"values": message.state},
    }


def in_view(workspace: Workspace, view: View) -> Json:
    """Where an action in a modal or Home tab happened."""
    return {
        "view": workspace.view_json(view),
        "container": {"type": "view", "view_id": view.id},
    }


def event(workspace: Workspace, inner: Json, event_id: str) -> Json:
    """The outer object of an event."""
    me = workspace.identity
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": me.team_id,
        "api_app_id": me.app_id,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(workspace.clock().timestamp()),
        "event_context": f"4-{event_id}",
        "is_ext_shared_channel": False,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": me.team_id,
                "user_id": me.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "event": inner,
    }


def command_body(fields: Json) -> bytes:
    return urlencode(fields).encode()


def interaction_body(payload: Json) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def event_body(outer: Json) -> bytes:
    return json.dumps(outer).encode()
