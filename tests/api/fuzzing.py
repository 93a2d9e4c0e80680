"""Requests that schemathesis makes of the OpenAPI document, brought nearer to what senders send.

By itself it never hits one of the last 90 days, nor does it know OTLP or LiteLLM's payloads, which
the document leaves to their vendors; so that what it makes would hardly ever be usage.
"""

import copy
import json
from collections.abc import Callable
from typing import Any

import schemathesis
from google.protobuf.message import Message
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, SerializationContext

from bot.adapters.otlp import Encoding
from bot.domain.telemetry import Signal
from tests import otlp_bodies as bodies
from tests.adapters.test_litellm import payload
from tests.api.serving import at, event
from tests.company import MORNING

AnyOperation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]

JSON, LINES = "application/json", "application/x-ndjson"
CLOUD_EVENT, CLOUD_EVENTS = "application/cloudevents+json", "application/cloudevents-batch+json"
ROUTES = (
    "GET /healthz",
    "GET /readyz",
    "POST /v1/usage",
    "GET /v1/usage",
    "POST /v1/usage/litellm",
    *(f"POST /v1/{signal}" for signal in Signal),
    "GET /v1/balances/{user}",
)
#: In place of what it makes of times and people: some that are so, and some that are not.
TIMES = (at(minutes=1), at(days=3), at(days=80), at(days=91), at(hours=-1), "2026-03-02 09:00")
PEOPLE = ("UANA", "ana@example.com", "ANA@EXAMPLE.COM", "UNOBODY", "svc-7", "")
_MORNING_NS = int(MORNING.timestamp()) * 10**9

_junk: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@schemathesis.serializer(LINES, Encoding.PROTOBUF)
def _as_it_is(_context: SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@st.composite
def cases(draw: st.DrawFn, operation: AnyOperation) -> AnyCase:
    """A request of that operation: as it is made, or with a body that is good, or nearly."""
    made = draw(operation.as_strategy(GenerationMode.POSITIVE) | bad(operation))
    if not operation.body:
        _name_people(draw, made)
    elif draw(st.booleans()):
        made.media_type = kind = draw(st.sampled_from([one.media_type for one in operation.body]))
        made.body = draw(_near_to_good(operation.path, kind))
    else:
        made.body = timely(made.body, lambda known: draw(st.sampled_from(known)))
    return made


def bad(operation: AnyOperation) -> st.SearchStrategy[AnyCase]:
    """Requests that the document says are wrong; nothing can be wrong with a route's path."""
    if not operation.body and not operation.query:
        return st.nothing()
    return operation.as_strategy(GenerationMode.NEGATIVE)


def _name_people(draw: st.DrawFn, made: AnyCase) -> None:
    if "user" in made.path_parameters:
        named = st.sampled_from(PEOPLE[:-1]) | st.just(made.path_parameters["user"])
        made.path_parameters["user"] = draw(named)


def timely(value: Any, choose: Callable[[tuple[str, ...]], str]) -> Any:
    """With times and people of ours, wherever in it they are."""
    if isinstance(value, list):
        return [timely(one, choose) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {name: timely(one, choose) for name, one in value.items()}
    for name in {"at", "time"} & changed.keys():
        changed[name] = choose(TIMES)
    if "user" in changed:
        changed["user"] = choose(PEOPLE)
    return changed


def _near_to_good(path: str, kind: str) -> st.SearchStrategy[Any]:
    if kind == LINES:
        return _near_to_good(path, JSON).map(_lines)
    if path == "/v1/usage":
        return _events(kind).flatmap(one_place_changed)
    if path == "/v1/usage/litellm":
        calls = st.lists(st.builds(payload, litellm_call_id=ids), min_size=1, max_size=3)
        return calls.flatmap(one_place_changed)
    signal, encoding = Signal(path.rpartition("/")[2]), Encoding(kind)
    exports = st.integers(1, 50).map(lambda number: _export(signal, encoding, number))
    if encoding is Encoding.JSON:
        return exports.map(json.loads).flatmap(one_place_changed)
    return exports.flatmap(_some_bytes_changed)


def _lines(body: Any) -> str:
    events = body.get("events") if isinstance(body, dict) else body
    return "\n".join(map(json.dumps, events if isinstance(events, list) else [events]))


#: Few, so that some come again, with the same figures and with others.
ids = st.integers(1, 40).map(str)


def _events(kind: str) -> st.SearchStrategy[Any]:
    one = st.builds(
        event,
        source=st.just(kind),
        id=ids,
        at=st.sampled_from(TIMES),
        user=st.sampled_from(PEOPLE),
        output_tokens=st.integers(0, 2),
        revision=st.none() | st.integers(0, 2),
    )
    if kind == CLOUD_EVENT:
        return one.map(_as_cloud_event)
    if kind == CLOUD_EVENTS:
        return st.lists(one.map(_as_cloud_event), max_size=3)
    return st.fixed_dictionaries({"events": st.lists(one, max_size=3)})


def _as_cloud_event(made: dict[str, Any]) -> dict[str, Any]:
    envelope = {name: made.pop(name) for name in ("source", "id")}
    return {"specversion": "1.0", "type": "usage", **envelope, "data": made}


def _export(signal: Signal, encoding: Encoding, number: int) -> bytes:
    session, at_ns = f"{signal} {encoding}", _MORNING_NS - number * 10**9
    made: Message
    match signal:
        case Signal.LOGS:
            made = bodies.api_request(session=session, sequence=number, at_ns=at_ns)
        case Signal.METRICS:
            points = bodies.claude_points(session, input=100, output=10)
            made = bodies.sums(
                "claude_code.token.usage", points, at_ns=at_ns, start_ns=at_ns - 10**9
            )
        case _:
            number += 100 * (encoding is Encoding.JSON)
            made = bodies.span({"gen_ai.usage.input_tokens": 100}, number=number, at_ns=at_ns)
    return bodies.encoded(made, encoding)


@st.composite
def _some_bytes_changed(draw: st.DrawFn, good: bytes) -> bytes:
    if draw(st.booleans()):
        return good
    start = draw(st.integers(0, len(good)))
    return good[:start] + draw(st.binary(max_size=8)) + good[start + draw(st.integers(0, 8)) :]


@st.composite
def one_place_changed(draw: st.DrawFn, good: Any) -> Any:
    """The same with something else at one place, or nothing changed at all."""
    changed = copy.deepcopy(good)
    inside, last = _place(draw, changed)
    if last is not None and draw(st.booleans()):
        inside[last] = draw(_junk)
    return changed


def _place(draw: st.DrawFn, value: Any) -> tuple[Any, Any]:
    """A container, and what in it to change."""
    inside, last = value, None
    while isinstance(value, dict | list) and value:
        inside = value
        last = draw(
            st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value)))
        )
        value = inside[last]
        if draw(st.integers(0, 9)) == 0:
            break
    return inside, last
