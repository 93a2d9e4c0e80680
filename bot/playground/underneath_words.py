"""What happened underneath, each in a line of plain words."""

import re
from collections.abc import Mapping
from typing import Any

from bot.bootstrap.watching import OwedNotice, RecordedEntry
from bot.playground.board import Mood
from bot.playground.delivery import Answer, Request
from bot.playground.people import Json
from bot.playground.places import Channel
from bot.playground.travel import Journey
from bot.playground.web_api.calls import Call
from bot.playground.workspace import Workspace

#: `<@U01ANA|ana>` and `<!subteam^S1|@crew>` as they were typed.
_MENTION = re.compile(r"<(?:@\w+\|([^<>]*)|!subteam\^\w+\|@?([^<>]*))>")
_TITLE_MAX = 160
_MOODS: Mapping[str, Mood] = {"waiting": "waiting", "sent": "good"}
_FAULTS: Mapping[str, str] = {
    "429": "429, too many requests",
    "500": "500, server error",
    "timeout": "no answer",
    "drop": "connection dropped",
}


def shortened(text: str) -> str:
    """The text on one line, as long as a title may be."""
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_MAX else f"{line[: _TITLE_MAX - 1]}…"


def person(workspace: Workspace, user_id: str) -> str:
    """The name, or what else is known of them."""
    if user_id.startswith("key:"):
        return "an API key"
    known = workspace.people.get(user_id)
    return known.real_name if known else user_id


def place(workspace: Workspace, channel_id: str) -> str:
    """A channel as people call it, or whose direct message it is."""
    channel = workspace.channels.get(channel_id)
    if channel is None:
        return person(workspace, channel_id)
    return person(workspace, channel.partner_id) if channel.partner_id else f"#{channel.name}"


def account(workspace: Workspace, account_id: str) -> str:
    """Whose tokens these are."""
    kind, _, owner = account_id.partition(":")
    return person(workspace, owner) if kind == "member" else f"{kind} {owner}".strip()


def request(workspace: Workspace, sent: Request) -> str:
    """Who did what."""
    payload = sent.payload
    if sent.kind == "slash_commands":
        typed = _MENTION.sub(lambda found: f"@{found[1] or found[2]}", payload["text"])
        for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            typed = typed.replace(escaped, plain)
        return shortened(f"{person(workspace, payload['user_id'])}: {payload['command']} {typed}")
    if sent.kind == "events_api":
        inner = payload["event"]
        user = inner.get("user", "")
        about = person(workspace, user) if isinstance(user, str) else user.get("real_name", "")
        return shortened(f"Event {inner['type']}" + (f": {about}" if about else ""))
    who = person(workspace, payload["user"]["id"])
    return shortened(f"{who} {_interaction(payload)}")


def name(sent: Request) -> str:
    """The kind of request in Slack's word."""
    if sent.kind == "slash_commands":
        return "command"
    if sent.kind == "events_api":
        return str(sent.payload["event"]["type"])
    return str(sent.payload["type"])


def answer(got: Answer, milliseconds: int) -> str:
    """What came back, and after how long."""
    if got.trouble == "timeout":
        return f"Nobody answered in {milliseconds:,} ms"
    if got.status is None:
        return f"No connection to the bot ({milliseconds:,} ms)"
    return f"The bot answered {got.status} in {milliseconds:,} ms"


def call(workspace: Workspace, made: Call) -> str:
    """The method, and whom it reaches."""
    given = made.arguments
    reached = given.get("channel") or given.get("user_id") or given.get("users")
    if not isinstance(reached, str):
        return made.method
    return shortened(f"{made.method} → {place(workspace, reached)}")


def outcome(made: Call) -> str:
    """What Slack said to a call."""
    told = _FAULTS.get(made.outcome, made.outcome.replace("error:", "refused: "))
    return f"{told}, but it took effect" if made.performed and made.outcome != "ok" else told


