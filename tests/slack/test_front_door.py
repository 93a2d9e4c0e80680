"""The front door: what is not a well-formed request of Slack's ends there, and leaves no trace."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.playground import signing
from bot.playground.people import ANA
from bot.slack.front_door import BODY_MAX
from tests.slack.town import TEAM, Town

Json = dict[str, Any]

#: Stands in every body here; the log must never have it.
PRIVATE = "for-my-secret-project"
JSON_TYPE = {"Content-Type": "application/json"}


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def command(**changes: str) -> bytes:
    fields = {
        "command": "/tokens",
        "text": f"request 500k {PRIVATE}",
        "team_id": TEAM,
        "user_id": ANA.id,
        "trigger_id": "1.2.front-door",
        **changes,
    }
    return form(**{name: value for name, value in fields.items() if value})


def interaction(**changes: object) -> bytes:
    payload: Json = {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": ANA.id},
        "actions": [{"action_id": "keep", "value": PRIVATE}],
        **changes,
    }
    return form(payload=json.dumps({k: v for k, v in payload.items() if v is not None}))


def event(**changes: object) -> bytes:
    body: Json = {
        "type": "event_callback",
        "team_id": TEAM,
        "event_id": "Ev1",
        "event": {"type": "app_home_opened", "user": ANA.id, "tab": "home", "note": PRIVATE},
        **changes,
    }
    return json.dumps({k: v for k, v in body.items() if v is not None}).encode()


def deep(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


UNREADABLE: Mapping[str, tuple[bytes, Mapping[str, str], int]] = {
    "JSON that ends early": (f'{{"a": "{PRIVATE}'.encode(), JSON_TYPE, 400),
    "a JSON array": (f'["{PRIVATE}"]'.encode(), JSON_TYPE, 400),
    "JSON nested too deep": (deep(100_000), JSON_TYPE, 400),
    "a JSON number too long to read": (b'{"a":' + b"9" * 5_000 + b"}", JSON_TYPE, 400),
    "no JSON in payload": (form(payload=f"{{bad {PRIVATE}"), {}, 400),
    "an array in payload": (form(payload=f'["{PRIVATE}"]'), {}, 400),
    "payload is a word": (form(payload='"word"'), {}, 400),
    "bytes that are no UTF-8": (b"command=%2Ftokens&text=\xff\xfe", {}, 400),
    "an empty body": (b"", {}, 400),
    "an empty JSON body": (b"", JSON_TYPE, 400),
    "neither command nor payload": (form(text=PRIVATE), {}, 400),
    "plain text": (PRIVATE.encode(), {"Content-Type": "text/plain"}, 415),
    "no content type": (command(), {"Content-Type": ""}, 415),
    "a file upload": (command(), {"Content-Type": "multipart/form-data; boundary=x"}, 415),
    "a command without user": (command(user_id=""), {}, 400),
    "a command without workspace": (command(team_id=""), {}, 400),
    "a command without trigger": (command(trigger_id=""), {}, 400),
    "a click without actions": (interaction(actions=None), {}, 400),
    "a click with empty actions": (interaction(actions=[]), {}, 400),
    "a click whose actions are a word": (interaction(actions=PRIVATE), {}, 400),
    "a click whose action has no id": (interaction(actions=[{"value": PRIVATE}]), {}, 400),
    "a click whose action id is a number": (interaction(actions=[{"action_id": 7}]), {}, 400),
    "an interaction without type": (interaction(type=None), {}, 400),
    "an interaction without user": (interaction(user=None), {}, 400),
    "an interaction whose user is a word": (interaction(user=PRIVATE), {}, 400),
    "an interaction without workspace": (interaction(team=None), {}, 400),
    "an interaction whose team is a word": (interaction(team=PRIVATE), {}, 400),
    "a form without view": (interaction(type="view_submission", actions=None), {}, 400),
    "a form whose view has no id": (
        interaction(type="view_submission", view={"callback_id": "grant"}),
        {},
        400,
    ),
    "a form whose view has no callback id": (
        interaction(type="view_submission", view={"id": "V1"}),
        {},
        400,
    ),
    "a form whose view has no type": (
        interaction(type="view_submission", view={"id": "V1", "callback_id": "grant"}),
        {},
        400,
    ),
    "a closed form without view": (interaction(type="view_closed"), {}, 400),
    "a click whose container is a word": (interaction(container=PRIVATE), {}, 400),
    "a click whose channel is a number": (interaction(channel=7), {}, 400),
    "a form whose state is a list": (
        interaction(
            type="view_submission",
            view={"id": "V1", "callback_id": "grant", "type": "modal", "state": [PRIVATE]},
        ),
        {},
        400,
    ),
    "an event whose authorizations are a word": (event(authorizations=PRIVATE), JSON_TYPE, 400),
    "an event without type": (event(type=None), JSON_TYPE, 400),
    "an event without workspace": (event(team_id=None), JSON_TYPE, 400),
    "an event without id": (event(event_id=None), JSON_TYPE, 400),
    "an event without inner event": (event(event=None), JSON_TYPE, 400),
    "an event whose inner event is a word": (event(event=PRIVATE), JSON_TYPE, 400),
    "an event whose inner event has no type": (event(event={"user": "U1"}), JSON_TYPE, 400),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_signed_request_that_cannot_be_read_ends_at_the_door(lobby: Town, what: str) -> None:
    body, headers, status = UNREADABLE[what]

    answer = lobby.slack.raw(body, headers=headers)

    assert answer.status == status
    assert set(json.loads(answer.body)) == {"error"}
    assert PRIVATE not in answer.body
    assert_nothing_logged(lobby)


SENT: Mapping[str, tuple[Callable[[], bytes], Mapping[str, str]]] = {
    "a click whose container lacks its message": (
        lambda: interaction(container={"type": "message"}),
        {},
    ),
    "a click on a page of a history without its place": (
        lambda: interaction(actions=[{"action_id": "history_older"}]),
        {},
    ),
    "a confirmation whose value is no JSON": (
        lambda: interaction(actions=[{"action_id": "reverse_anyway", "value": PRIVATE}]),
        {},
    ),
    "a form without state": (
        lambda: interaction(
            type="view_submission", view={"id": "V1", "callback_id": "grant", "type": "modal"}
        ),
        {},
    ),
    "a form whose state is odd": (
        lambda: interaction(
            type="view_submission",
            view={
                "id": "V1",
                "callback_id": "request",
                "type": "modal",
                "state": {"values": {"amount": 3}},
            },
        ),
        {},
    ),
    "a decision without what it decides": (
        lambda: interaction(
            type="view_submission",
            view={"id": "V1", "callback_id": "deny", "type": "modal", "private_metadata": ""},
        ),
        {},
    ),
    "a decision on something that is not": (
        lambda: interaction(actions=[{"action_id": "topup_approve", "value": PRIVATE}]),
        {},
    ),
    "a button nobody knows": (
        lambda: interaction(actions=[{"action_id": "from_2019", "value": PRIVATE}]),
        {},
    ),
    "a form nobody knows": (
        lambda: interaction(
            type="view_submission", view={"id": "V1", "callback_id": "from_2019", "type": "modal"}
        ),
        {},
    ),
    "a shortcut nobody made": (
        lambda: interaction(type="shortcut", callback_id="x", trigger_id="1.2.3"),
        {},
    ),
    "a closed form": (
        lambda: interaction(
            type="view_closed", view={"id": "V1", "callback_id": "grant", "type": "modal"}
        ),
        {},
    ),
}


@pytest.mark.parametrize("what", SENT)
def test_a_well_formed_request_that_leads_nowhere_is_answered_200(lobby: Town, what: str) -> None:
    body, headers = SENT[what]

    answer = lobby.slack.raw(body(), headers=headers)

    assert answer.status == 200
    assert_nothing_logged(lobby)


def test_another_command_than_ours_is_no_failure_of_the_process(lobby: Town) -> None:
    answer = lobby.slack.raw(command(command="/other"))

    assert answer.status in {200, 404}
    assert_nothing_logged(lobby)


def test_an_event_without_the_fields_of_its_kind_is_not_answered_good(lobby: Town) -> None:
    for inner in ({"type": "app_home_opened", "tab": "home"}, {"type": "user_change"}):
        answer = lobby.slack.raw(event(event=inner, event_id="Ev2"), headers=JSON_TYPE)

        assert answer.status == 500  # Slack sends it again; the log has the reference
    assert_nothing_logged(lobby)


def test_an_event_nobody_listens_to_is_taken(lobby: Town) -> None:
    answer = lobby.slack.raw(event(event={"type": "channel_rename"}), headers=JSON_TYPE)

    assert answer.status in {200, 404}


def signed(body: bytes, seconds: int, secret: str) -> dict[str, str]:
    return dict(signing.headers(secret, body, seconds))


def now(town: Town) -> int:
    return int(town.clock().timestamp())


FORGED: Mapping[str, Callable[[Town, bytes], Mapping[str, str]]] = {
    "none at all": lambda _town, _body: {},
    "with another secret": lambda town, body: signed(body, now(town), "another secret"),
    "of another body": lambda town, _body: signed(b"x", now(town), town.slack.signing_secret),
    "six minutes old": lambda town, body: signed(body, now(town) - 360, town.slack.signing_secret),
    "six minutes ahead": lambda t, body: signed(body, now(t) + 360, t.slack.signing_secret),
    "of version one": lambda t, b: {
        name: value.replace("v0=", "v1=")
        for name, value in signed(b, now(t), t.slack.signing_secret).items()
    },
    "without timestamp": lambda t, b: {
        "X-Slack-Signature": signed(b, now(t), t.slack.signing_secret)["X-Slack-Signature"]
    },
    "without signature": lambda t, _body: {"X-Slack-Request-Timestamp": str(now(t))},
    "timestamp is a word": lambda t, b: {
        **signed(b, now(t), t.slack.signing_secret),
        "X-Slack-Request-Timestamp": "yesterday",
    },
    "timestamp is a fraction": lambda t, b: {
        **signed(b, now(t), t.slack.signing_secret),
        "X-Slack-Request-Timestamp": "1.5",
    },
    "timestamp is negative": lambda t, b: {
        **signed(b, now(t), t.slack.signing_secret),
        "X-Slack-Request-Timestamp": "-1",
    },
    "timestamp is endless": lambda t, b: {
        **signed(b, now(t), t.slack.signing_secret),
        "X-Slack-Request-Timestamp": "9" * 400,
    },
    "timestamp in other digits": lambda t, b: {
        **signed(b, now(t), t.slack.signing_secret),
        "X-Slack-Request-Timestamp": "\xb2\xb2",
    },
    "not ASCII": lambda t, b: {
        **signed(b, now(t), t.slack.signing_secret),
        "X-Slack-Signature": "v0=\xe9\xe9",
    },
    "too short": lambda t, b: {
        **signed(b, now(t), t.slack.signing_secret),
        "X-Slack-Signature": "v0=abc",
    },
}


@pytest.mark.parametrize("signature", FORGED)
@pytest.mark.parametrize("body", [command(), interaction(), event(), b"{bad", b"\xff"])
def test_a_request_whose_signature_is_not_slacks_is_refused(
    lobby: Town, signature: str, body: bytes
) -> None:
    headers = FORGED[signature](lobby, body)
    if body[:1] == b"{":
        headers = {**headers, **JSON_TYPE}

    answer = lobby.slack.raw(body, headers=headers, signed=False)

    assert answer.status == 401
    assert lobby.rows("SELECT 1 FROM topup") == []
    assert_nothing_logged(lobby)


def test_a_signature_within_five_minutes_either_way_is_taken(lobby: Town) -> None:
    for off in (-290, 290):
        body = command(text="help", trigger_id=f"1.2.off{off}")
        answer = lobby.slack.raw(body, seconds=now(lobby) + off)

        assert answer.status == 200


def test_a_body_beyond_the_limit_is_refused_unread(lobby: Town) -> None:
    answer = lobby.slack.raw(b"command=%2Ftokens&text=" + b"x" * BODY_MAX)

    assert answer.status == 413
    assert_nothing_logged(lobby)


def test_a_large_body_within_the_limit_is_read(lobby: Town) -> None:
    answer = lobby.slack.raw(command(text="help " + "x" * 500_000, trigger_id="1.2.large"))

    assert answer.status == 200


def test_slacks_look_at_our_certificate_is_answered_unsigned(lobby: Town) -> None:
    answer = lobby.slack.raw(b"ssl_check=1&token=x", signed=False)

    assert (answer.status, answer.body) == (200, "")


def test_a_command_with_ssl_check_in_it_still_needs_a_signature(lobby: Town) -> None:
    answer = lobby.slack.raw(b"ssl_check=1&" + command(), signed=False)

    assert answer.body == ""
    assert lobby.rows("SELECT 1 FROM topup") == []


def test_slacks_challenge_is_answered_when_it_is_signed(lobby: Town) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c0ffee"}).encode()

    good = lobby.slack.raw(body, headers=JSON_TYPE)
    unsigned = lobby.slack.raw(body, headers=JSON_TYPE, signed=False)

    assert (good.status, json.loads(good.body)) == (200, {"challenge": "c0ffee"})
    assert unsigned.status == 401


def test_a_request_of_another_workspace_is_refused_in_words(lobby: Town) -> None:
    lobby.slack.wait_until(lambda: lobby.bot.readiness()[1]["slack"] == "reached")

    answer = lobby.slack.raw(command(team_id="T0OTHER", trigger_id="1.2.other"))

    assert "This tokenbot serves another workspace" in answer.body
    assert lobby.rows("SELECT 1 FROM workspace WHERE workspace_id = 'T0OTHER'") == []


def test_what_a_person_types_never_reaches_the_log(lobby: Town) -> None:
    lobby.say(ANA, f"request 500k for {PRIVATE}")
    lobby.say(ANA, f"request 5,5 for {PRIVATE}")
    lobby.say(ANA, PRIVATE)
    lobby.settle()

    assert_nothing_logged(lobby)


def assert_nothing_logged(town: Town) -> None:
    """Neither what people wrote nor a secret is in the log."""
    logged = town.logged.getvalue()
    for private in (PRIVATE, town.slack.signing_secret, town.slack.bot_token, "/response/"):
        assert private not in logged
