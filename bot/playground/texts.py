"""Messages and views as plain readable text, for assertions."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from bot.playground import emoji, mrkdwn
from bot.playground.charts.figure import table
from bot.playground.people import Json
from bot.playground.places import Message, View
from bot.playground.viewing import STATE_KEYS
from bot.playground.workspace import Workspace


def reader_for(workspace: Workspace, user_id: str) -> mrkdwn.Reader:
    """How this person reads texts."""
    person = workspace.people.get(user_id)
    zone = ZoneInfo(person.tz if person else "UTC")
    return mrkdwn.Reader(
        name_of=lambda some_id: name_of(workspace, some_id), zone=zone, now=workspace.clock()
    )


def name_of(workspace: Workspace, some_id: str) -> str:
    """What a person, group or channel is called; empty when nobody knows."""
    if some_id in workspace.people:
        return workspace.people[some_id].real_name
    if some_id in workspace.usergroups:
        return workspace.usergroups[some_id].handle
    channel = workspace.channels.get(some_id)
    return channel.name if channel else ""


def of_message(workspace: Workspace, message: Message, user_id: str) -> str:
    """What stands in a message: its blocks, or its text when it has none."""
    reader = reader_for(workspace, user_id)
    if not message.blocks:
        return mrkdwn.to_text(message.text, reader)
    return _lines(_block(block, reader) for block in message.blocks)


def of_view(workspace: Workspace, view: View) -> str:
    """A modal or Home tab: title, blocks with what is filled in, errors, buttons."""
    reader = reader_for(workspace, view.user_id)
    lines = [view.title] if view.kind == "modal" else []
    for block in view.blocks:
        lines.append(_block(block, reader, view))
        if block["block_id"] in view.errors:
            lines.append(f"! {view.errors[block['block_id']]}")
    if view.trouble:
        lines.append(f"! {view.trouble}")
    if view.submit:
        lines.append(f"[{view.submit}]")
    return _lines(lines)


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(text for text in texts if text)


def _text(value: Json | None, reader: mrkdwn.Reader) -> str:
    if not value:
        return ""
    if value["type"] == "mrkdwn":
        return mrkdwn.to_text(value["text"], reader)
    return emoji.replace(value["text"])


def _block(block: Json, reader: mrkdwn.Reader, view: View | None = None) -> str:
    match block["type"]:
        case "section":
            parts = [_text(block.get("text"), reader)]
            parts += [_text(field, reader) for field in block.get("fields") or []]
            if block.get("accessory"):
                parts.append(_element(block["accessory"], reader))
            return _lines(parts)
        case "header" | "alert":
            return _text(block["text"], reader)
        case "actions" | "context":
            return " ".join(_element(one, reader) for one in block["elements"])
        case "input":
            return f"{_text(block['label'], reader)}: {_typed(block, view)}"
        case "divider":
            return "---"
        case _:
            return _other(block)


def _other(block: Json) -> str:
    match block["type"]:
        case "markdown":
            return str(block["text"])
        case "table" | "data_table":
            rows = (" | ".join(_run(cell) for cell in row) for row in block["rows"])
            return _lines([str(block.get("caption") or ""), *rows])
        case "data_visualization":
            rows = (" | ".join(row) for row in table(block["chart"]))
            return _lines([f"({block['chart']['type']} chart: {block['title']})", *rows])
        case "image":
            return f"({block['alt_text']})"
        case _:
            return _run(block)


def _element(element: Json, reader: mrkdwn.Reader) -> str:
    match element["type"]:
        case "plain_text" | "mrkdwn":
            return _text(element, reader)
        case "button":
            return f"[{_text(element['text'], reader)}]"
        case "image":
            return f"({element['alt_text']})"
        case _:
            return f"[{_text(element.get('placeholder'), reader) or element['type']} ▾]"


def _typed(block: Json, view: View | None) -> str:
    element = block["element"]
    state = view.state.get(block["block_id"], {}) if view else {}
    filled = state.get(element.get("action_id", ""))
    if filled is None:
        return "____"
    value = filled.get(STATE_KEYS[element["type"]][0])
    if isinstance(value, list):
        return ", ".join(_chosen(one) for one in value) or "____"
    return _chosen(value) if value else "____"


def _chosen(value: Any) -> str:
    return str(value["text"]["text"]) if isinstance(value, dict) else str(value)


def _run(value: Any) -> str:
    """All text of a rich text or table cell."""
    if isinstance(value, list):
        return "".join(_run(one) for one in value)
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("text"), str):
        return str(value["text"])
    if value.get("type") == "user":
        return f"@{value['user_id']}"
    return "".join(_run(one) for one in value.values())


def summary(workspace: Workspace) -> str:
    """What every person sees, for a test that failed."""
    lines: list[str] = []
    with workspace.reading():
        for channel in workspace.channels.values():
            seen = [*channel.messages]
            seen += [one for one in workspace.ephemerals if one.channel_id == channel.id]
            for message in seen:
                to = f" (only {message.only_for})" if message.only_for else ""
                text = of_message(workspace, message, "")
                lines.append(f"{channel.id}{to} {message.author_id}: {text}")
        for stack in workspace.modals.values():
            lines += [f"modal of {view.user_id}: {of_view(workspace, view)}" for view in stack]
    return "\n".join(lines)
