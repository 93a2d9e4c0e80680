"""Clicking buttons and choosing from menus, in messages, modals and Home."""

from collections.abc import Sequence

from bot.playground import finding, outcomes, payloads, picks, texts
from bot.playground.finding import Found
from bot.playground.outcomes import CONNECTING, Outcome
from bot.playground.people import Json
from bot.playground.places import Message, View
from bot.playground.stage import Stage

TYPED = frozenset({"plain_text_input", "number_input", "email_text_input", "url_text_input"})


def click(stage: Stage, user_id: str, found: Found, *, bot_url: str | None) -> Outcome:
    """Press a button."""
    element = found.element
    action: Json = {"type": "button", "text": element["text"]}
    for name in ("value", "style"):
        if element.get(name):
            action[name] = element[name]
    return _act(stage, user_id, found, action, bot_url=bot_url)


def choose(
    stage: Stage,
    user_id: str,
    found: Found,
    value: picks.Value | Sequence[picks.Value] | None,
    *,
    bot_url: str | None,
) -> Outcome:
    """Choose in a menu, tick boxes, or pick a date."""
    element = found.element
    if element["type"] == "overflow":
        chosen = finding.option(element, str(value))
        action: Json = {"type": "overflow", "selected_option": chosen}
    else:
        given = picks.picked(stage.workspace, user_id, element, value)
        action = finding.filled(element, given)
        with stage.workspace.changing():
            state = found.container.state
            state.setdefault(found.block["block_id"], {})[element["action_id"]] = dict(action)
    if found.block["type"] == "input" and not found.block.get("dispatch_action"):
        return Outcome(status=None)
    return _act(stage, user_id, found, action, bot_url=bot_url)


def _act(stage: Stage, user_id: str, found: Found, action: Json, *, bot_url: str | None) -> Outcome:
    workspace = stage.workspace
    action |= {
        "action_id": found.element["action_id"],
        "block_id": found.block["block_id"],
    }
    with workspace.changing():
        action["action_ts"] = workspace.next_ts()
        payload = _payload(stage, user_id, found.container, action)
    request, answer = stage.delivery.send("interactive", payload, bot_url=bot_url)
    with workspace.changing():
        shown = "" if answer.is_good else CONNECTING
        if isinstance(found.container, View):
            found.container.trouble = shown
        elif shown:
            stage.workspace.troubles[user_id, found.container.ts] = shown
        stack = workspace.stack(user_id)
        modal = stack[-1] if stack else None
        return outcomes.of_answer(request, answer, shown=shown, modal=modal)


def _payload(stage: Stage, user_id: str, container: Message | View, action: Json) -> Json:
    workspace = stage.workspace
    person = workspace.person(user_id)
    fields: Json = {"actions": [action]}
    if isinstance(container, View):
        view_id = container.id if container.kind == "modal" else None
        fields["trigger_id"] = stage.trigger(user_id, view_id)
        fields |= payloads.in_view(workspace, container)
    else:
        fields["trigger_id"] = stage.trigger(user_id, channel_id=container.channel_id)
        ticket = stage.response_url(user_id, container.channel_id, container.ts)
        fields["response_url"] = stage.address(ticket)
        channel = workspace.channel(container.channel_id)
        fields |= payloads.in_message(workspace, container, channel)
    return payloads.interaction(workspace, "block_actions", person, **fields)


def shortcut(stage: Stage, user_id: str, callback_id: str, *, bot_url: str | None) -> Outcome:
    """Use a global shortcut."""
    workspace = stage.workspace
    with workspace.reading():
        payload = payloads.interaction(
            workspace,
            "shortcut",
            workspace.person(user_id),
            callback_id=callback_id,
            trigger_id=stage.trigger(user_id),
            action_ts=workspace.next_ts(),
        )
    return _shortcut_sent(stage, user_id, payload, bot_url)


def message_shortcut(
    stage: Stage, user_id: str, callback_id: str, message: Message, *, bot_url: str | None
) -> Outcome:
    """Use a shortcut from a message's menu."""
    workspace = stage.workspace
    with workspace.reading():
        channel = workspace.channel(message.channel_id)
        ticket = stage.response_url(user_id, channel.id, message.ts)
        payload = payloads.interaction(
            workspace,
            "message_action",
            workspace.person(user_id),
            callback_id=callback_id,
            trigger_id=stage.trigger(user_id),
            action_ts=workspace.next_ts(),
            message_ts=message.ts,
            message=workspace.message_json(message),
            channel={"id": channel.id, "name": channel.shown_name},
            response_url=stage.address(ticket),
        )
    return _shortcut_sent(stage, user_id, payload, bot_url)


def _shortcut_sent(stage: Stage, user_id: str, payload: Json, bot_url: str | None) -> Outcome:
    request, answer = stage.delivery.send("interactive", payload, bot_url=bot_url)
    with stage.workspace.reading():
        stack = stage.workspace.stack(user_id)
        shown = "" if answer.is_good else CONNECTING
        if stack and not shown:
            shown = texts.of_view(stage.workspace, stack[-1])
        modal = stack[-1] if stack else None
        return outcomes.of_answer(request, answer, shown=shown, modal=modal)