def entry(workspace: Workspace, made: RecordedEntry) -> str:
    """What moved, from whom to whom."""
    kind = made.kind.replace("_", "-")
    if len(made.postings) > 1:
        total = sum(one.tokens for one in made.postings)
        return f"Entry, {kind}: {total:,} tokens in {len(made.postings)} postings"
    (posting,) = made.postings
    ends = " → ".join(account(workspace, end) for end in (posting.source, posting.destination))
    return shortened(f"Entry, {kind}: {posting.tokens:,} tokens, {ends}")


def entry_whole(workspace: Workspace, made: RecordedEntry) -> Json:
    """An entry with all its postings."""
    return {
        "entry_id": made.entry_id,
        "kind": made.kind,
        "by": person(workspace, made.actor),
        "recorded_at": made.recorded_at.isoformat(),
        "note": made.note,
        "postings": [
            {
                "from": account(workspace, one.source),
                "to": account(workspace, one.destination),
                "tokens": one.tokens,
            }
            for one in made.postings
        ],
        "reverses": made.reverses,
        "is_self_approved": made.is_self_approved,
        "idempotency_key": made.key,
    }


def notice(workspace: Workspace, owed: OwedNotice) -> str:
    """For whom it is, and what it tells."""
    kind, _, rest = owed.queue.partition(":")
    if kind == "home" and rest:
        return f"Notice: Home of {person(workspace, rest)} is out of date"
    whom = "a click" if rest else place(workspace, owed.queue)
    return shortened(f"Notice for {whom}: {_kind(owed.kind)}")


def standing(owed: OwedNotice) -> str:
    """What has become of it."""
    tries = f"{owed.attempts} {'try' if owed.attempts == 1 else 'tries'}"
    error = f": {owed.error}" if owed.error else ""
    match owed.state:
        case "waiting":
            return shortened(f"waits after {tries}{error}") if error else "waits"
        case "sent":
            return "sent" if owed.attempts <= 1 else f"sent after {tries}"
        case "dead":
            return shortened(f"could not be sent{error}")
        case _:
            return shortened(f"came too late{error}")


def mood(owed: OwedNotice) -> Mood:
    """How good that is."""
    return _MOODS.get(owed.state, "bad")


def notice_whole(owed: OwedNotice, tells: Json | None) -> Json:
    """A notice with all that is known of it; what was sent is kept no longer."""
    return {
        "notice_id": owed.notice_id,
        "kind": owed.kind,
        "for": owed.queue,
        "state": owed.state,
        "attempts": owed.attempts,
        "queued_at": owed.created_at.isoformat(),
        "ended_at": owed.ended_at.isoformat() if owed.ended_at else None,
        "error": owed.error,
        "tells": tells,
    }


def journey(moved: Journey) -> str:
    """How far a move of time has come."""
    if moved.is_under_way:
        return f"on the way, step {moved.taken} of {moved.steps}"
    if moved.is_broken_off:
        return f"stopped after {moved.taken} of {moved.steps} steps"
    wrong = len(moved.findings or ())
    return f"arrived; {wrong} things don't add up" if wrong else "arrived; the books add up"


def queues(workspace: Workspace, made: Call) -> frozenset[str]:
    """The queues of notices from which a call may come."""
    given: Json = made.arguments
    if made.method == "views.publish":
        return frozenset({f"home:{given.get('user_id')}"})
    channel: Channel | None = workspace.channels.get(str(given.get("channel")))
    partner: Any = channel.partner_id if channel else None
    found = (partner, given.get("channel"), given.get("users"))
    return frozenset(str(one) for one in found if one)


def _kind(name: str) -> str:
    return name.replace("topup", "request").replace("_", " ")


def _interaction(payload: Json) -> str:
    match payload["type"]:
        case "block_actions":
            return _action(payload["actions"][0])
        case "view_submission":
            return f"sent the form “{payload['view']['title']['text']}”"
        case "view_closed":
            return f"closed “{payload['view']['title']['text']}”"
        case "message_action" | "shortcut":
            return f"used the shortcut {payload['callback_id']}"
        case other:
            return str(other)


def _action(action: Json) -> str:
    if action["type"] == "button":
        return f"pressed “{action['text']['text']}”"
    chosen = action.get("selected_option")
    words = chosen["text"]["text"] if chosen else action["action_id"]
    return f"chose “{words}”"
