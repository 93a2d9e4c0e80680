"""What the app sends to a response URL."""

from bot.playground import messages
from bot.playground.errors import SlackRefusal
from bot.playground.people import Json
from bot.playground.places import Message
from bot.playground.tickets import ResponseUrl
from bot.playground.workspace import Workspace


def take(workspace: Workspace, token: str, content: Json) -> None:
    """Spend a use of the URL and do what was asked; Slack's refusal if it may not be."""
    with workspace.changing():
        ticket = workspace.tickets.use(token, workspace.clock())
        original = _original(workspace, ticket)
        if content.get("delete_original"):
            _delete(workspace, original)
        elif content.get("replace_original") and original is not None:
            text, blocks = messages.legal_content(workspace, content)
            messages.rewrite(workspace, original, text, blocks)
        else:
            message = messages.appear(workspace, ticket, content)
            ticket.message_ts = ticket.message_ts or message.ts


def _original(workspace: Workspace, ticket: ResponseUrl) -> Message | None:
    known = [*workspace.ephemerals, *workspace.channel(ticket.channel_id).messages]
    return next((one for one in known if one.ts == ticket.message_ts), None)


def _delete(workspace: Workspace, original: Message | None) -> None:
    if original is None:
        raise SlackRefusal("no_original")
    if original.only_for:
        workspace.ephemerals.remove(original)
    else:
        workspace.channel(original.channel_id).messages.remove(original)
