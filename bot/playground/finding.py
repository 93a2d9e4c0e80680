"""Finding the button, menu or field that a person means by its words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.playground import viewing
from bot.playground.people import Json
from bot.playground.places import Message, View
from bot.playground.workspace import Workspace

Container = Message | View
Where = Message | View | str


@dataclass(frozen=True, slots=True)
class Found:
    """An element, with the block and the message or view it is in."""

    container: Container
    block: Json
    element: Json


def containers(workspace: Workspace, user_id: str, where: Where) -> list[Container]:
    """What the person may act on at that place, newest first.

    Places: `home`, `modal`, `dm`, `ephemeral`, a channel's id, a message, or a view.
    """
    if isinstance(where, Message):
        newest = workspace.channel(where.channel_id).find(where.ts)
        return [newest or where]
    if isinstance(where, View):
        return [where]
    if where == "home":
        return [workspace.homes[user_id]] if user_id in workspace.homes else []
    if where == "modal":
        return list(workspace.stack(user_id)[-1:])
    if where == "ephemeral":
        mine = [one for one in workspace.ephemerals if one.only_for == user_id]
        return list(reversed(mine))
    channel_id = workspace.dm_with(user_id).id if where == "dm" else where
    return list(reversed(workspace.visible(channel_id, user_id)))


def element(
    workspace: Workspace, user_id: str, where: Where, words: str, value: str | None = None
) -> Found:
    """The newest element with that text, label, placeholder or action_id."""
    seen: list[str] = []
    for found in _elements(containers(workspace, user_id, where)):
        names = _names(found)
        if words in names and value in {None, found.element.get("value")}:
            return found
        seen.append(names[0])
    raise LookupError(f"nothing called {words!r} for {user_id} in {where!r}; there is {seen}")


def message_element(message: Container, block_id: str, action_id: str) -> Found:
    """The element with exactly these ids."""
    for found in _elements([message]):
        if (found.block["block_id"], found.element["action_id"]) == (block_id, action_id):
            return found
    raise LookupError(f"no element {action_id!r} in block {block_id!r}")


def option(element_: Json, words: str) -> Json:
    """The option with that text or value."""
    options = list(element_.get("options") or [])
    for group in element_.get("option_groups") or []:
        options += group["options"]
    for one in options:
        if words in {one["value"], one["text"]["text"]}:
            chosen: Json = one
            return chosen
    raise LookupError(f"no option {words!r} in {[one['text']['text'] for one in options]}")


def filled(element_: Json, value: str | Sequence[str] | None) -> Json:
    """What `state` says of an element once a person gave it that value."""
    kind = element_["type"]
    key, _ = viewing.STATE_KEYS[kind]
    state: Json = {"type": kind}
    if key in viewing.LISTS:
        given = [value] if isinstance(value, str) else list(value or [])
        chosen = [option(element_, one) for one in given] if key == "selected_options" else given
        return state | {key: chosen}
    if not value:
        return state | {key: None}
    if not isinstance(value, str):
        raise TypeError(f"{kind} takes one value, not {value!r}")
    return state | {key: option(element_, value) if key == "selected_option" else value}


def _elements(found_in: Sequence[Container]) -> Iterator[Found]:
    for container in found_in:
        for block in container.blocks:
            for one in viewing.elements(block):
                if one["type"] != "image":
                    yield Found(container, block, one)


def _names(found: Found) -> list[str]:
    one = found.element
    texts = [one.get("text"), one.get("placeholder"), found.block.get("label")]
    names = [text["text"] for text in texts if text]
    return [*names, one["action_id"], *filter(None, [one.get("accessibility_label")])]
