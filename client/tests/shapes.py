"""Answers of the providers, in the shapes that they document."""

from typing import Any

from peers import Answer, sse

#: 1,200 of input, 1,024 of them cached and 100 written; 50 of output, 30 of them reasoning.
CHAT_USAGE = {
    "prompt_tokens": 1200,
    "completion_tokens": 50,
    "total_tokens": 1250,
    "prompt_tokens_details": {"cached_tokens": 1024, "cache_write_tokens": 100},
    "completion_tokens_details": {"reasoning_tokens": 30, "rejected_prediction_tokens": 5},
}
RESPONSES_USAGE = {
    "input_tokens": 1200,
    "input_tokens_details": {"cached_tokens": 1024, "cache_write_tokens": 100},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 30},
    "total_tokens": 1250,
}
#: The same call as Anthropic counts: 76 of input beside 1,024 read and 100 written.
MESSAGES_USAGE = {
    "input_tokens": 76,
    "cache_read_input_tokens": 1024,
    "cache_creation_input_tokens": 100,
    "cache_creation": {"ephemeral_5m_input_tokens": 60, "ephemeral_1h_input_tokens": 40},
    "output_tokens": 50,
    "output_tokens_details": {"thinking_tokens": 30},
}
COUNTS = {
    "input_tokens": 1200,
    "cached_input_tokens": 1024,
    "cache_write_tokens": 100,
    "output_tokens": 50,
    "reasoning_tokens": 30,
}


def chat(usage: Any = CHAT_USAGE, response_id: str = "chatcmpl-1") -> Answer:
    message = {"role": "assistant", "content": "Hello"}
    return Answer(
        {
            "id": response_id,
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": usage,
        }
    )


def chat_chunk(text: str | None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None if text else "stop"}
    return {
        "id": "chatcmpl-2",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "gpt-4o-2024-08-06",
        "choices": [choice],
        **more,
    }


def chat_stream(usage: Any = CHAT_USAGE) -> Answer:
    """As with `stream_options.include_usage`: the usage comes last, without choices."""
    chunks = [chat_chunk("Hel", usage=None), chat_chunk("lo", usage=None), chat_chunk(None)]
    last = [chat_chunk(None, choices=[], usage=usage)] if usage else []
    return Answer(chunks=sse(*chunks, *last, done=True))


def response(status: str = "completed", usage: Any = RESPONSES_USAGE) -> dict[str, Any]:
    text = {"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "model": "gpt-5",
        "status": status,
        "output": [
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [text],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def response_stream(end: str = "completed") -> Answer:
    begun = {**response("in_progress", None), "output": []}
    return Answer(
        chunks=sse(
            {"type": "response.created", "sequence_number": 0, "response": begun},
            {"type": "response.in_progress", "sequence_number": 1, "response": begun},
            {"type": f"response.{end}", "sequence_number": 2, "response": response(end)},
            is_named=True,
        )
    )


def embeddings() -> Answer:
    return Answer(
        {
            "object": "list",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
            "model": "text-embedding-3-small",
            "usage": {"prompt_tokens": 8, "total_tokens": 8},
        }
    )


def message(usage: Any = MESSAGES_USAGE, message_id: str = "msg_01") -> dict[str, Any]:
    return {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }


def message_stream(*, is_cut: bool = False, message_id: str = "msg_01") -> Answer:
    """Figures grow: the start tells of one token of output, each delta of all until then."""
    begun_usage = {**MESSAGES_USAGE, "output_tokens": 1}
    start = {**message(begun_usage, message_id), "content": [], "stop_reason": None}
    delta = {"stop_reason": None, "stop_sequence": None}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    details = MESSAGES_USAGE["output_tokens_details"]
    begun: list[dict[str, Any]] = [
        {"type": "message_start", "message": start},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        },
        {"type": "ping"},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": "Hello"},
        },
    ]
    ended: list[dict[str, Any]] = [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 20}},
        {
            "type": "message_delta",
            "delta": end,
            "usage": {"output_tokens": 50, "output_tokens_details": details},
        },
        {"type": "message_stop"},
    ]
    events = begun if is_cut else [*begun, *ended]
    return Answer(chunks=sse(*events, is_named=True), is_cut=is_cut)
