"""A tiny Bolt app on a real port, enough to meet every side of the simulated Slack."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from slack_bolt import Ack, App, BoltRequest, Respond
from slack_sdk import WebClient

from bot.playground.server import SimulatedSlack

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def asking() -> Json:
    """A modal with one field of each common kind."""
    options = [{"text": plain(word), "value": word.lower()} for word in ("Low", "High")]
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": plain("Ask for tokens"),
        "submit": plain("Ask"),
        "notify_on_close": True,
        "blocks": [
            {
                "type": "input",
                "block_id": "amount",
                "label": plain("Amount"),
                "element": {"type": "plain_text_input", "action_id": "typed", "max_length": 10},
            },
            {
                "type": "input",
                "block_id": "urgency",
                "optional": True,
                "label": plain("Urgency"),
                "element": {"type": "static_select", "action_id": "chosen", "options": options},
            },
            {
                "type": "actions",
                "block_id": "more",
                "elements": [button("Explain", "explain")],
            },
        ],
    }


WORDS = ("Day", "Week", "Month")
OPTIONS = [{"text": plain(word), "value": word.lower()} for word in WORDS]
#: The element's type, by the block it is in; an action_id is `pick_` and that.
KINDS: dict[str, Json] = {
    "name": {"type": "plain_text_input", "max_length": 20},
    "note": {"type": "plain_text_input", "multiline": True},
    "amount": {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"},
    "period": {"type": "static_select", "options": OPTIONS},
    "periods": {"type": "multi_static_select", "options": OPTIONS, "max_selected_items": 2},
    "owner": {"type": "users_select"},
    "people": {"type": "multi_users_select"},
    "place": {
        "type": "conversations_select",
        "filter": {"include": ["public", "private"]},
        "default_to_current_conversation": True,
    },
    "channel": {"type": "channels_select"},
    "start": {"type": "datepicker"},
    "hour": {"type": "timepicker"},
    "wishes": {"type": "checkboxes", "options": OPTIONS},
    "mood": {"type": "radio_buttons", "options": OPTIONS},
}


def form_field(name: str, **more: Any) -> Json:
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name.capitalize()),
        "optional": True,
        "element": {**KINDS[name], "action_id": f"pick_{name}"},
        **more,
    }


def everything(*, title: str = "Everything", telling: bool = False) -> Json:
    """All kinds as fields; `telling` has each tell the app when it is used."""
    blocks = [form_field(name, dispatch_action=telling) for name in KINDS]
    overflow = {"type": "overflow", "action_id": "pick_more", "options": OPTIONS}
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain(title),
        "submit": plain("Save"),
        "blocks": [*blocks, section("More") | {"block_id": "more", "accessory": overflow}],
    }


def deciding() -> list[Json]:
    """A question with two buttons."""
    approve = button("Approve", "approve", value="r1", style="primary")
    elements = [approve, button("Deny", "deny", value="r1")]
    return [section("Decide"), {"type": "actions", "elements": elements}]


#: Answers to commands, by their first word; any other is echoed.
ANSWERS: Mapping[str, Json] = {
    "public": {"text": "To all", "response_type": "in_channel"},
    "toolong": {"text": "x", "blocks": [section("x" * 3001)]},
}


def build(client: WebClient, signing_secret: str, seen: list[Json]) -> App:
    """The app; what reaches it is added to `seen`."""
    app = App(client=client, signing_secret=signing_secret, process_before_response=True)

    @app.middleware
    def remember(body: Json, next: Any) -> Any:  # noqa: A002 (Bolt's name)
        seen.append(body)
        return next()

    _commands(app)
    _clicks_and_events(app)
    _modals(app)
    _shortcuts(app)
    return app


def _commands(app: App) -> None:
    @app.command("/tokens")
    def tokens(ack: Ack, command: Json, client: WebClient, respond: Respond) -> None:
        text = command.get("text", "")
        match text.split(" ")[0]:
            case "ask":
                client.views_open(trigger_id=command["trigger_id"], view=asking())
                ack()
            case "form" | "telling":
                view = everything(telling=text == "telling")
                client.views_open(trigger_id=command["trigger_id"], view=view)
                ack()
            case "later":
                ack("Counting…")
                respond(text="Counted", replace_original=True)
            case "buttons":
                client.chat_postMessage(
                    channel=command["user_id"], text="Decide", blocks=deciding()
                )
                ack(text="Sent", blocks=deciding())
            case "boom":
                raise RuntimeError(text)
            case word:
                ack(**ANSWERS.get(word, {"text": text}))


def _clicks_and_events(app: App) -> None:
    @app.action("approve")
    def approve(ack: Ack, body: Json, respond: Respond) -> None:
        ack()
        respond(text=f"Approved by <@{body['user']['id']}>", replace_original=True)

    @app.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        view = {"type": "home", "blocks": [section(f"Hello <@{event['user']}>")]}
        client.views_publish(user_id=event["user"], view=view)

    @app.event("subteam_updated")
    @app.event("subteam_members_changed")
    def group() -> None:
        """Only seen."""

    @app.event("user_change")
    def user_change() -> None:
        """Only seen."""


def _modals(app: App) -> None:
    @app.view("form")
    def filled(ack: Ack) -> None:
        ack()

    @app.action(re.compile("pick_.*"))
    def used(ack: Ack, body: Json, client: WebClient) -> None:
        view = everything(title="Updated", telling=True)
        client.views_update(view_id=body["view"]["id"], view=view)
        ack()

    @app.view("ask")
    def asked(ack: Ack, view: Json) -> None:
        amount = view["state"]["values"]["amount"]["typed"]["value"]
        answers: dict[str, Json] = {
            "wrong": {"response_action": "errors", "errors": {"amount": "Not an amount"}},
            "nofield": {"response_action": "errors", "errors": {"elsewhere": "Lost"}},
            "again": {"response_action": "update", "view": asking() | {"title": plain("Again")}},
            "more": {"response_action": "push", "view": asking() | {"title": plain("More")}},
            "clear": {"response_action": "clear"},
        }
        if amount == "text":
            ack("words")
        else:
            ack(**answers.get(amount, {}))

    @app.view_closed("ask")
    def closed(ack: Ack) -> None:
        ack()

    @app.action("explain")
    def explain(ack: Ack, body: Json, client: WebClient) -> None:
        view = asking() | {"title": plain("Explained")}
        client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)
        ack()


def _shortcuts(app: App) -> None:
    @app.shortcut("ask_anywhere")
    @app.shortcut("estimate_tokens")
    def anywhere(ack: Ack, body: Json, client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=asking())
        ack()


@contextmanager
def serving(slack: SimulatedSlack) -> Iterator[list[Json]]:
    """Serve the app to that Slack; gives the list of bodies it sees."""
    seen: list[Json] = []
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    app = build(client, slack.signing_secret, seen)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers: dict[str, str | Sequence[str]] = dict(self.headers.items())
            answer = app.dispatch(BoltRequest(body=body, headers=headers))
            content = (answer.body or "").encode()
            self.send_response(answer.status)
            for name, value in answer.first_headers().items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    slack.bot_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
