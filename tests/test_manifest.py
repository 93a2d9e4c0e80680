"""The manifests ask Slack for exactly what the code uses, in the form that Slack takes."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from bot.playground.page_acts import MESSAGE_SHORTCUTS
from bot.slack.ids import COMMAND, Shortcut
from bot.slack.listeners.events import EVENTS
from bot.slack.listeners.shortcuts import SHORTCUTS

ROOT = Path(__file__).parent.parent
OVER_HTTP, OVER_SOCKET = "manifest.yml", "manifest.socket.yml"

#: The scope that each Web API method needs, as facts/slack.md §5 has it; None needs none.
SCOPES: Mapping[str, str | None] = {
    "auth_test": None,
    "chat_postMessage": "chat:write",
    "chat_update": "chat:write",
    "conversations_open": "im:write",
    "users_info": "users:read",
    "users_lookupByEmail": "users:read.email",
    "users_list": "users:read",
    "usergroups_users_list": "usergroups:read",
    "views_open": None,
    "views_publish": None,
    "views_push": None,
    "views_update": None,
}
#: Events whose subscription needs a scope.
EVENT_SCOPES = {
    "team_join": "users:read",
    "user_change": "users:read",
    "subteam_members_changed": "usergroups:read",
    "subteam_updated": "usergroups:read",
}
#: Beyond calls and events: the command itself, and addresses in `users.info`, which the
#: directory keeps.
OTHER_SCOPES = {"commands", "users:read.email"}

_TEXT = {"type": "string"}
_URL = {"type": "string", "pattern": "^https://"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["display_information", "features", "oauth_config", "settings"],
    "properties": {
        "display_information": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {**_TEXT, "minLength": 1, "maxLength": 35},
                "description": {**_TEXT, "minLength": 1, "maxLength": 140},
                "long_description": {**_TEXT, "minLength": 175, "maxLength": 4000},
                "background_color": {**_TEXT, "pattern": "^#([0-9a-f]{3}|[0-9a-f]{6})$"},
            },
        },
        "features": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "app_home": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        name: {"type": "boolean"}
                        for name in (
                            "home_tab_enabled",
                            "messages_tab_enabled",
                            "messages_tab_read_only_enabled",
                        )
                    },
                },
                "bot_user": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["display_name"],
                    "properties": {
                        "display_name": {**_TEXT, "minLength": 1, "maxLength": 80},
                        "always_online": {"type": "boolean"},
                    },
                },
                "slash_commands": {
                    "type": "array",
                    "maxItems": 5,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["command", "description"],
                        "properties": {
                            "command": {**_TEXT, "pattern": "^/", "minLength": 2, "maxLength": 32},
                            "description": {**_TEXT, "minLength": 1, "maxLength": 2000},
                            "usage_hint": {**_TEXT, "minLength": 1, "maxLength": 1000},
                            "should_escape": {"type": "boolean"},
                            "url": _URL,
                        },
                    },
                },
                "shortcuts": {
                    "type": "array",
                    "maxItems": 10,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["name", "type", "callback_id", "description"],
                        "properties": {
                            "name": {**_TEXT, "minLength": 1, "maxLength": 24},
                            "type": {"enum": ["message", "global"]},
                            "callback_id": {**_TEXT, "minLength": 1, "maxLength": 255},
                            "description": {**_TEXT, "minLength": 1, "maxLength": 150},
                        },
                    },
                },
            },
        },
        "oauth_config": {
            "type": "object",
            "additionalProperties": False,
            "required": ["scopes"],
            "properties": {
                "scopes": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"bot": {"type": "array", "items": _TEXT, "uniqueItems": True}},
                }
            },
        },
        "settings": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "event_subscriptions": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "request_url": _URL,
                        "bot_events": {
                            "type": "array",
                            "items": _TEXT,
                            "maxItems": 100,
                            "uniqueItems": True,
                        },
                    },
                },
                "interactivity": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["is_enabled"],
                    "properties": {"is_enabled": {"type": "boolean"}, "request_url": _URL},
                },
                "org_deploy_enabled": {"type": "boolean"},
                "socket_mode_enabled": {"type": "boolean"},
                "token_rotation_enabled": {"type": "boolean"},
            },
        },
    },
}


def manifest(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return read


def called_methods() -> set[str]:
    """Every Web API method that is called on a client anywhere in `bot/slack`."""
    found = set()
    for path in (ROOT / "bot" / "slack").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                receiver = ast.unparse(node.func.value)
                if re.search(r"(^|[._])client$", receiver):
                    found.add(node.func.attr)
    return {name for name in found if "_" in name and name != "is_connected"}


def urls(value: object) -> Iterator[str]:
    """Every address in a manifest."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in {"url", "request_url"}:
                yield inner
            yield from urls(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from urls(inner)


@pytest.mark.parametrize("name", [OVER_HTTP, OVER_SOCKET])
def test_a_manifest_has_the_form_that_slack_takes(name: str) -> None:
    problems = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(manifest(name))]

    assert problems == []


