"""Slack's dicts in, typed values out, for the workspace that Bolt has authorised."""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.directory import Person, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import MessageRef
from bot.domain.topups import Urgency
from bot.slack import underneath
from bot.slack.ids import Field
from bot.slack.underneath import Panel

_WORD = re.compile(r"<[^<>]*>|[^\s<]+|<")
_PIECE = re.compile(r"<[^<>]*>|[^<]+|<")
_MARKUP = re.compile(r"<([@#!]?).*", re.DOTALL)
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_USERGROUP = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|@?([^>]*))?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody typed after `/tokens`: the first word, and the rest as Slack sent it."""

    workspace_id: WorkspaceId
    user_id: UserId
    verb: str
    words: tuple[str, ...]
    trigger_id: str
    #: All of it, still as Slack escaped it.
    raw: str = ""
    response_url: str = ""
    #: Where it was typed.
    channel_id: str = ""
    #: Where programs reach us; empty where nobody said.
    address: str = ""

    @property
    def key(self) -> IdempotencyKey:
        """Slack makes a trigger for each command typed; the same command sent again keeps it."""
        return IdempotencyKey(f"command:{self.trigger_id}")

    @property
    def text(self) -> str:
        """What follows the first word, as the person saw it, with its lines and spaces."""
        first = words_of(self.raw)[:1]
        return typed(self.raw.strip()[len(first[0]) :].strip()) if first else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A button that somebody pressed, in a message, in a form, or on their Home tab."""

    workspace_id: WorkspaceId
    user_id: UserId
    action_id: str
    value: str
    trigger_id: str
    response_url: str | None
    #: The message that holds the button, unless it was ephemeral.
    message: MessageRef | None
    #: The form that holds it.
    modal_id: str | None
    #: The panel of teams that this form is, or that lies under it.
    panel: Panel | None = None
    #: What the form that holds it carries, and what stands in its fields.
    metadata: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A form that somebody sent."""

    workspace_id: WorkspaceId
    user_id: UserId
    view_id: str
    callback_id: str
    metadata: str
    fields: Mapping[str, Any]
    #: The panel of teams under it.
    panel: Panel | None = None

    @property
    def key(self) -> IdempotencyKey:
        """A form opened once is one wish, however often it is sent."""
        return IdempotencyKey(f"modal:{self.view_id}")

    def text(self, field: Field) -> str:
        """What was typed into a text field; empty when nothing was."""
        return str(self._element(field).get("value") or "")

    def people(self, field: Field) -> tuple[UserId, ...]:
        """Who was selected."""
        element = self._element(field)
        chosen = element.get("selected_users") or [element.get("selected_user")]
        return tuple(UserId(user_id) for user_id in chosen if user_id)

    def conversation(self, field: Field) -> str:
        """The channel that was selected; empty when none was."""
        return str(self._element(field).get("selected_conversation") or "")

    def urgency(self) -> Urgency:
        """The chosen urgency; `WHENEVER` when none was."""
        option = self._element(Field.URGENCY).get("selected_option") or {}
        return Urgency(option.get("value") or Urgency.WHENEVER)

    def choice(self, field: Field) -> str:
        """The value of the option chosen from a menu or of several; empty when none was."""
        option = self._element(field).get("selected_option") or {}
        return str(option.get("value") or "")

    def choices(self, field: Field) -> frozenset[str]:
        """The values of the boxes that were ticked."""
        options = self._element(field).get("selected_options") or []
        return frozenset(str(option.get("value")) for option in options)

    def day(self, field: Field) -> str:
        """The day picked, as in 2026-12-01; empty when none was."""
        return str(self._element(field).get("selected_date") or "")

    def has(self, field: Field) -> bool:
        return field in self.fields

    def _element(self, field: Field) -> Mapping[str, Any]:
        return next(iter(self.fields.get(field, {}).values()), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that Slack tells of; the same one may come up to four times."""

    workspace_id: WorkspaceId
    event_id: str
    inner: Mapping[str, Any]


def command(form: Mapping[str, Any], workspace_id: WorkspaceId, address: str = "") -> Command:
    """From the form of a slash command."""
    raw = str(form.get("text") or "")
    words = words_of(raw)
    return Command(
        workspace_id=workspace_id,
        user_id=UserId(form["user_id"]),
        verb=_verb(words),
        words=words[1:],
        trigger_id=form["trigger_id"],
        raw=raw,
        response_url=str(form.get("response_url") or ""),
        channel_id=str(form.get("channel_id") or ""),
        address=address,
    )


