"""People who call models through the proxy, and what the answers said that they used."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from bot.domain.counts import Counts
from tests.gateway.upstream import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call: its id, and the last usage that its client saw."""

    call_id: str
    usage: dict[str, Any]

    @property
    def counts(self) -> Counts:
        """The usage in our classes, by the rules of the API that gave it."""
        told = self.usage
        if "prompt_tokens" in told:
            return _openai(told, "prompt_tokens", "completion_tokens")
        if "input_tokens_details" in told:
            return _openai(told, "input_tokens", "output_tokens")
        return Counts(
            input_uncached=told["input_tokens"],
            cache_read=told["cache_read_input_tokens"],
            cache_write=told["cache_creation_input_tokens"],
            output=told["output_tokens"],
        )


class Caller:
    """Somebody with a key of the proxy's."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self._client = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer sk-{name}"}, timeout=60
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def chat(self, prompt: Prompt | str, model: str = "gpt", **more: Any) -> Called:
        """OpenAI's chat completions."""
        text = prompt if isinstance(prompt, str) else prompt.text
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        if more.get("stream"):
            body["stream_options"] = {"include_usage": True}
        return self._call("/v1/chat/completions", body)

    def messages(self, prompt: Prompt, model: str = "claude", **more: Any) -> Called:
        """Anthropic's messages."""
        asked = [{"role": "user", "content": prompt.text}]
        return self._call(
            "/v1/messages", {"model": model, "max_tokens": 100, "messages": asked, **more}
        )

    def responses(self, prompt: Prompt, model: str = "gpt", **more: Any) -> Called:
        """OpenAI's responses."""
        return self._call("/v1/responses", {"model": model, "input": prompt.text, **more})

    def post(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        return self._client.post(path, json=body, headers=headers)

    def leave_stream(self, prompt: Prompt, **more: Any) -> str:
        """The id of a call whose client goes away after the first words; empty if it is refused."""
        body = {
            "model": "gpt",
            "stream": True,
            "messages": [{"role": "user", "content": prompt.text}],
            **more,
        }
        with self._client.stream("POST", "/v1/chat/completions", json=body) as response:
            next(response.iter_lines())
            return response.headers["x-litellm-call-id"] if response.is_success else ""

    def _call(self, path: str, body: dict[str, Any]) -> Called:
        if not body.get("stream"):
            response = self.post(path, body).raise_for_status()
            return Called(
                call_id=response.headers["x-litellm-call-id"], usage=response.json()["usage"]
            )
        with self._client.stream("POST", path, json=body) as response:
            response.raise_for_status()
            usage: dict[str, Any] = {}
            for told in _events(response):
                usage |= {name: it for name, it in _usage(told).items() if it is not None}
            return Called(call_id=response.headers["x-litellm-call-id"], usage=usage)


def nonce() -> str:
    """What makes a prompt unlike any before."""
    return uuid4().hex


def _openai(told: dict[str, Any], given: str, said: str) -> Counts:
    inside = told.get(f"{given}_details") or {}
    cached = inside.get("cached_tokens") or 0
    return Counts(
        input_uncached=told[given] - cached,
        cache_read=cached,
        output=told[said],
        reasoning=(told.get(f"{said}_details") or {}).get("reasoning_tokens") or 0,
    )


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        data = line.removeprefix("data: ")
        if data not in {line, "[DONE]"}:
            yield json.loads(data)


def _usage(told: dict[str, Any]) -> dict[str, Any]:
    """Of an event of any of the three APIs; Anthropic's and ours to merge, for it is cumulative."""
    found = told.get("usage") or {}
    for part in ("message", "response"):
        found = found or (told.get(part) or {}).get("usage") or {}
    return dict(found)
