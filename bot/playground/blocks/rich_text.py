"""The rich_text block and what it is made of."""

from collections.abc import Mapping
from typing import Any

from bot.playground.blocks.checks import (
    Check,
    anything,
    boolean,
    by_type,
    integer,
    items,
    one_of,
    shape,
    string,
)

#: Slack publishes no totals for rich text; these only stop what is out of all proportion.
PARTS_MAX = 1000
TEXT_MAX = 40_000

_style = shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline"), boolean))


def _piece(kind: str, required: Mapping[str, Check], **optional: Check) -> Check:
    return shape({"type": one_of(kind), **required}, {"style": _style, **optional})


_pieces: Check = by_type(
    {
        "text": _piece("text", {"text": string(TEXT_MAX)}),
        "link": _piece(
            "link", {"url": string(3000)}, text=string(TEXT_MAX, least=0), unsafe=boolean
        ),
        "emoji": _piece("emoji", {"name": string(100)}, unicode=string(100)),
        "user": _piece("user", {"user_id": string(255)}),
        "channel": _piece("channel", {"channel_id": string(255)}),
        "usergroup": _piece("usergroup", {"usergroup_id": string(255)}),
        "broadcast": _piece("broadcast", {"range": one_of("here", "channel", "everyone")}),
        "date": _piece(
            "date",
            {"timestamp": integer(0, 2**40), "format": string(255)},
            url=string(3000),
            fallback=string(255),
        ),
        "color": _piece("color", {"value": string(20)}),
    }
)
_run: Check = items(_pieces, PARTS_MAX, least=0)
_section = shape({"type": one_of("rich_text_section"), "elements": _run})
_parts: Check = by_type(
    {
        "rich_text_section": _section,
        "rich_text_list": shape(
            {
                "type": one_of("rich_text_list"),
                "style": one_of("bullet", "ordered"),
                "elements": items(_section, PARTS_MAX),
            },
            {"indent": integer(0, 8), "offset": integer(0, 2**31), "border": integer(0, 1)},
        ),
        "rich_text_quote": shape(
            {"type": one_of("rich_text_quote"), "elements": _run}, {"border": integer(0, 1)}
        ),
        "rich_text_preformatted": shape(
            {"type": one_of("rich_text_preformatted"), "elements": _run},
            {"border": integer(0, 1), "language": string(50)},
        ),
    }
)

cell: Check = shape(
    {"type": one_of("rich_text"), "elements": items(_parts, PARTS_MAX)},
    {"block_id": anything},
)


def block(block_id: Check) -> Check:
    """A rich_text block."""
    return shape(
        {"type": one_of("rich_text"), "elements": items(_parts, PARTS_MAX)},
        {"block_id": block_id},
    )


def text_length(value: Any) -> int:
    """How many characters stand in a rich text, tables' cells included."""
    if isinstance(value, dict):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(text_length(one) for one in value.values() if isinstance(one, list | dict))
    return sum(text_length(one) for one in value if isinstance(one, list | dict))
