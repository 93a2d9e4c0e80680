"""Calls that are told by their text: counted, then forgotten but for a fingerprint.

Counting takes up to a second, so it is done before anything is held, on whatever thread has the
time (docs/estimates.md says by which rules).
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.holds import HoldRefused

#: Around a message, for its `name`, and before the answer, as OpenAI tells of its chats.
MESSAGE_TOKENS, NAME_TOKENS, ANSWER_TOKENS = 3, 1, 3
#: A picture of 1,024 by 1,024 as OpenAI's chats cut it into tiles, and one of low detail.
PICTURE_TOKENS, PICTURE_TOKENS_LOW = 765, 85

#: By a model's name and a text: how many tokens it is.
Counter = Callable[[str, str], int]
_Say = Callable[[str], int]

_TOLD = ("text", "messages", "tools")
_BATCH = "holds"


def is_told(fields: Any) -> bool:
    """Whether a call, or one of many, is told by its text."""
    if not isinstance(fields, dict):
        return False
    many = fields.get(_BATCH)
    return any(_estimate(one) is not None for one in (many if isinstance(many, list) else [fields]))


def counted(fields: Any, count: Counter) -> Any:
    """The same call, or many, with a figure and a fingerprint in place of each text.

    What can't be read stays as it is, for whoever reads the call to refuse.
    """
    if not isinstance(fields, dict):
        return fields
    many = fields.get(_BATCH)
    if isinstance(many, list):
        return {**fields, _BATCH: [_counted(one, count) for one in many]}
    return _counted(fields, count)


def check(estimate: Mapping[str, Any]) -> None:
    """Raises `HoldRefused` with what is wrong in a call that is told by its text."""
    if _has_text(estimate):
        _tokens(estimate, lambda _text: 0)


def _counted(fields: Any, count: Counter) -> Any:
    estimate = _estimate(fields)
    if estimate is None:
        return fields
    model = fields.get("model") or estimate.get("model") or ""
    try:
        tokens = _tokens(estimate, lambda text: count(str(model), text))
    except HoldRefused:
        return fields
    written = _written({name: estimate.get(name) for name in _TOLD})
    told = {
        "input_tokens": tokens,
        # The same key with another text of the same length is another call.
        "counted": hashlib.sha256(written.encode(errors="surrogatepass")).hexdigest(),
    }
    rest = {name: value for name, value in estimate.items() if name not in _TOLD}
    return {**fields, "estimate": rest | told}


def _estimate(fields: Any) -> dict[str, Any] | None:
    """A call's estimate, if it is told by its text."""
    found = fields.get("estimate") if isinstance(fields, dict) else None
    return found if isinstance(found, dict) and _has_text(found) else None


def _has_text(estimate: Mapping[str, Any]) -> bool:
    return estimate.get("text") is not None or estimate.get("messages") is not None


def _tokens(estimate: Mapping[str, Any], say: _Say) -> int:
    given = [
        name for name in ("input_tokens", "messages", "text") if estimate.get(name) is not None
    ]
    if len(given) != 1:
        raise HoldRefused("estimate", "needs one of input_tokens, messages and text")
    text, messages = estimate.get("text"), estimate.get("messages")
    if text is not None:
        if not isinstance(text, str):
            raise HoldRefused("estimate.text", "must be a text")
        return say(text)
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        raise HoldRefused("estimate.messages", "must be a JSON array of objects")
    tools = estimate.get("tools")
    offered = say(_written(tools)) if tools is not None else 0
    return ANSWER_TOKENS + offered + sum(_message(one, say) for one in messages)


def _message(message: Mapping[str, Any], say: _Say) -> int:
    """Role, content and whatever else it has; calls of tools as they are written in JSON."""
    total = MESSAGE_TOKENS
    for name, value in message.items():
        if name == "content" and isinstance(value, list):
            total += sum(_part(part, say) for part in value)
        elif value is not None:
            total += say(_as_text(value)) + (NAME_TOKENS if name == "name" else 0)
    return total


def _part(part: Any, say: _Say) -> int:
    """A piece of content: its text, or a picture's figure for a picture and all other kinds."""
    if not isinstance(part, dict):
        return say(_as_text(part))
    for name in ("text", "refusal"):
        if isinstance(part.get(name), str):
            return say(part[name])
    picture = part.get("image_url")
    detail = picture.get("detail") if isinstance(picture, dict) else part.get("detail")
    return PICTURE_TOKENS_LOW if detail == "low" else PICTURE_TOKENS


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else _written(value)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