@pytest.mark.parametrize("name", [OVER_HTTP, OVER_SOCKET])
def test_a_manifest_asks_for_the_scopes_of_what_the_code_calls_and_no_other(name: str) -> None:
    needed = {SCOPES[method] for method in called_methods()} - {None}
    needed |= {EVENT_SCOPES[event] for event in EVENTS if event in EVENT_SCOPES}

    assert set(manifest(name)["oauth_config"]["scopes"]["bot"]) == needed | OTHER_SCOPES


def test_the_calls_are_found() -> None:
    assert {"views_open", "chat_postMessage", "users_list", "auth_test"} <= called_methods()


@pytest.mark.parametrize("name", [OVER_HTTP, OVER_SOCKET])
def test_a_manifest_subscribes_to_the_events_that_have_a_listener(name: str) -> None:
    events = manifest(name)["settings"]["event_subscriptions"]["bot_events"]

    assert sorted(events) == sorted(EVENTS)


@pytest.mark.parametrize("name", [OVER_HTTP, OVER_SOCKET])
def test_a_manifest_has_our_command_with_mentions_escaped(name: str) -> None:
    (command,) = manifest(name)["features"]["slash_commands"]

    assert command["command"] == COMMAND
    assert command["should_escape"] is True


@pytest.mark.parametrize("name", [OVER_HTTP, OVER_SOCKET])
def test_a_manifest_offers_the_shortcuts_that_have_a_listener(name: str) -> None:
    offered = manifest(name)["features"]["shortcuts"]

    assert {one["callback_id"] for one in offered} == set(SHORTCUTS) == set(Shortcut)
    of_messages = {o["callback_id"]: o["name"] for o in offered if o["type"] == "message"}
    assert of_messages == MESSAGE_SHORTCUTS


@pytest.mark.parametrize("name", [OVER_HTTP, OVER_SOCKET])
def test_a_manifest_lets_people_click_read_home_and_get_messages(name: str) -> None:
    read = manifest(name)

    assert read["settings"]["interactivity"]["is_enabled"] is True
    assert read["features"]["app_home"]["home_tab_enabled"] is True
    assert read["features"]["app_home"]["messages_tab_enabled"] is True
    # As in the playground: the bot reads no messages, so nobody should write any to it.
    assert read["features"]["app_home"]["messages_tab_read_only_enabled"] is True
    assert read["settings"]["token_rotation_enabled"] is False


def test_over_http_every_address_is_where_the_bot_listens() -> None:
    addresses = list(urls(manifest(OVER_HTTP)))

    assert len(addresses) == 3
    assert {address.partition(".example")[2] for address in addresses} == {"/slack/events"}
    assert manifest(OVER_HTTP)["settings"]["socket_mode_enabled"] is False


def test_in_socket_mode_there_is_no_address() -> None:
    assert list(urls(manifest(OVER_SOCKET))) == []
    assert manifest(OVER_SOCKET)["settings"]["socket_mode_enabled"] is True


def test_the_two_manifests_differ_in_how_slack_reaches_us_alone() -> None:
    over_http, over_socket = manifest(OVER_HTTP), manifest(OVER_SOCKET)
    for read in (over_http, over_socket):
        del read["settings"]["socket_mode_enabled"]
        for part in (
            read["features"]["slash_commands"][0],
            read["settings"]["event_subscriptions"],
            read["settings"]["interactivity"],
        ):
            part.pop("url", None)
            part.pop("request_url", None)

    assert over_http == over_socket
