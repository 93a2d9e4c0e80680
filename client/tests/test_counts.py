"""The double-counting traps: what each provider's fields include, and what a total must be."""

from typing import Any

import pytest
import shapes

from tokenbot_client.counts import Counts, of_anthropic, of_openai

#: Usage as told (of a stream: first and last), and the one right reading.
OPENAI: dict[str, tuple[list[Any], Counts]] = {
    "cached and written input is inside the prompt": (
        [{"prompt_tokens": 1200, "prompt_tokens_details": {"cached_tokens": 1024}}],
        Counts(1200, 1024, 0, 0, 0),
    ),
    "reasoning is inside the completion": (
        [{"completion_tokens": 50, "completion_tokens_details": {"reasoning_tokens": 30}}],
        Counts(0, 0, 0, 50, 30),
    ),
    "rejected predictions are inside the completion": (
        [{"completion_tokens": 50, "completion_tokens_details": {"rejected_prediction_tokens": 9}}],
        Counts(0, 0, 0, 50, 0),
    ),
    "audio and image parts are inside their totals": (
        [{"prompt_tokens": 90, "prompt_tokens_details": {"audio_tokens": 30, "image_tokens": 9}}],
        Counts(90, 0, 0, 0, 0),
    ),
    "responses read like chats": (
        [shapes.RESPONSES_USAGE],
        Counts(1200, 1024, 100, 50, 30),
    ),
    "chats read like responses": ([shapes.CHAT_USAGE], Counts(1200, 1024, 100, 50, 30)),
    "writes by lifetime are inside the writes": (
        [
            {
                "input_tokens": 300,
                "input_tokens_details": {
                    "cached_tokens": 0,
                    "cache_write_tokens": 90,
                    "cache_write_tokens_details": {"ttl_30m_tokens": 60, "ttl_12h_tokens": 30},
                },
            }
        ],
        Counts(300, 0, 90, 0, 0),
    ),
    "figures that a stream repeats grow": (
        [
            {"prompt_tokens": 9, "completion_tokens": 1},
            {"prompt_tokens": 9, "completion_tokens": 4},
        ],
        Counts(9, 0, 0, 4, 0),
    ),
    "details may be null": (
        [{"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": None}],
        Counts(9, 0, 0, 4, 0),
    ),
    "embeddings have no output": ([{"prompt_tokens": 8, "total_tokens": 8}], Counts(8)),
}
ANTHROPIC: dict[str, tuple[list[Any], Counts]] = {
    "cached and written input is beside the input": (
        [{"input_tokens": 76, "cache_read_input_tokens": 1024, "cache_creation_input_tokens": 100}],
        Counts(1200, 1024, 100, 0, 0),
    ),
    "writes by lifetime are inside the writes": (
        [
            {
                "input_tokens": 0,
                "cache_creation_input_tokens": 100,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 60,
                    "ephemeral_1h_input_tokens": 40,
                },
            }
        ],
        Counts(100, 0, 100, 0, 0),
    ),
    "thinking is inside the output": (
        [{"output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30}}],
        Counts(0, 0, 0, 50, 30),
    ),
    "a stream's later figures replace the earlier": (
        [
            {"input_tokens": 76, "cache_read_input_tokens": 1024, "output_tokens": 1},
            {"input_tokens": 80, "cache_read_input_tokens": None, "output_tokens": 50},
        ],
        Counts(1104, 1024, 0, 50, 0),
    ),
    "a compaction is beside the totals, messages are inside": (
        [
            {
                "input_tokens": 100,
                "output_tokens": 20,
                "iterations": [
                    {
                        "type": "compaction",
                        "input_tokens": 1000,
                        "cache_read_input_tokens": 500,
                        "output_tokens": 300,
                    },
                    {"type": "message", "input_tokens": 100, "output_tokens": 20},
                ],
            }
        ],
        Counts(1600, 500, 0, 320, 0),
    ),
    "cache fields may be null": (
        [{"input_tokens": 9, "cache_read_input_tokens": None, "output_tokens": 4}],
        Counts(9, 0, 0, 4, 0),
    ),
}


@pytest.mark.parametrize("trap", OPENAI)
def test_openai_counts(trap: str) -> None:
    told, right = OPENAI[trap]

    assert of_openai(told) == right


@pytest.mark.parametrize("trap", ANTHROPIC)
def test_anthropic_counts(trap: str) -> None:
    told, right = ANTHROPIC[trap]

    assert of_anthropic(told) == right


def test_the_same_call_counts_the_same_whoever_tells_of_it() -> None:
    chat = of_openai([shapes.CHAT_USAGE])

    assert chat == of_openai([shapes.RESPONSES_USAGE]) == of_anthropic([shapes.MESSAGES_USAGE])
    assert chat.input_tokens + chat.output_tokens == shapes.CHAT_USAGE["total_tokens"]
