"""Opening, replacing and closing views, and what is filled in them."""

import hashlib
import json
from collections.abc import Iterator

from bot.playground import picks
from bot.playground.blocks import surfaces
from bot.playground.errors import SlackRefusal
from bot.playground.places import Json, View, ViewKind
from bot.playground.workspace import Workspace

STACK_MAX = 3
VIEW_BYTES_MAX = 250_000

#: What an element calls its value in `state`, and its initial value in the view.
STATE_KEYS = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
}
LISTS = frozenset(
    {"selected_options", "selected_users", "selected_conversations", "selected_channels"}
)


def check(view: Json, kind: ViewKind) -> Json:
    """The view as Slack takes it in: legal, with ids where the app gave none."""
    if len(json.dumps(view).encode()) > VIEW_BYTES_MAX:
        raise SlackRefusal("view_too_large")
    problems = surfaces.problems(kind, view)
    if problems:
        raise SlackRefusal("invalid_arguments", *problems)
    return view | {"blocks": with_ids(view["blocks"])}


def with_ids(blocks: list[Json]) -> list[Json]:
    """The blocks with the block and action ids that Slack makes up."""
    named: list[Json] = []
    for place, block in enumerate(blocks):
        copy = json.loads(json.dumps(block))
        seed = f"{place}{json.dumps(block, sort_keys=True)}"
        copy.setdefault("block_id", _made_up(seed))
        for nth, element in enumerate(elements(copy)):
            if element["type"] != "image" and not element.get("action_id"):
                element["action_id"] = _made_up(f"{seed}{nth}")
        named.append(copy)
    return named


def elements(block: Json) -> list[Json]:
    """The interactive elements of a block."""
    match block["type"]:
        case "actions":
            found: list[Json] = block["elements"]
        case "input":
            found = [block["element"]]
        case "section":
            found = [block["accessory"]] if block.get("accessory") else []
        case _:
            found = []
    return found


def stateful(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each block and element of it that keeps a value."""
    for block in blocks:
        for element in elements(block):
            if element["type"] in STATE_KEYS:
                yield block, element


def initial_state(blocks: list[Json], kept: dict[str, Json] | None = None) -> dict[str, Json]:
    """What stands in each field: what was typed where the ids stayed, else the initial value."""
    state: dict[str, Json] = {}
    for block, element in stateful(blocks):
        block_id, action_id = block["block_id"], element["action_id"]
        known = (kept or {}).get(block_id, {}).get(action_id)
        if known is None or known["type"] != element["type"]:
            key, initial = STATE_KEYS[element["type"]]
            empty: list[Json] | None = [] if key in LISTS else None
            known = {"type": element["type"], key: element.get(initial, empty)}
        state.setdefault(block_id, {})[action_id] = known
    return state


def open_modal(
    workspace: Workspace, user_id: str, body: Json, channel_id: str | None = None
) -> View:
    """A new stack with this view, opened from that channel; what was open goes away."""
    stack = workspace.stack(user_id)
    accepted = check(body, "modal")
    _refuse_taken_external_id(workspace, accepted, None)
    stack.clear()
    view = _new(workspace, user_id, "modal", accepted)
    _choose_current(workspace, view, channel_id)
    stack.append(view)
    return view


def push_modal(workspace: Workspace, user_id: str, body: Json) -> View:
    """One more view on top."""
    stack = workspace.stack(user_id)
    if not stack:
        raise SlackRefusal("not_found")
    if len(stack) >= STACK_MAX:
        raise SlackRefusal("push_limit_reached")
    accepted = check(body, "modal")
    _refuse_taken_external_id(workspace, accepted, None)
    view = _new(workspace, user_id, "modal", accepted)
    view.root_id, view.previous_id = stack[0].id, stack[-1].id
    stack.append(view)
    return view


def update(workspace: Workspace, view: View, body: Json, expected_hash: str | None) -> View:
    """Another content for a view that is open or published."""
    accepted = check(body, view.kind)
    if expected_hash and expected_hash != view.hash:
        raise SlackRefusal("hash_conflict")
    _refuse_taken_external_id(workspace, accepted, view)
    view.state = initial_state(accepted["blocks"], view.state)
    view.body, view.hash = accepted, _hash(workspace)
    view.errors, view.trouble = {}, ""
    return view


def publish_home(workspace: Workspace, user_id: str, body: Json, expected_hash: str | None) -> View:
    """A person's Home tab."""
    known = workspace.homes.get(user_id)
    if known is not None:
        return update(workspace, known, body, expected_hash)
    accepted = check(body, "home")
    if expected_hash:
        raise SlackRefusal("hash_conflict")
    view = _new(workspace, user_id, "home", accepted)
    workspace.homes[user_id] = view
    return view


def _new(workspace: Workspace, user_id: str, kind: ViewKind, accepted: Json) -> View:
    view_id = f"V{workspace.next_number():08d}"
    return View(
        id=view_id,
        user_id=user_id,
        kind=kind,
        body=accepted,
        hash=_hash(workspace),
        root_id=view_id,
        state=initial_state(accepted["blocks"]),
    )


def _choose_current(workspace: Workspace, view: View, channel_id: str | None) -> None:
    """Fill in where the person is, in menus of conversations that ask for it and offer it."""
    for block, element in stateful(view.blocks):
        if not element.get("default_to_current_conversation"):
            continue
        offered = {some_id for some_id, _ in picks.offered(workspace, view.user_id, element)}
        if channel_id in offered:
            key, _ = STATE_KEYS[element["type"]]
            chosen = [channel_id] if key in LISTS else channel_id
            view.state[block["block_id"]][element["action_id"]][key] = chosen


def _refuse_taken_external_id(workspace: Workspace, body: Json, mine: View | None) -> None:
    wanted = body.get("external_id")
    if not wanted:
        return
    others = [view for stack in workspace.modals.values() for view in stack]
    others += workspace.homes.values()
    if any(view is not mine and view.body.get("external_id") == wanted for view in others):
        raise SlackRefusal("duplicate_external_id")


def _hash(workspace: Workspace) -> str:
    return f"{int(workspace.clock().timestamp())}.{workspace.next_number():08x}"


def _made_up(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()[:8]
