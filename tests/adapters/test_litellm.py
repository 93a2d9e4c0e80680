"""What LiteLLM tells of a call, and what we make of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters import litellm
from bot.domain.counts import Counts
from bot.domain.usage_events import ID_MAX, EventRefused, UsageEvent


def payload(
    *,
    usage: Mapping[str, object] | None = None,
    metadata: Mapping[str, object] | None = None,
    **fields: object,
) -> dict[str, object]:
    """A call as the proxy tells of it: 1,200 tokens in, 50 out."""
    return {
        "id": "chatcmpl-1",
        "litellm_call_id": "call-1",
        "call_type": "acompletion",
        "status": "success",
        "stream": None,
        "cache_hit": None,
        "custom_llm_provider": "openai",
        "model": "openai/gpt-4o",
        "model_group": "gpt-4o",
        "startTime": 1_772_443_800.25,
        "endTime": 1_772_443_801.5,
        "prompt_tokens": 1_200,
        "completion_tokens": 50,
        "total_tokens": 1_250,
        "response_cost": 0.00222,
        "request_tags": ["User-Agent: python"],
        "end_user": "whoever-the-client-says",
        "error_information": {"error_code": "", "error_class": ""},
        "messages": [{"role": "user", "content": "a secret plan"}],
        "response": {"choices": [{"message": {"content": "a secret answer"}}]},
        "metadata": {
            "user_api_key_hash": "88dc28d0",
            "user_api_key_alias": "ana's key",
            "user_api_key_user_id": "ana",
            "user_api_key_user_email": "ana@example.com",
            "user_api_key_team_id": "t-1",
            "user_api_key_team_alias": "red",
            "usage_object": usage,
            **(metadata or {}),
        },
        **fields,
    }


def event(told: object) -> UsageEvent:
    found = litellm.event_of(told)
    assert found is not None
    return found


def test_a_call_becomes_an_event_with_its_person_model_and_cost() -> None:
    assert event(payload()) == UsageEvent(
        source="litellm",
        external_id=event(payload()).external_id,
        occurred_at=datetime(2026, 3, 2, 9, 30, 0, 250_000, UTC),
        user="ana@example.com",
        model="gpt-4o",
        provider="openai",
        counts=Counts(input_uncached=1_200, output=50),
        cost_nano=2_220_000,
        team="red",
        metadata={
            "call_id": "call-1",
            "response_id": "chatcmpl-1",
            "call_type": "acompletion",
            "model_group": "gpt-4o",
            "key_alias": "ana's key",
        },
    )


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            payload(usage={"prompt_tokens_details": {"cached_tokens": 1_024}}),
            Counts(input_uncached=176, cache_read=1_024, output=50),
            id="OpenAI: cached tokens are inside prompt_tokens",
        ),
        pytest.param(
            payload(
                prompt_tokens=1_300,
                total_tokens=1_350,
                usage={
                    "prompt_tokens_details": {"cached_tokens": 1_000, "cache_creation_tokens": 200},
                    "cache_read_input_tokens": 1_000,
                    "cache_creation_input_tokens": 200,
                },
            ),
            Counts(input_uncached=100, cache_read=1_000, cache_write=200, output=50),
            id="Anthropic: both kinds are inside, and each is told twice",
        ),
        pytest.param(
            payload(
                usage={
                    "prompt_tokens_details": {"cached_tokens": 0},
                    "cache_read_input_tokens": 1_000,
                }
            ),
            Counts(input_uncached=200, cache_read=1_000, output=50),
            id="told under its other name only",
        ),
        pytest.param(
            payload(usage={"prompt_tokens_details": {"cache_write_tokens": 300}}),
            Counts(input_uncached=900, cache_write=300, output=50),
            id="OpenAI's name for what was written to a cache",
        ),
        pytest.param(
            payload(usage={"completion_tokens_details": {"reasoning_tokens": 30}}),
            Counts(input_uncached=1_200, output=50, reasoning=30),
            id="reasoning is inside completion_tokens",
        ),
        pytest.param(
            payload(
                total_tokens=1_280, usage={"completion_tokens_details": {"reasoning_tokens": 30}}
            ),
            Counts(input_uncached=1_200, output=80, reasoning=30),
            id="reasoning is outside where the total says so",
        ),
        pytest.param(
            payload(usage={"prompt_tokens_details": None, "completion_tokens_details": None}),
            Counts(input_uncached=1_200, output=50),
            id="no details",
        ),
        pytest.param(
            payload(stream=True), Counts(input_uncached=1_200, output=50), id="a stream, told once"
        ),
        pytest.param(
            payload(completion_tokens=0, total_tokens=1_200),
            Counts(input_uncached=1_200),
            id="embeddings have no output",
        ),
    ],
)
def test_each_token_is_counted_once(told: dict[str, object], expected: Counts) -> None:
    found = event(told)

    assert found.counts == expected
    assert found.counts.total == found.counts.input + found.counts.output


def test_a_count_with_a_point_and_nothing_behind_it_is_whole() -> None:
    told = payload(prompt_tokens=1_200.0, completion_tokens=50.0, total_tokens=1_250.0)

    assert event(told).counts == Counts(input_uncached=1_200, output=50)


def test_an_answer_from_the_proxys_own_cache_is_free() -> None:
    found = event(payload(cache_hit=True, response_cost=0.0, id="chatcmpl-1_cache_hit1772443800.5"))

    assert (found.is_free, found.cost_nano) == (True, 0)
    assert found.counts.total == 1_250


def test_no_cost_means_that_litellm_knows_no_price() -> None:
    found = event(payload(model="openai/made-up", response_cost=0.0))

    assert (found.model, found.cost_nano, found.is_free) == ("made-up", None, False)


def test_a_stream_whose_client_left_is_an_estimate() -> None:
    left = {"error_code": "499", "error_class": "ClientDisconnected"}

    assert event(payload(stream=True, error_information=left)).is_estimate
    assert not event(payload(stream=True)).is_estimate


def test_a_call_that_failed_is_no_event() -> None:
    assert litellm.event_of(payload(status="failure", prompt_tokens=None)) is None


def test_a_call_that_used_nothing_is_no_event() -> None:
    listing = payload(prompt_tokens=0, completion_tokens=0, total_tokens=0, response_cost=0.0)
    picture = payload(prompt_tokens=0, completion_tokens=0, total_tokens=0, response_cost=0.04)

    assert litellm.event_of(listing) is None
    assert event(picture).cost_nano == 40_000_000


@pytest.mark.parametrize(
    ("missing", "user"),
    [
        ((), "ana@example.com"),
        (("email",), "ana"),
        (("email", "id"), "ana's key"),
        (("email", "id", "alias"), "88dc28d0"),
        (("email", "id", "alias", "hash"), ""),
    ],
)
def test_the_person_is_whom_the_proxy_knows_never_whom_the_client_names(
    missing: tuple[str, ...], user: str
) -> None:
    fields = {
        "email": "user_api_key_user_email",
        "id": "user_api_key_user_id",
        "alias": "user_api_key_alias",
        "hash": "user_api_key_hash",
    }

    found = event(payload(metadata={fields[name]: None for name in missing}))

    assert found.user == user


@pytest.mark.parametrize(
    ("fields", "project"),
    [
        ({"request_tags": ["blue", "project:search", "project:other"]}, "search"),
        ({"metadata": {"user_api_key_project_alias": "atlas"}}, "atlas"),
        ({"metadata": {"user_api_key_project_id": "p-7"}}, "p-7"),
        (
            {
                "metadata": {"user_api_key_project_alias": "atlas"},
                "request_tags": ["project:search"],
            },
            "atlas",
        ),
        ({"request_tags": None}, ""),
        ({"request_tags": [7]}, ""),
    ],
)
def test_the_project_is_the_keys_or_else_a_tag(fields: dict[str, object], project: str) -> None:
    told = payload(**fields)  # type: ignore[arg-type]

    assert event(told).project == project


def test_a_team_without_a_name_is_called_by_its_id() -> None:
    assert event(payload(metadata={"user_api_key_team_alias": None})).team == "t-1"


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("openai", "gpt-4o", "gpt-4o"),
        ("bedrock", "bedrock/us.anthropic.claude-3-5-v1:0", "us.anthropic.claude-3-5-v1:0"),
        ("openrouter", "openrouter/openai/gpt-4o", "openai/gpt-4o"),
        (None, "gpt-4o", "gpt-4o"),
        ("openai", "", "unknown"),
    ],
)
def test_a_model_loses_its_providers_prefix(
    provider: str | None, model: str, expected: str
) -> None:
    assert event(payload(custom_llm_provider=provider, model=model)).model == expected


def test_the_same_payload_again_has_the_same_id() -> None:
    assert event(payload()).external_id == event(json.loads(json.dumps(payload()))).external_id
    assert len(event(payload()).external_id) <= ID_MAX


@pytest.mark.parametrize(
    "other",
    [{"litellm_call_id": "call-2"}, {"id": "chatcmpl-2"}, {"startTime": 1_772_443_800.26}],
)
def test_a_call_cannot_hide_behind_the_id_of_another(other: dict[str, object]) -> None:
    told = payload(**other)  # type: ignore[arg-type]

    assert event(told).external_id != event(payload()).external_id


def test_nothing_of_what_was_said_is_kept() -> None:
    assert "secret" not in repr(event(payload()))


def test_text_that_no_database_takes_is_left_out() -> None:
    found = event(payload(model="openai/gpt\x00-4o\ud800", id="r" * 1_000))

    assert found.model == "gpt-4o"
    assert found.metadata["response_id"] == "r" * 200


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (None, "payload"),
        ([], "payload"),
        ("text", "payload"),
        ({}, "status"),
        (payload(status="odd"), "status"),
        (payload(prompt_tokens=None), "prompt_tokens"),
        (payload(prompt_tokens=1.5), "prompt_tokens"),
        (payload(prompt_tokens="12"), "prompt_tokens"),
        (payload(prompt_tokens=True), "prompt_tokens"),
        (payload(prompt_tokens=-1), "input_tokens"),
        (payload(prompt_tokens=10**30), "input_tokens"),
        (payload(completion_tokens=None), "completion_tokens"),
        (payload(usage={"prompt_tokens_details": {"cached_tokens": 1_201}}), "cached_input_tokens"),
        (payload(usage={"prompt_tokens_details": []}), "prompt_tokens_details"),
        (
            payload(usage={"completion_tokens_details": {"reasoning_tokens": 51}}),
            "reasoning_tokens",
        ),
        (payload(metadata={"usage_object": "many"}), "usage_object"),
        (payload(metadata={"user_api_key_user_email": 7}), "user_api_key_user_email"),
        (payload() | {"metadata": "none"}, "metadata"),
        (payload(error_information=[]), "error_information"),
        (payload(response_cost="free"), "response_cost"),
        (payload(response_cost=-0.1), "response_cost"),
        (payload(response_cost=float("nan")), "response_cost"),
        (payload(response_cost=1e300), "response_cost"),
        (payload(startTime=None), "startTime"),
        (payload(startTime="now"), "startTime"),
        (payload(startTime=1e300), "startTime"),
        (payload(startTime=float("inf")), "startTime"),
        (payload(id=""), "id"),
        (payload(model=7), "model"),
    ],
)
def test_a_payload_that_cannot_be_read_names_the_field(told: object, named: str) -> None:
    with pytest.raises(EventRefused, match=named) as refused:
        litellm.event_of(told)

    assert len(str(refused.value)) < 300


def test_a_missing_cost_is_no_cost() -> None:
    assert event(payload(response_cost=None)).cost_nano is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(payload())), _JSON)
def test_whatever_stands_in_a_field_the_payload_is_read_or_refused(
    name: str, value: object
) -> None:
    try:
        litellm.event_of(payload() | {name: value})
    except EventRefused as refused:
        assert str(refused)  # noqa: PT017 - a refusal is as good as an event here


@given(_JSON)
def test_whatever_the_metadata_the_payload_is_read_or_refused(value: object) -> None:
    told = payload(metadata={"usage_object": value, "user_api_key_alias": value})

    try:
        litellm.event_of(told)
    except EventRefused as refused:
        assert str(refused)  # noqa: PT017 - as above
