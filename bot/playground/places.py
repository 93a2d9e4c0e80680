"""What a workspace is made of: channels, messages and views."""

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["channel", "private", "im"]
ViewKind = Literal["modal", "home"]


@dataclass(slots=True, eq=False)
class Message:
    """One message; with `only_for` it is ephemeral and one person sees it."""

    ts: str
    channel_id: str
    author_id: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    only_for: str | None = None
    metadata: Json | None = None
    thread_ts: str | None = None
    edited_ts: str | None = None
    #: Values chosen in selects of this message, as Slack sends them in `state`.
    state: dict[str, Json] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int]:
        """Where it stands among others: by its whole seconds, then its millionths."""
        return order_of(self.ts)

    def as_json(self, bot_user_id: str, bot_id: str, team_id: str) -> Json:
        """The message object of Slack's API."""
        body: Json = {
            "type": "message",
            "ts": self.ts,
            "user": self.author_id,
            "text": self.text,
            "team": team_id,
        }
        if self.author_id == bot_user_id:
            body["bot_id"] = bot_id
        if self.blocks:
            body["blocks"] = self.blocks
        if self.metadata:
            body["metadata"] = self.metadata
        if self.thread_ts:
            body["thread_ts"] = self.thread_ts
        if self.edited_ts:
            body["edited"] = {"user": self.author_id, "ts": self.edited_ts}
        return body


@dataclass(slots=True, eq=False)
class Channel:
    """A channel, or a direct message (`kind` im); `partner_id` is whose with the bot it is."""

    id: str
    name: str
    kind: ChannelKind = "channel"
    members: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)
    partner_id: str | None = None
    is_archived: bool = False

    @property
    def is_read_only(self) -> bool:
        """Whether people only read here: the app's messages, as its manifest has it."""
        return self.partner_id is not None

    @property
    def shown_name(self) -> str:
        """What Slack calls it in payloads: those of private conversations bear no name."""
        return {"im": "directmessage", "private": "privategroup"}.get(self.kind, self.name)

    def find(self, ts: str) -> Message | None:
        return next((one for one in reversed(self.messages) if one.ts == ts), None)

    def partner_of(self, user_id: str) -> str:
        """Whom this person talks to in a direct message of people; empty elsewhere."""
        if self.kind != "im" or self.partner_id is not None:
            return ""
        return next((one for one in sorted(self.members) if one != user_id), user_id)

    def as_json(self) -> Json:
        """The channel object of Slack's API."""
        body: Json = {
            "id": self.id,
            "is_im": self.kind == "im",
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "private",
            "is_private": self.kind != "channel",
            "is_archived": self.is_archived,
            "created": 1_700_000_000,
        }
        if self.kind == "im":
            return body | {"user": self.partner_id}
        return body | {"name": self.name, "num_members": len(self.members)}


@dataclass(slots=True, eq=False)
class View:
    """A modal or a Home tab as Slack keeps it, with what the person filled in."""

    id: str
    user_id: str
    kind: ViewKind
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    state: dict[str, Json] = field(default_factory=dict)
    #: Words under fields, by block_id, and above the buttons.
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.body["blocks"]
        return blocks

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        return str(self.body.get("private_metadata", ""))

    @property
    def title(self) -> str:
        return _words(self.body.get("title"))

    @property
    def submit(self) -> str:
        return _words(self.body.get("submit"))

    def as_json(self, team_id: str, app_id: str, bot_id: str) -> Json:
        """The view object of Slack's API."""
        return {
            "id": self.id,
            "team_id": team_id,
            "type": self.kind,
            "callback_id": self.callback_id,
            "private_metadata": self.private_metadata,
            "state": {"values": self.state},
            "hash": self.hash,
            "title": self.body.get("title") or {"type": "plain_text", "text": "View Title"},
            "submit": self.body.get("submit"),
            "close": self.body.get("close"),
            "blocks": self.blocks,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
            "app_id": app_id,
            "external_id": self.body.get("external_id", ""),
            "app_installed_team_id": team_id,
            "bot_id": bot_id,
            "clear_on_close": bool(self.body.get("clear_on_close")),
            "notify_on_close": bool(self.body.get("notify_on_close")),
        }


def order_of(ts: str) -> tuple[int, int]:
    """A message's timestamp as something that can be compared."""
    seconds, _, micros = ts.partition(".")
    return int(seconds), int(micros or 0)


def _words(plain: Json | None) -> str:
    return str(plain["text"]) if plain else ""
