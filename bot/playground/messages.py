"""The bot's messages: made, changed, and checked as Slack does."""

from typing import Any

from bot.playground.blocks import surfaces
from bot.playground.blocks.checks import complaint
from bot.playground.errors import SlackRefusal
from bot.playground.places import Json, Message
from bot.playground.tickets import ResponseUrl
from bot.playground.viewing import initial_state, with_ids
from bot.playground.workspace import Workspace

#: Longer texts of new messages are cut.
TEXT_MAX = 40_000


def whisper(
    workspace: Workspace, user_id: str, channel_id: str, text: str, blocks: list[Json]
) -> Message:
    """A message of the bot that one person sees."""
    message = Message(
        ts=workspace.next_ts(),
        channel_id=channel_id,
        author_id=workspace.bot.id,
        text=text[:TEXT_MAX],
        blocks=blocks,
        only_for=user_id,
        state=initial_state(blocks),
    )
    workspace.ephemerals.append(message)
    return message


def rewrite(workspace: Workspace, message: Message, text: str, blocks: list[Json]) -> None:
    """Change what a message says; text alone takes its blocks away."""
    message.text = text or message.text
    message.blocks = blocks
    message.state = initial_state(blocks, message.state)
    if not blocks:
        message.edited_ts = workspace.next_ts()


def appear(workspace: Workspace, ticket: ResponseUrl, content: Json) -> Message:
    """A message of the app from an ack's or response URL's JSON: ephemeral unless it says not."""
    text, blocks = legal_content(workspace, content)
    if content.get("response_type") != "in_channel":
        return whisper(workspace, ticket.user_id, ticket.channel_id, text, blocks)
    message = Message(
        ts=workspace.next_ts(),
        channel_id=ticket.channel_id,
        author_id=workspace.bot.id,
        text=text,
        blocks=blocks,
        state=initial_state(blocks),
    )
    workspace.channel(ticket.channel_id).messages.append(message)
    return message


def legal_content(workspace: Workspace, content: Json) -> tuple[str, list[Json]]:
    """Text and blocks of an answer, or Slack's refusal of them."""
    text, blocks = content.get("text") or "", content.get("blocks") or []
    if not isinstance(text, str) or not (text.strip() or blocks):
        raise SlackRefusal("no_text")
    legal(workspace, blocks)
    return text, with_ids(blocks)


def legal(workspace: Workspace, payload: Any) -> None:
    """Refuse a message's blocks as Slack does."""
    found = surfaces.problems("message", payload) or _unknown(workspace, payload)
    if not found:
        return
    if any(one.startswith(surfaces.TWO_TABLES) for one in found):
        raise SlackRefusal("invalid_attachments", *found)
    if any(one.startswith(surfaces.TOO_LONG) for one in found):
        raise SlackRefusal("msg_blocks_too_long", *found)
    raise SlackRefusal("invalid_blocks", *found)


def _unknown(workspace: Workspace, payload: Any) -> list[str]:
    """Complaints about blocks, legal elsewhere, that this Slack was told not to know."""
    blocks = payload.get("blocks") if isinstance(payload, dict) else payload
    return [
        complaint(f"unsupported type: {one['type']}", f"/blocks/{nth}/type")
        for nth, one in enumerate(blocks or [])
        if workspace.refuses_block(one["type"])
    ]
