"""chat.* and blocks.validate."""

from bot.playground import messages
from bot.playground.errors import SlackRefusal
from bot.playground.people import Json
from bot.playground.places import Channel, Message
from bot.playground.viewing import check, initial_state, with_ids
from bot.playground.web_api import conversations
from bot.playground.web_api.arguments import Arguments
from bot.playground.workspace import Workspace

#: Longer texts are cut when a message is new, and refused when it is updated.
UPDATED_TEXT_MAX = 4000


def post_message(workspace: Workspace, arguments: Arguments) -> Json:
    channel = _target(workspace, arguments.text("channel"))
    text, blocks = _content(workspace, arguments)
    message = Message(
        ts=workspace.next_ts(),
        channel_id=channel.id,
        author_id=workspace.bot.id,
        text=text[: messages.TEXT_MAX],
        blocks=blocks,
        metadata=_metadata(arguments),
        thread_ts=arguments.maybe_text("thread_ts"),
        state=initial_state(blocks),
    )
    channel.messages.append(message)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": workspace.message_json(message),
    }


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> Json:
    channel = _target(workspace, arguments.text("channel"))
    user_id = arguments.text("user")
    if user_id not in channel.members:
        raise SlackRefusal("user_not_in_channel")
    text, blocks = _content(workspace, arguments)
    message = messages.whisper(workspace, user_id, channel.id, text, blocks)
    return {"message_ts": message.ts}


def update(workspace: Workspace, arguments: Arguments) -> Json:
    channel, message = _own_message(workspace, arguments, "cant_update_message")
    text = arguments.maybe_text("text")
    if text and len(text) > UPDATED_TEXT_MAX:
        raise SlackRefusal("msg_too_long")
    if text is None and arguments.json("blocks", "invalid_blocks_format") is None:
        raise SlackRefusal("no_text")
    new_text, blocks = _content(workspace, arguments)
    messages.rewrite(workspace, message, new_text, blocks)
    if "metadata" in arguments.given:
        message.metadata = _metadata(arguments)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": workspace.message_json(message),
    }


def delete(workspace: Workspace, arguments: Arguments) -> Json:
    channel, message = _own_message(workspace, arguments, "cant_delete_message")
    channel.messages.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def validate(workspace: Workspace, arguments: Arguments) -> Json:
    """blocks.validate: of blocks, of a message, or of a view."""
    view = arguments.json("view")
    if isinstance(view, dict):
        check(view, "home" if view.get("type") == "home" else "modal")
        return {}
    message = arguments.json("message")
    messages.legal(
        workspace, message if isinstance(message, dict) else arguments.json("blocks") or []
    )
    return {}


def _content(workspace: Workspace, arguments: Arguments) -> tuple[str, list[Json]]:
    text = arguments.maybe_text("text") or ""
    blocks = arguments.json("blocks", "invalid_blocks_format")
    if blocks is not None and not isinstance(blocks, list):
        raise SlackRefusal("invalid_blocks_format")
    if not text.strip() and not blocks:
        if blocks == [] and "ts" in arguments.given:
            return "", []
        raise SlackRefusal("no_text")
    messages.legal(workspace, blocks or [])
    return text, with_ids(blocks or [])


def _metadata(arguments: Arguments) -> Json | None:
    metadata = arguments.json("metadata", "invalid_metadata_format")
    if not metadata:
        return None
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise SlackRefusal("invalid_metadata_format")
    return metadata


def _target(workspace: Workspace, wanted: str) -> Channel:
    """The channel of an id or name; a user id means the DM."""
    if wanted in workspace.people:
        return conversations.dm(workspace, [wanted])
    named = workspace.channel_named(wanted.removeprefix("#"))
    channel = conversations.seen(workspace, named.id if named else wanted)
    if channel.is_archived:
        raise SlackRefusal("is_archived")
    if workspace.bot.id not in channel.members and "chat:write.public" not in workspace.scopes:
        raise SlackRefusal("not_in_channel")
    return channel


def _own_message(
    workspace: Workspace, arguments: Arguments, not_own: str
) -> tuple[Channel, Message]:
    channel = conversations.seen(workspace, arguments.text("channel"))
    message = channel.find(arguments.text("ts"))
    if message is None:
        raise SlackRefusal("message_not_found")
    if message.author_id != workspace.bot.id:
        raise SlackRefusal(not_own)
    return channel, message
