"""Which blocks a message, a modal and a Home tab may hold.

`problems(surface, payload)` is a pure function: tests of renderers may call it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from bot.playground.blocks import elements, objects, rich_text, tables
from bot.playground.blocks.checks import (
    Check,
    Json,
    anything,
    boolean,
    by_type,
    complaint,
    every,
    items,
    one_of,
    rule,
    shape,
    string,
)

Surface = Literal["message", "modal", "home"]

MESSAGE_BLOCKS_MAX = 50
VIEW_BLOCKS_MAX = 100
#: Legal blocks whose texts together pass this fail with msg_blocks_too_long (seen by others).
MESSAGE_TEXT_MAX = 13_200
MARKDOWN_MAX = 12_000
CHARTS_MAX = 2
PRIVATE_METADATA_MAX = 3000
#: Complaints that Slack answers with an error code of their own.
TWO_TABLES = "only_one_table_allowed"
TOO_LONG = "msg_blocks_too_long"
_COUNTED_APART = frozenset({"table", "data_table", "markdown"})
MODAL_WORDS_MAX = 24


def _block(kind: str, required: Mapping[str, Check], **optional: Check) -> Check:
    return shape({"type": one_of(kind), **required}, {"block_id": objects.block_id, **optional})


_section = every(
    _block(
        "section",
        {},
        text=objects.text(3000),
        fields=items(objects.text(2000), 10),
        accessory=elements.in_section,
        expand=boolean,
    ),
    rule(
        lambda block: bool(block.get("text") or block.get("fields")),
        "missing required field: text or fields",
    ),
)
_image = every(
    _block(
        "image",
        {"alt_text": string(2000)},
        image_url=objects.url,
        slack_file=anything,
        title=objects.plain(2000),
    ),
    rule(
        lambda block: bool(block.get("image_url")) != bool(block.get("slack_file")),
        "must provide either image_url or slack_file",
    ),
)
_input = _block(
    "input",
    {"label": objects.plain(2000), "element": elements.in_input},
    hint=objects.plain(2000),
    optional=boolean,
    dispatch_action=boolean,
)
_EVERYWHERE: Mapping[str, Check] = {
    "section": _section,
    "actions": _block("actions", {"elements": items(elements.in_actions, 25)}),
    "context": _block("context", {"elements": items(elements.in_context, 10)}),
    "header": _block("header", {"text": objects.plain(150)}),
    "divider": _block("divider", {}),
    "image": _image,
    "rich_text": rich_text.block(objects.block_id),
}
_alert = _block(
    "alert",
    {"text": objects.text(200)},
    level=one_of("default", "info", "warning", "error", "success"),
)
_BLOCKS: Mapping[Surface, Check] = {
    "message": by_type(
        {
            **_EVERYWHERE,
            "markdown": _block("markdown", {"text": string(MARKDOWN_MAX)}),
            "table": tables.table,
            "data_table": tables.data_table,
            "data_visualization": tables.chart,
        }
    ),
    "modal": by_type({**_EVERYWHERE, "input": _input, "alert": _alert}),
    "home": by_type({**_EVERYWHERE, "input": _input}),
}
_ANY_VIEW: Mapping[str, Check] = {
    "callback_id": string(255, least=0),
    "private_metadata": string(PRIVATE_METADATA_MAX, least=0),
    "external_id": string(255, least=0),
}
_words = objects.plain(MODAL_WORDS_MAX)
_VIEWS: Mapping[str, Check] = {
    "modal": shape(
        {
            "type": one_of("modal"),
            "title": _words,
            "blocks": items(_BLOCKS["modal"], VIEW_BLOCKS_MAX),
        },
        {
            **_ANY_VIEW,
            "submit": _words,
            "close": _words,
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": shape(
        {"type": one_of("home"), "blocks": items(_BLOCKS["home"], VIEW_BLOCKS_MAX, least=0)},
        # Slack takes these on a Home tab, though it shows none of them.
        {**_ANY_VIEW, "title": _words, "submit": _words, "close": _words},
    ),
}


def problems(surface: Surface, payload: Any) -> list[str]:
    """All that Slack would refuse, each with its JSON pointer; empty when it is legal.

    The payload of a message is its message dict (`blocks` are looked at) or its list of blocks;
    of a modal or Home tab, the view.
    """
    if surface == "message":
        blocks = payload.get("blocks") if isinstance(payload, dict) else payload
        return _message(blocks if blocks is not None else [])
    found = _VIEWS[surface](payload, "/view")
    if found:
        return found
    blocks = payload["blocks"]
    return _ids(blocks, "/view/blocks") + _one_focus(blocks) + _input_needs_submit(payload)


def _message(blocks: Any) -> list[str]:
    found = items(_BLOCKS["message"], MESSAGE_BLOCKS_MAX, least=0)(blocks, "/blocks")
    if found:
        return found
    return _ids(blocks, "/blocks") + _cumulative(blocks)


def _cumulative(blocks: list[Json]) -> list[str]:
    kinds = Counter(one["type"] for one in blocks)
    found = []
    if kinds["data_visualization"] > CHARTS_MAX:
        found.append(complaint(f"no more than {CHARTS_MAX} charts allowed", "/blocks"))
    written = sum(len(one["text"]) for one in blocks if one["type"] == "markdown")
    if written > MARKDOWN_MAX:
        words = f"markdown must be less than {MARKDOWN_MAX + 1} characters in all"
        found.append(complaint(words, "/blocks"))
    if kinds["table"] + kinds["data_table"] > 1:
        found.append(complaint(TWO_TABLES, "/blocks"))
    counted = [one for one in blocks if one["type"] not in _COUNTED_APART]
    if rich_text.text_length(counted) > MESSAGE_TEXT_MAX:
        found.append(complaint(TOO_LONG, "/blocks"))
    return found


def _ids(blocks: list[Json], pointer: str) -> list[str]:
    given = Counter(one["block_id"] for one in blocks if one.get("block_id"))
    found = [
        complaint(f"block_id {name!r} must be unique", pointer)
        for name, times in given.items()
        if times > 1
    ]
    for nth, block in enumerate(blocks):
        if block["type"] != "actions":
            continue
        actions = Counter(one.get("action_id") for one in block["elements"])
        found += [
            complaint(f"action_id {name!r} must be unique", f"{pointer}/{nth}/elements")
            for name, times in actions.items()
            if name and times > 1
        ]
    return found


def _one_focus(blocks: list[Json]) -> list[str]:
    """Only one element of a view can have the cursor as it opens."""
    held = [
        [one.get("element"), one.get("accessory"), *(one.get("elements") or [])] for one in blocks
    ]
    focused = [one for some in held for one in some if one and one.get("focus_on_load")]
    return [complaint("only one element may focus on load", "/view/blocks")] * (len(focused) > 1)


def _input_needs_submit(view: Json) -> list[str]:
    inputs = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and inputs and not view.get("submit"):
        return [complaint("missing required field: submit", "/view")]
    return []
