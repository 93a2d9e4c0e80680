import http.client
import json
import re
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.playground.people import ANA, BEN, LEO
from bot.playground.server import SimulatedSlack
from tests.playground.little_bot import Json, button, plain, section

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{7*7}}<!channel><http://x|y>"

_OURS = re.compile(r"/static/[0-9a-f]{12}/page\.js$")


def ask(
    slack: SimulatedSlack, path: str, body: object = None, **headers: str
) -> tuple[http.client.HTTPResponse, str]:
    """One request of a browser on this machine."""
    port = int(slack.url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    method = "GET" if body is None else "POST"
    content = None if body is None else json.dumps(body)
    sent = {name.title().replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=content, headers=sent)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def control(slack: SimulatedSlack, act: str, **arguments: Any) -> Json:
    answer: Json = json.loads(ask(slack, f"/control/{act}", arguments)[1])
    return answer


class Tags(HTMLParser):
    """The tags and attributes of a page, as a browser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def dangers(self) -> list[str]:
        """All that could run: scripts but our own, handlers, links to scripts."""
        found = [f"{tag} {name}" for tag, given in self.seen for name in given if name[:2] == "on"]
        found += [
            f"script {given}"
            for tag, given in self.seen
            if tag == "script"
            and (given.get("type"), _OURS.match(given.get("src") or "") is None)
            != ("module", False)
        ]
        links = (given.get("href") or given.get("src") or "" for _, given in self.seen)
        return found + [link for link in links if link.startswith(("javascript:", "data:"))]


def test_the_page_shows_where_i_am(slack: SimulatedSlack) -> None:
    slack.say(BEN, "Good morning, *all*")

    response, html = ask(slack, f"/?as={ANA.id}")

    assert response.status == 200
    assert "<strong>all</strong>" in html
    assert 'aria-label="Messages in #general"' in html
    assert "<noscript>" in html


def test_the_page_forbids_all_inline_script(slack: SimulatedSlack) -> None:
    response, html = ask(slack, "/")

    policy = response.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\son\w+=|\sstyle=", html)


def test_files_are_served_and_nothing_else(slack: SimulatedSlack) -> None:
    _, html = ask(slack, "/")
    found = re.findall(r'(?:href|src)="(/static/[^"]*)"', html)

    answers = [ask(slack, path)[0] for path in found]

    assert {one.status for one in answers} == {200}
    assert {one.headers["Cache-Control"] for one in answers} == {"max-age=31536000, immutable"}
    kinds = {one.headers["Content-Type"].partition(";")[0] for one in answers}
    assert kinds == {"text/javascript", "text/css", "image/svg+xml"}
    for path in ("/static/x/..%2Fserver.py", "/static/x/none.css", "/static/page.exe", "/nowhere"):
        assert ask(slack, path)[0].status == 404


def test_each_script_is_known_to_the_page_beforehand(slack: SimulatedSlack) -> None:
    _, html = ask(slack, "/")
    scripts = resources.files("bot.playground") / "static"

    found = set(re.findall(r'/static/[0-9a-f]+/(\w+\.js)"', html))

    assert found == {one.name for one in scripts.iterdir() if one.name.endswith(".js")}


def test_nothing_that_was_typed_becomes_markup(slack: SimulatedSlack) -> None:
    slack.change_person(LEO, real_name=HOSTILE, title=HOSTILE, tell=False)
    slack.say(ANA, HOSTILE)
    slack.say(LEO, HOSTILE)

    _, html = ask(slack, f"/?as={LEO.id}")

    tags = Tags(html)
    assert tags.dangers() == []
    assert "img" not in {tag for tag, _ in tags.seen}
    assert "{{7*7}}" in html
    assert '<span class="mention">@channel' not in html


def test_nothing_in_a_bots_blocks_becomes_markup(slack: SimulatedSlack) -> None:
    options = [{"text": plain(HOSTILE[:75]), "value": '"><script>'}]
    menu = {"type": "static_select", "placeholder": plain(HOSTILE), "options": options}
    confirm = {name: plain(HOSTILE[:30]) for name in ("title", "text", "confirm", "deny")}
    cell = {"type": "raw_text", "text": HOSTILE}
    blocks = [
        section(HOSTILE),
        {"type": "header", "text": plain(HOSTILE)},
        {"type": "context", "elements": [plain(HOSTILE)]},
        {"type": "actions", "elements": [button(HOSTILE[:75], "a", confirm=confirm), menu]},
        {"type": "image", "image_url": "https://x/" + HOSTILE, "alt_text": HOSTILE},
        {"type": "markdown", "text": HOSTILE},
        {"type": "table", "rows": [[cell]]},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "text", "text": HOSTILE, "style": {"bold": True}}],
                }
            ],
        },
    ]
    slack.say(ANA, "before")
    with slack.workspace.changing():
        message = slack.channel("general")[0]
        message.blocks = [one | {"block_id": str(nth)} for nth, one in enumerate(blocks)]
        for one in message.blocks[3]["elements"]:
            one.setdefault("action_id", "menu")

    _, html = ask(slack, "/")

    tags = Tags(html)
    assert tags.dangers() == []
    images = [given for tag, given in tags.seen if tag == "img"]
    assert [one["alt"] for one in images] == [HOSTILE]


def test_links_go_only_where_links_may(slack: SimulatedSlack) -> None:
    with slack.workspace.changing():
        slack.say(ANA, "x")
        slack.channel("general")[0].text = "<javascript:alert(1)|good> <https://ok.example|fine>"

    _, html = ask(slack, "/")

    assert 'href="javascript' not in html
    assert 'href="https://ok.example"' in html


def test_another_site_may_not_use_the_page(slack: SimulatedSlack) -> None:
    body = {"as": ANA.id, "text": "x", "channel": slack.general.id}

    foreign, _ = ask(slack, "/ui/send", body, origin="https://evil.example")
    rebound, _ = ask(slack, "/", host="evil.example")
    own, _ = ask(slack, "/ui/send", body, origin=slack.url)

    assert (foreign.status, rebound.status, own.status) == (403, 403, 200)
    assert [one.text for one in slack.channel("general")] == ["x"]


@pytest.mark.usefixtures("seen")
def test_the_page_types_clicks_and_submits(slack: SimulatedSlack) -> None:
    def send(text: str) -> None:
        ask(slack, "/ui/send", {"as": ANA.id, "text": text, "channel": slack.general.id})

    send("/tokens buttons")
    message = slack.dm(ANA)[0]
    block = message.blocks[1]["block_id"]
    where = {"channel": message.channel_id, "ts": message.ts, "block": block, "action": "approve"}
    ask(slack, "/ui/act", {"as": ANA.id, **where})
    send("/tokens ask")
    values = {"amount": {"typed": "wrong"}, "urgency": {"chosen": "high"}}
    ask(slack, "/ui/submit", {"as": ANA.id, "values": values})
    _, html = ask(slack, f"/?as={ANA.id}")
    ask(slack, "/ui/close", {"as": ANA.id})
    send("/nonsense")

    assert slack.as_text(slack.dm(ANA)[0]) == "Approved by @Ana Silva"
    assert '<p class="bk-error" role="alert">Not an amount</p>' in html
    assert '<option value="high" selected>High</option>' in html
    assert slack.modal(ANA) is None
    assert "/nonsense is not a valid command" in slack.ephemerals(ANA)[-1].text


def test_the_page_uses_a_shortcut_of_a_message(slack: SimulatedSlack, seen: list[Json]) -> None:
    message = slack.say(BEN, "How long is this?")
    where = {"channel": message.channel_id, "ts": message.ts, "shortcut": "estimate_tokens"}

    _, html = ask(slack, f"/?as={ANA.id}")
    ask(slack, "/ui/shortcut", {"as": ANA.id, **where})

    assert 'data-shortcut="estimate_tokens">Estimate tokens</button>' in html
    (payload,) = [one for one in seen if one.get("type") == "message_action"]
    assert payload["message"]["text"] == "How long is this?"
    assert (payload["user"]["id"], payload["callback_id"]) == (ANA.id, "estimate_tokens")


@pytest.mark.parametrize(
    "asked",
    [
        {"ts": "1.0", "shortcut": "estimate_tokens"},
        {"shortcut": "nobodys"},
        {"view": "V0", "shortcut": "estimate_tokens"},
    ],
)
def test_a_shortcut_that_is_gone_is_no_crash(slack: SimulatedSlack, asked: Json) -> None:
    message = slack.say(BEN, "psst")
    where = {"channel": message.channel_id, "ts": message.ts}

    response, _ = ask(slack, "/ui/shortcut", {"as": ANA.id, **where, **asked})

    assert response.status == 409


def test_what_one_person_alone_sees_has_no_menu(slack: SimulatedSlack) -> None:
    slack.command(ANA, "echo hello")

    _, html = ask(slack, f"/?as={ANA.id}")

    assert "data-shortcut" not in html


def test_a_click_on_what_is_gone_is_no_crash(slack: SimulatedSlack) -> None:
    where = {"channel": slack.general.id, "ts": "1.0", "block": "b", "action": "a"}

    response, _ = ask(slack, "/ui/act", {"as": ANA.id, **where})

    assert response.status == 409


@pytest.mark.parametrize("text", ["hello", "/tokens balance", "<script>alert(1)</script>"])
def test_the_page_may_not_type_among_the_messages_of_the_app(
    slack: SimulatedSlack, seen: list[Json], text: str
) -> None:
    here = slack.workspace.dm_with(ANA.id).id

    response, said = ask(slack, "/ui/send", {"as": ANA.id, "channel": here, "text": text})

    assert response.status == 409
    assert json.loads(said)["error"] == "restricted_action_read_only_channel"
    assert slack.dm(ANA) == []
    assert seen == []


def test_unread_messages_are_marked_until_seen(slack: SimulatedSlack, client: WebClient) -> None:
    client.chat_postMessage(channel=ANA.id, text="psst")

    _, before = ask(slack, f"/?as={ANA.id}")
    ask(slack, f"/?as={ANA.id}&at=dm")
    _, after = ask(slack, f"/?as={ANA.id}")

    assert 'class="badge">1<' in before
    assert 'class="badge"' not in after


@pytest.mark.usefixtures("seen")
def test_another_process_can_drive_it(slack: SimulatedSlack) -> None:
    done = control(slack, "command", who=ANA.id, text="buttons")
    control(slack, "click", who=ANA.id, where="dm", button="Approve")
    sight = control(slack, "look", who=ANA.id)
    calls = control(slack, "calls", method="chat.postMessage")["calls"]

    assert done["status"] == 200
    assert sight["dm"][0]["as_text"] == "Approved by @Ana Silva"
    assert [one["outcome"] for one in calls] == ["ok"]
    assert "LookupError" in control(slack, "click", who=ANA.id, where="dm", button="None")["error"]


def test_the_stream_tells_of_changes(slack: SimulatedSlack) -> None:
    port = int(slack.url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/ui/stream")
    response = connection.getresponse()

    def event() -> tuple[bytes, bytes]:
        lines = [response.readline() for _ in range(3)]
        return lines[0].strip(), lines[1].strip()

    assert [response.readline(), response.readline()] == [b"retry: 500\n", b"\n"]
    life, first = event(), event()
    slack.say(ANA, "news")
    second = event()
    connection.close()

    assert life[0] == b"event: life"
    assert (first[0], second[0]) == (b"event: message", b"event: message")
    assert first[1] != second[1]
