"""CloudEvents 1.0: `source`, `id` and `time` are ours, and `data` holds the rest of the event."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from bot.domain.usage_events import EventRefused

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

_VERSION = "1.0"
_PREFIX = "ce-"
#: Attributes of the envelope that say nothing of what was used.
_ENVELOPE = frozenset(
    {
        "specversion",
        "type",
        "datacontenttype",
        "dataschema",
        "subject",
        "data",
        "id",
        "source",
        "time",
    }
)


def fields(envelope: object) -> dict[str, Any]:
    """An event's fields, of a CloudEvent in structured mode. Raises `EventRefused`."""
    if not isinstance(envelope, dict):
        raise EventRefused("a CloudEvent is a JSON object")
    _check(envelope)
    if "data_base64" in envelope:
        raise EventRefused("data_base64 is not read; send data as a JSON object")
    return _merged(envelope, envelope.get("data"))


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether the request is a CloudEvent whose attributes are headers."""
    return f"{_PREFIX}specversion" in headers


def of_headers(headers: Mapping[str, str], data: object) -> dict[str, Any]:
    """The same in binary mode, where the body is the data. Raises `EventRefused`."""
    envelope = {
        name.removeprefix(_PREFIX): _decoded(name, value)
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    }
    _check(envelope)
    return _merged(envelope, data)


def _check(envelope: Mapping[str, Any]) -> None:
    if envelope.get("specversion") != _VERSION:
        raise EventRefused(f'specversion must be "{_VERSION}": another CloudEvents is not read')
    kind = envelope.get("type")
    if not isinstance(kind, str) or not kind:
        raise EventRefused("type is missing: a CloudEvent has one, as tokenbot.usage")
    content = envelope.get("datacontenttype")
    if content is not None and not (isinstance(content, str) and "json" in content.lower()):
        raise EventRefused("datacontenttype must be application/json")


def _merged(envelope: Mapping[str, Any], data: object) -> dict[str, Any]:
    """The envelope's id, source and time are the event's, whatever the data say of them."""
    if not isinstance(data, dict):
        raise EventRefused("data is missing: a JSON object with the event's counts")
    extensions = {name: value for name, value in envelope.items() if name not in _ENVELOPE}
    merged = {**extensions, **data, "source": envelope.get("source"), "id": envelope.get("id")}
    if envelope.get("time") is not None:
        merged["at"] = envelope["time"]
    return merged


def _decoded(name: str, value: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise EventRefused(f"the header {name} is not percent-encoded UTF-8") from None
