"""Cursors of the methods that list things."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from bot.playground.errors import SlackRefusal
from bot.playground.web_api.arguments import Arguments

LIMIT_MAX = 1000


def page(
    things: Sequence[Any], name: str, arguments: Arguments, *, limit_otherwise: int = 0
) -> dict[str, Any]:
    """One page of things under that name, with the next cursor."""
    limit = arguments.number("limit", limit_otherwise)
    if not 0 <= limit <= LIMIT_MAX:
        raise SlackRefusal("invalid_limit")
    start = _start(arguments.maybe_text("cursor"), len(things))
    end = start + limit if limit else len(things)
    following = _cursor(end) if end < len(things) else ""
    return {
        name: list(things[start:end]),
        "response_metadata": {"next_cursor": following},
    }


def _cursor(start: int) -> str:
    return base64.b64encode(f"next:{start}".encode()).decode()


def _start(cursor: str | None, most: int) -> int:
    if not cursor:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        start = int(number)
    except (ValueError, binascii.Error):
        raise SlackRefusal("invalid_cursor") from None
    if word != "next" or not 0 <= start <= most:
        raise SlackRefusal("invalid_cursor")
    return start