def verb(form: Mapping[str, Any]) -> str:
    """The first word of a slash command, in lower case; empty where there is none."""
    return _verb(words_of(str(form.get("text") or "")))


def app_of(body: Mapping[str, Any]) -> str:
    """The id of the app that a request of Slack's is for."""
    return str(body.get("api_app_id") or "")


def click(body: Mapping[str, Any], workspace_id: WorkspaceId) -> Click:
    """From a `block_actions` payload."""
    action = body["actions"][0]
    container = body.get("container") or {}
    view = body.get("view") or {}
    channel, ts = container.get("channel_id"), container.get("message_ts")
    is_kept = bool(channel and ts) and not container.get("is_ephemeral")
    return Click(
        workspace_id=workspace_id,
        user_id=UserId(body["user"]["id"]),
        action_id=str(action["action_id"]),
        value=str(action.get("value") or ""),
        trigger_id=str(body.get("trigger_id") or ""),
        response_url=body.get("response_url"),
        message=MessageRef(channel=str(channel), ts=str(ts)) if is_kept else None,
        modal_id=view.get("id") if view.get("type") == "modal" else None,
        panel=underneath.panel(view) if view.get("type") == "modal" else None,
        metadata=str(view.get("private_metadata") or ""),
        fields=(view.get("state") or {}).get("values") or {},
    )


def submission(body: Mapping[str, Any], workspace_id: WorkspaceId) -> Submission:
    """From a `view_submission` payload."""
    view = body["view"]
    return Submission(
        workspace_id=workspace_id,
        user_id=UserId(body["user"]["id"]),
        view_id=view["id"],
        callback_id=view["callback_id"],
        metadata=view.get("private_metadata") or "",
        fields=(view.get("state") or {}).get("values") or {},
        panel=underneath.panel(view),
    )


def event(body: Mapping[str, Any], workspace_id: WorkspaceId) -> Event:
    """From an `event_callback`."""
    return Event(
        workspace_id=workspace_id,
        event_id=str(body["event_id"]),
        inner=body["event"],
    )


def user_of(body: Mapping[str, Any]) -> UserId:
    """Who did it; empty for an event of nobody's doing."""
    user = body.get("user")
    return UserId(str(user.get("id") or "") if user else str(body.get("user_id") or ""))


def person(user: Mapping[str, Any], workspace_id: WorkspaceId) -> Person:
    """From a user object; every field but the id may be missing."""
    profile = user.get("profile") or {}
    grid = user.get("enterprise_user") or {}
    home = user.get("team_id") or workspace_id
    is_here = home == workspace_id or workspace_id in (grid.get("teams") or [])
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"))
    return Person(
        user_id=UserId(user["id"]),
        name=next((name for name in names if name), str(user.get("name") or "")),
        email=profile.get("email"),
        zone=user.get("tz"),
        is_admin=bool(user.get("is_admin") or user.get("is_owner")),
        is_bot=bool(user.get("is_bot") or user.get("is_workflow_bot")),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_foreign=bool(user.get("is_stranger")) or not is_here,
        is_deactivated=bool(user.get("deleted")),
    )


def words_of(text: str) -> tuple[str, ...]:
    """The words of a command, still as Slack escaped them; a mention is one word.

    No-break spaces part words too.
    """
    return tuple(_WORD.findall(text))


def mention(word: str) -> UserId | None:
    """The person whom a word mentions."""
    found = _MENTION.fullmatch(word)
    return UserId(found[1]) if found else None


def usergroup(word: str) -> tuple[str, str] | None:
    """The id and the handle of the user group that a word mentions."""
    found = _USERGROUP.fullmatch(word)
    return (found[1], html.unescape(found[2] or found[1])) if found else None


def as_typed(word: str) -> str:
    """A word as the person saw it: mentions, channels and links by their names.

    A raw `<` is always Slack's own markup, since what people type comes escaped.
    """
    if not word.startswith("<"):
        return html.unescape(word)
    sign, body = _MARKUP.sub(r"\1", word), word.strip("<>@#!")
    return html.unescape(sign + (body.partition("|")[2] or body))


def typed(text: str) -> str:
    """A whole text as the person saw it."""
    return "".join(map(as_typed, _PIECE.findall(text)))


def metadata(text: str) -> dict[str, str]:
    """What a form of ours carries along."""
    fields: dict[str, str] = json.loads(text)
    return fields


def _verb(words: Sequence[str]) -> str:
    return as_typed(words[0]).lower() if words else ""
