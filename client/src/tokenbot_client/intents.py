"""A call that is about to be made, as `POST /v1/holds` takes it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tokenbot_client import estimates

#: Longer texts are estimated here: tokenbot takes bodies of a megabyte.
TEXT_BYTES_MAX = 900_000
#: Messages within messages; no SDK nests them deeper.
DEPTH_MAX = 50
_READ = ("messages", "tools", "text")


def body(
    user: str,
    *,
    amount: int | None = None,
    model: str = "",
    messages: Iterable[object] | None = None,
    tools: Iterable[object] | None = None,
    text: str | None = None,
    input_tokens: int | None = None,
    max_output_tokens: int | None = None,
    strict: bool = False,
    **more: object,
) -> dict[str, object]:
    """The request's fields, without what is not said.

    Raises `TypeError` for messages that can't be written as JSON.
    """
    estimate = _said(
        messages=_listed(messages),
        tools=_listed(tools),
        text=text,
        input_tokens=input_tokens,
        max_output_tokens=max_output_tokens,
        strict=strict or None,
    )
    read = [estimate[name] for name in _READ if name in estimate]
    if read and len(json.dumps(read)) > TEXT_BYTES_MAX:
        estimate = {
            **{name: of for name, of in estimate.items() if name not in _READ},
            "input_tokens": estimates.input_tokens(*read),
        }
    return _said(
        user=user or None,
        model=model or None,
        amount=amount,
        estimate=estimate or None,
        **more,
    )


def plain(value: object, depth: int = 0) -> Any:
    """A message as JSON, whether it is one already or an SDK's object.

    What is attached is left out: a picture's bytes say nothing of its tokens.
    """
    if depth > DEPTH_MAX:
        raise TypeError("messages are nested too deep")
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return "" if value.startswith("data:") else value
    if isinstance(value, Mapping):
        is_base64 = value.get("type") == "base64"
        return {
            str(name): "" if is_base64 and name == "data" else plain(of, depth + 1)
            for name, of in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(one, depth + 1) for one in value]
    if callable(dump := getattr(value, "model_dump", None)):
        return plain(dump(exclude_none=True), depth + 1)
    raise TypeError(f"a message can't hold a {type(value).__name__}")


def _listed(values: Iterable[object] | None) -> list[Any] | None:
    return None if values is None else [plain(one) for one in values]


def _said(**fields: object) -> dict[str, object]:
    return {name: of for name, of in fields.items() if of is not None}
