"""Requests of holds that schemathesis makes of the OpenAPI document, about holds that there are."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.api.fuzzing import (
    JSON,
    PEOPLE,
    TIMES,
    AnyCase,
    AnyOperation,
    bad,
    ids,
    one_place_changed,
    timely,
)

HOLD = "/v1/holds/{hold_id}"
ROUTES = (
    "POST /v1/holds",
    "POST /v1/authorize",
    f"POST {HOLD}/settle",
    f"POST {HOLD}/void",
    f"POST {HOLD}/extend",
    f"GET {HOLD}",
    "POST /v1/settlements",
)


@st.composite
def cases(draw: st.DrawFn, operation: AnyOperation, known: Sequence[str]) -> AnyCase:
    """A request of that operation: as it is made, or with a body that is good, or nearly."""
    made = draw(operation.as_strategy(GenerationMode.POSITIVE) | bad(operation))
    if "hold_id" in made.path_parameters and draw(st.integers(0, 9)):
        made.path_parameters["hold_id"] = draw(st.sampled_from(known))
    if not operation.body:
        return made
    if draw(st.integers(0, 2)):
        made.media_type = JSON
        made.body = draw(_near_to_good(operation.path, known).flatmap(one_place_changed))
    else:
        made.body = timely(made.body, lambda some: draw(st.sampled_from(some)))
    return made


def _near_to_good(path: str, known: Sequence[str]) -> st.SearchStrategy[Any]:
    if path == "/v1/holds":
        return _intents | st.fixed_dictionaries({"holds": st.lists(_intents, max_size=3)})
    if path == "/v1/authorize":
        return _intents
    if path.endswith("/extend"):
        return st.fixed_dictionaries({"ttl_seconds": st.sampled_from((1, 600, 86_400))})
    if path.endswith("/settle"):
        return _settlements
    one = st.builds(lambda body, hold: body | {"hold": hold}, _settlements, st.sampled_from(known))
    return st.fixed_dictionaries({"settlements": st.lists(one, max_size=3)})


_counts = st.integers(0, 3)
_estimates = st.fixed_dictionaries(
    {"input_tokens": _counts},
    optional={"model": st.just("gpt-4o"), "max_output_tokens": _counts, "strict": st.booleans()},
)
_intents: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"user": st.sampled_from(PEOPLE)},
    optional={
        "source": st.just("litellm"),
        "model": st.just("gpt-4o"),
        "project": st.just("ranking"),
        "ttl_seconds": st.integers(1, 86_400),
        "idempotency_key": ids,
        "metadata": st.just({"run": "7"}),
    },
).flatmap(
    lambda call: (
        st.builds(lambda tokens: call | {"amount": tokens}, st.integers(1, 5))
        | st.builds(lambda estimate: call | {"estimate": estimate}, _estimates)
    )
)
_settlements: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"input_tokens": _counts, "output_tokens": _counts},
    optional={
        "id": ids,
        "source": st.just("app"),
        "final": st.booleans(),
        "at": st.sampled_from(TIMES),
        "model": st.just("gpt-4o"),
        "revision": st.integers(0, 2),
    },
)
