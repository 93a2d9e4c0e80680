"""A provider that uses as many tokens as its prompt says: `{"input": 1200, "output": 50}`.

It speaks OpenAI's chat completions and responses, and Anthropic's messages, streaming and not. As
with the real ones, OpenAI's input includes what is cached, and Anthropic's doesn't.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from itertools import count
from threading import Event
from typing import Any

from tests.gateway.wire import Handler

_IDS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a call is to use; `nonce` makes it differ from any other."""

    input: int
    output: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    nonce: str = ""
    #: A stream that goes on until its client leaves.
    is_endless: bool = False

    @property
    def text(self) -> str:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({name: value for name, value in fields.items() if value})


class Upstream(Handler):
    """Answers any prompt with one word and the usage that was asked for."""

    def do_POST(self) -> None:  # noqa: N802 - http.server's
        asked = json.loads(self.read())
        chunks, whole = {
            "/v1/chat/completions": _chat,
            "/v1/messages": _messages,
            "/v1/responses": _responses,
        }[self.path.partition("?")[0]](asked)
        if asked.get("stream"):
            self._stream(chunks)
        else:
            self.answer(whole)

    def _stream(self, chunks: Iterator[tuple[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        try:
            for name, data in chunks:
                head = f"event: {name}\n" if name else ""
                text = data if isinstance(data, str) else json.dumps(data)
                self.wfile.write(f"{head}data: {text}\n\n".encode())
                self.wfile.flush()
        except ConnectionError:
            """The client left, which is what an endless stream waits for."""


def server() -> ThreadingHTTPServer:
    """One that listens on any free port."""
    return ThreadingHTTPServer(("127.0.0.1", 0), Upstream)


def _prompt(content: Any) -> Prompt:
    text = content if isinstance(content, str) else content[-1]["text"]
    return Prompt(**json.loads(text))


def _chat(asked: dict[str, Any]) -> tuple[Iterator[tuple[str, Any]], dict[str, Any]]:
    prompt = _prompt(asked["messages"][-1]["content"])
    usage = {
        "prompt_tokens": prompt.input,
        "completion_tokens": prompt.output,
        "total_tokens": prompt.input + prompt.output,
        "prompt_tokens_details": {"cached_tokens": prompt.cached},
        "completion_tokens_details": {"reasoning_tokens": prompt.reasoning},
    }
    frame = {"id": f"chatcmpl-{next(_IDS)}", "created": 1, "model": asked["model"]}
    word = {"role": "assistant", "content": "word"}
    whole = {
        **frame,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": word, "finish_reason": "stop"}],
        "usage": usage,
    }

    def chunks() -> Iterator[tuple[str, Any]]:
        part = {**frame, "object": "chat.completion.chunk"}
        yield "", {**part, "choices": [{"index": 0, "delta": word, "finish_reason": None}]}
        while prompt.is_endless:
            Event().wait(0.02)
            more = {"index": 0, "delta": {"content": " word"}, "finish_reason": None}
            yield "", {**part, "choices": [more]}
        yield "", {**part, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        if asked.get("stream_options", {}).get("include_usage"):
            yield "", {**part, "choices": [], "usage": usage}
        yield "", "[DONE]"

    return chunks(), whole


def _messages(asked: dict[str, Any]) -> tuple[Iterator[tuple[str, Any]], dict[str, Any]]:
    prompt = _prompt(asked["messages"][-1]["content"])
    usage = {
        "input_tokens": prompt.input - prompt.cached - prompt.written,
        "cache_read_input_tokens": prompt.cached,
        "cache_creation_input_tokens": prompt.written,
        "output_tokens": prompt.output,
    }
    frame: dict[str, Any] = {
        "id": f"msg_{next(_IDS)}",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "stop_sequence": None,
    }
    text = {"type": "text", "text": "word"}
    whole = {**frame, "content": [text], "stop_reason": "end_turn", "usage": usage}

    def chunks() -> Iterator[tuple[str, Any]]:
        started = {**frame, "content": [], "usage": {**usage, "output_tokens": 1}}
        ended = {"stop_reason": "end_turn", "stop_sequence": None}
        for event in (
            {"type": "message_start", "message": started},
            {"type": "content_block_start", "index": 0, "content_block": {**text, "text": ""}},
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": "word"},
            },
            {"type": "content_block_stop", "index": 0},
            # Cumulative: the last says all.
            {
                "type": "message_delta",
                "delta": ended,
                "usage": {"output_tokens": prompt.output},
            },
            {"type": "message_stop"},
        ):
            yield str(event["type"]), event

    return chunks(), whole


def _responses(asked: dict[str, Any]) -> tuple[Iterator[tuple[str, Any]], dict[str, Any]]:
    told = asked["input"]
    prompt = _prompt(told if isinstance(told, str) else told[-1]["content"])
    frame: dict[str, Any] = {
        "id": f"resp_{next(_IDS)}",
        "object": "response",
        "created_at": 1,
        "model": asked["model"],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
    }
    said = {"type": "output_text", "text": "word", "annotations": []}
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    whole = {
        **frame,
        "status": "completed",
        "output": [{**message, "content": [said]}],
        "usage": {
            "input_tokens": prompt.input,
            "input_tokens_details": {"cached_tokens": prompt.cached},
            "output_tokens": prompt.output,
            "output_tokens_details": {"reasoning_tokens": prompt.reasoning},
            "total_tokens": prompt.input + prompt.output,
        },
    }

    def chunks() -> Iterator[tuple[str, Any]]:
        begun = {**frame, "status": "in_progress", "output": []}
        yield (
            "response.created",
            {
                "type": "response.created",
                "sequence_number": 0,
                "response": begun,
            },
        )
        yield (
            "response.completed",
            {
                "type": "response.completed",
                "sequence_number": 1,
                "response": whole,
            },
        )

    return chunks(), whole
