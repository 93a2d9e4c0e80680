"""Bodies of `POST /v1/usage`: one event or many, in each form that is taken."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic_core import from_json

from bot.adapters import usage_events
from bot.api import cloud_events
from bot.api.refusals import NotReadable, TooManyEvents
from bot.domain.api_keys import Caller
from bot.domain.usage_events import EventRefused, Rejection, UsageEvent

JSON = "application/json"
LINES = "application/x-ndjson"
MEDIA_TYPES = (JSON, LINES, cloud_events.ONE, cloud_events.BATCH)
EVENTS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request that was let in, with its body unpacked."""

    caller: Caller
    media_type: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Decoded:
    """What a body holds: events with their places in it, and what is no event."""

    events: list[UsageEvent] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    #: How often each field that means nothing here was there.
    ignored: Counter[str] = field(default_factory=Counter)


def decoded(received: Received) -> Decoded:
    """The body's events. Raises `NotReadable` and `TooManyEvents`."""
    check_text(received.body)
    if received.media_type == LINES:
        return _events(parsed_lines(received.body), _itself)
    found = parsed(received.body)
    if received.media_type == cloud_events.ONE:
        return _events([found], cloud_events.fields)
    if received.media_type == cloud_events.BATCH:
        if not isinstance(found, list):
            raise NotReadable("A batch of CloudEvents is a JSON array.")
        return _events(found, cloud_events.fields)
    if cloud_events.is_binary(received.headers):
        return _events([found], partial(cloud_events.of_headers, received.headers))
    if not isinstance(found, dict):
        raise NotReadable('Send one event as a JSON object, or {"events": […]}.')
    return _batch(found) if "events" in found else _events([found], _itself)


def check_text(body: bytes) -> None:
    """Raises `NotReadable` where it is no UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise NotReadable(f"Byte {error.start:,} of the body is no UTF-8.") from None


def parsed(body: bytes, *, line: int | None = None) -> Any:
    """What the JSON says. Raises `NotReadable` with the place of the fault."""
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        where = f"Line {line:,} is" if line else "The body is"
        raise NotReadable(f"{where} no JSON: {error}.") from None


def check_count(count: int) -> None:
    """Raises `TooManyEvents`."""
    if count > EVENTS_MAX:
        raise TooManyEvents(count, EVENTS_MAX)


def parsed_lines(body: bytes) -> list[Any]:
    """What each line of NDJSON says; empty ones don't count."""
    lines = [(n, line) for n, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    check_count(len(lines))
    return [parsed(line, line=number) for number, line in lines]


def _batch(found: dict[str, Any]) -> Decoded:
    events = found.pop("events")
    if not isinstance(events, list):
        raise NotReadable("events must be a JSON array.")
    made = _events(events, _itself)
    usage_events.count_ignored(found, made.ignored)
    return made


def _itself(fields: Any) -> Any:
    return fields


def _events(given: Iterable[object], fields_of: Callable[[Any], Any]) -> Decoded:
    """Each as an event, or rejected with words."""
    given = list(given)
    check_count(len(given))
    made = Decoded()
    for place, one in enumerate(given):
        fields = one
        try:
            fields = fields_of(one)
            event = usage_events.event_of(fields)
        except EventRefused as refused:
            made.rejected.append(Rejection(place, usage_events.id_of(fields), str(refused)))
            continue
        usage_events.count_ignored(fields, made.ignored)
        made.events.append(event)
        made.places.append(place)
    return made
