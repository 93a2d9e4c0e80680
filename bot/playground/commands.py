"""Typing into the message box: slash commands and plain messages."""

from bot.playground import messages, outcomes, payloads, texts, typed
from bot.playground.delivery import Answer, Request
from bot.playground.errors import SlackRefusal
from bot.playground.outcomes import Outcome
from bot.playground.places import Channel, Message, View
from bot.playground.stage import Stage
from bot.playground.tickets import ResponseUrl
from bot.playground.workspace import Workspace

#: Who says that a command failed.
SLACKBOT = "USLACKBOT"


def run(
    stage: Stage,
    user_id: str,
    text: str,
    *,
    channel_id: str,
    command: str,
    bot_url: str | None,
    escape: bool,
) -> Outcome:
    """Send a slash command and show its answer."""
    workspace = stage.workspace
    with workspace.reading():
        person, channel = workspace.person(user_id), _open(workspace, channel_id)
        ticket = stage.response_url(user_id, channel_id)
        fields = payloads.slash(
            workspace,
            person,
            channel,
            command=command,
            text=typed.on_the_wire(workspace, text) if escape else text,
            trigger_id=stage.trigger(user_id, channel_id=channel_id),
            response_url=stage.address(ticket),
        )
    request, answer = stage.delivery.send("slash_commands", fields, bot_url=bot_url)
    return answered(stage, request, answer, ticket)


def answered(stage: Stage, request: Request, answer: Answer, ticket: ResponseUrl) -> Outcome:
    """Show the app's answer to a command where it was typed."""
    workspace, command = stage.workspace, request.payload["command"]
    content = answer.json()
    if answer.is_good and content is None and answer.body:
        content = {"text": answer.body}
    with workspace.changing():
        if not answer.is_good:
            words = outcomes.command_failure(command, answer)
            return _failed(workspace, request, answer, ticket, words)
        if not content:
            return outcomes.of_answer(request, answer, modal=_top(workspace, ticket.user_id))
        try:
            message = messages.appear(workspace, ticket, content)
        except SlackRefusal as refusal:
            words = f'{command} failed with the error "{refusal.code}"'
            return _failed(workspace, request, answer, ticket, words)
        ticket.message_ts = message.ts
        shown = texts.of_message(workspace, message, ticket.user_id)
        return outcomes.of_answer(request, answer, shown=shown, message=message)


def say(workspace: Workspace, user_id: str, channel_id: str, text: str) -> Message:
    """A person's own message in a channel or DM."""
    with workspace.changing():
        message = Message(
            ts=workspace.next_ts(),
            channel_id=channel_id,
            author_id=workspace.person(user_id).id,
            text=typed.on_the_wire(workspace, text),
        )
        _open(workspace, channel_id).messages.append(message)
        return message


def _open(workspace: Workspace, channel_id: str) -> Channel:
    """That channel, if something can be typed there: a message or a command."""
    channel = workspace.channel(channel_id)
    if channel.is_read_only:
        raise SlackRefusal("restricted_action_read_only_channel")
    if channel.is_archived:
        raise LookupError(f"#{channel.name} is archived: nobody can type there")
    return channel


def _top(workspace: Workspace, user_id: str) -> View | None:
    stack = workspace.stack(user_id)
    return stack[-1] if stack else None


def _failed(
    workspace: Workspace, request: Request, answer: Answer, ticket: ResponseUrl, words: str
) -> Outcome:
    message = messages.whisper(workspace, ticket.user_id, ticket.channel_id, words, [])
    message.author_id = SLACKBOT
    return outcomes.of_answer(request, answer, shown=words, message=message)
