"""What the plugin reads of a LiteLLM proxy's calls, and what of it leaves the proxy."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tokenbot_client import litellm_payloads
from tokenbot_client.counts import Counts

SAID = "the password is swordfish"
NOBODY: frozenset[str] = frozenset()
ANA = SimpleNamespace(
    user_email="ana@example.com",
    user_id="ana",
    key_alias="ana's key",
    api_key="hash",
    end_user_id="the-boss",
    project_alias="search",
)


def words(text: str) -> int:
    return len(text.split())


def asked(
    data: dict[str, Any], call_type: str = "acompletion", key: object = ANA, **more: Any
) -> Any:
    trusted = more.get("trusted_keys", NOBODY)
    return litellm_payloads.asked(key, data, call_type, trusted_keys=trusted, count=words)


class TestWhoAsks:
    def test_it_is_whom_the_proxy_knows_the_key_of(self) -> None:
        found = asked({"messages": [], "user": "the-boss"})

        assert (found.user, found.project) == ("ana@example.com", "search")

    @pytest.mark.parametrize(
        ("key", "user"),
        [
            ({"user_id": "ana", "key_alias": "k"}, "ana"),
            ({"key_alias": "k", "api_key": "hash"}, "k"),
            ({"api_key": "hash"}, "hash"),
            ({"user_email": "a\nb\x00", "user_id": "x"}, "ab"),
            ({}, ""),
            (None, ""),
        ],
    )
    def test_the_surest_name_counts(self, key: object, user: str) -> None:
        assert asked({}, key=key).user == user

    def test_what_a_client_says_counts_for_trusted_keys_only(self) -> None:
        helpdesk = {"key_alias": "helpdesk", "end_user_id": None}
        trusted = frozenset({"helpdesk"})

        def of(key: object) -> str:
            return str(asked({"user": "mia@example.com"}, key=key, trusted_keys=trusted).user)

        assert of(helpdesk) == "mia@example.com"
        assert of({**helpdesk, "key_alias": "other"}) == "other"
        assert of({**helpdesk, "end_user_id": "dan@example.com"}) == "dan@example.com"

    def test_a_trusted_key_that_says_nobody_is_its_own(self) -> None:
        found = asked({}, key={"key_alias": "helpdesk"}, trusted_keys=frozenset({"helpdesk"}))

        assert found.user == "helpdesk"


class TestHowMuch:
    @pytest.mark.parametrize(
        ("data", "tokens"),
        [
            ({"messages": [{"role": "user", "content": "one two three"}]}, 3 + 1 + 4),
            (
                {
                    "system": "be kind",
                    "messages": [{"role": "user", "content": [{"type": "text", "text": "hi you"}]}],
                },
                2 + 1 + 1 + 2 + 4,
            ),
            ({"input": "one two", "instructions": "three"}, 3),
            ({"input": ["one", "two"]}, 2),
            ({"input": [1, 2, 3]}, 3),
            ({"prompt": "one two"}, 2),
            ({"contents": [{"role": "user", "parts": [{"text": "one two"}]}]}, 2 + 1 + 4),
            ({"messages": [{"content": [{"image_url": {"url": "data:x y z"}}]}]}, 1_000),
            ({"messages": None}, 0),
            ({"messages": 7.5}, 0),
            ({}, 0),
        ],
    )
    def test_all_that_is_sent_counts(self, data: dict[str, Any], tokens: int) -> None:
        assert asked(data).input_tokens == tokens

    def test_a_long_text_is_counted_by_samples(self) -> None:
        text = "word " * 200_000
        counted: list[int] = []

        def count(part: str) -> int:
            counted.append(len(part))
            return words(part)

        found = litellm_payloads.counted(text, count)

        assert abs(found - 200_000) < 100
        assert sum(counted) <= litellm_payloads.LONG_TEXT

    def test_what_is_nested_deeply_is_counted_too(self) -> None:
        deep: Any = "word"
        for _ in range(100_000):
            deep = [deep]

        assert asked({"messages": deep}).input_tokens == 1

    @pytest.mark.parametrize(
        ("data", "limit"),
        [
            ({"max_tokens": 100}, 100),
            ({"max_tokens": 100, "max_completion_tokens": 50}, 50),
            ({"max_output_tokens": 70}, 70),
            ({"max_tokens": 100, "n": 3}, 300),
            ({"max_tokens": 100, "n": -3}, 100),
            ({"max_tokens": 10**30, "n": 10**30}, 10**10),
            ({"max_tokens": -1}, None),
            ({"max_tokens": "many"}, None),
            ({}, None),
        ],
    )
    def test_the_callers_limit(self, data: dict[str, Any], limit: int | None) -> None:
        assert asked(data).max_output_tokens == limit

    def test_embeddings_put_nothing_out(self) -> None:
        assert asked({"input": "word"}, "aembedding").max_output_tokens == 0


class TestWhatLeaves:
    def payload(self) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "litellm_call_id": "call-1",
            "status": "success",
            "startTime": 1_764_000_000.5,
            "model": "openai/gpt-4o",
            "model_group": "gpt",
            "custom_llm_provider": "openai",
            "call_type": "acompletion",
            "prompt_tokens": 1_200,
            "completion_tokens": 50,
            "total_tokens": 1_250,
            "response_cost": 0.0022,
            "cache_hit": None,
            "stream": True,
            "request_tags": ["blue", "project:search"],
            "messages": [{"role": "user", "content": SAID}],
            "response": {"choices": [{"message": {"content": SAID}}]},
            "model_parameters": {"system": SAID},
            "error_information": {"error_code": "499", "error_message": SAID},
            "metadata": {
                "user_api_key_user_email": "ana@example.com",
                "user_api_key_hash": "hash",
                "requester_metadata": {"note": SAID},
                "usage_object": {
                    "prompt_tokens": 1_200,
                    "prompt_tokens_details": {"cached_tokens": 1_024, "text": SAID},
                    "completion_tokens_details": {"reasoning_tokens": 7},
                    "cache_read_input_tokens": 1_024,
                    "said": SAID,
                },
            },
        }

    def test_counts_and_names_and_nothing_else(self) -> None:
        assert litellm_payloads.slim(self.payload(), "mia@example.com") == {
            "id": "chatcmpl-1",
            "litellm_call_id": "call-1",
            "status": "success",
            "startTime": 1_764_000_000.5,
            "model": "openai/gpt-4o",
            "model_group": "gpt",
            "custom_llm_provider": "openai",
            "call_type": "acompletion",
            "prompt_tokens": 1_200,
            "completion_tokens": 50,
            "total_tokens": 1_250,
            "response_cost": 0.0022,
            "cache_hit": False,
            "stream": True,
            "request_tags": ["project:search"],
            "error_information": {"error_code": "499"},
            "metadata": {
                "user_api_key_user_email": "mia@example.com",
                "user_api_key_user_id": "",
                "user_api_key_alias": "",
                "user_api_key_hash": "hash",
                "user_api_key_team_alias": "",
                "user_api_key_team_id": "",
                "user_api_key_project_alias": "",
                "user_api_key_project_id": "",
                "usage_object": {
                    "prompt_tokens_details": {"cached_tokens": 1_024},
                    "completion_tokens_details": {"reasoning_tokens": 7},
                    "cache_read_input_tokens": 1_024,
                },
            },
        }

    @pytest.mark.parametrize("name", ["messages", "response", "id", "model", "request_tags"])
    def test_a_field_of_any_size_stays_small(self, name: str) -> None:
        payload = self.payload() | {name: ["project:" + "x" * 10**6] * 3}
        whole = self.payload() | {name: "x" * 10**6}

        for one in (payload, whole):
            assert len(json.dumps(litellm_payloads.slim(one, ""))) < 2_500

    @pytest.mark.parametrize("odd", [float("nan"), float("inf"), "7", True, None, [], {"a": 1}])
    @pytest.mark.parametrize("name", ["response_cost", "startTime", "metadata", "usage_object"])
    def test_what_is_odd_is_left_out(self, name: str, odd: object) -> None:
        payload = self.payload() | {name: odd, "request_tags": odd, "error_information": odd}

        kept = litellm_payloads.slim(payload, "")

        assert json.dumps(kept, allow_nan=False)

    def test_no_payload(self) -> None:
        assert litellm_payloads.slim(None, "") is None


class TestWhatAnAnswerSays:
    def test_openais(self) -> None:
        usage = {
            "prompt_tokens": 100,
            "completion_tokens": 9,
            "prompt_tokens_details": {"cached_tokens": 40},
        }

        found = litellm_payloads.usage_of([SimpleNamespace(usage=usage)])

        assert found == Counts(input_tokens=100, cached_input_tokens=40, output_tokens=9)

    def test_anthropics_whose_input_leaves_out_the_cached(self) -> None:
        usage = {"input_tokens": 60, "cache_read_input_tokens": 40, "output_tokens": 9}

        found = litellm_payloads.usage_of([{"type": "message", "usage": usage}])

        assert found == Counts(input_tokens=100, cached_input_tokens=40, output_tokens=9)

    def test_a_stream_of_bytes_whose_figures_grow(self) -> None:
        begun = {
            "type": "message_start",
            "message": {"type": "message", "usage": {"input_tokens": 60, "output_tokens": 1}},
        }
        ended = {"type": "message_delta", "usage": {"output_tokens": 9}}
        chunk = b"".join(
            b"event: x\ndata: " + json.dumps(one).encode() + b"\n\n" for one in (begun, ended)
        )

        found = litellm_payloads.usage_of(litellm_payloads.of_bytes(chunk))

        assert found == Counts(input_tokens=60, output_tokens=9)

    def test_half_an_event_says_nothing(self) -> None:
        assert litellm_payloads.of_bytes(b'data: {"usage": {"input') == []

    @pytest.mark.parametrize("told", [[], ["text"], [{"usage": None}], [{"usage": {}}], [object()]])
    def test_none(self, told: list[object]) -> None:
        assert litellm_payloads.usage_of(told) is None
