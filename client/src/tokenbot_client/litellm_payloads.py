"""What a LiteLLM proxy knows of a call: whose it is and how large before it, what it used after."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokenbot_client import counts
from tokenbot_client.counts import Counts, field

#: What an image or a file in a message counts for, whose tokens nobody knows beforehand; and what
#: is put around each message.
OTHER_PART_TOKENS = 1_000
MESSAGE_TOKENS = 4
#: Longer texts are counted by samples of so many characters: a call must not wait for its counting.
LONG_TEXT = 30_000
_SAMPLE = 10_000
#: The most that tokenbot takes as one count, as text, and as a model's name.
COUNT_MAX = 10**10
_TEXT_MAX = 200
_NAME_MAX = 100
_ANSWERS_MAX = 128
_PROJECT_TAG = "project:"

#: Where a request of any route says what is sent.
_SENT = (
    "messages",
    "system",
    "instructions",
    "prompt",
    "input",
    "contents",
    "query",
    "tools",
    "functions",
)
_BINARY = frozenset({"data", "url", "image_url", "file_data", "b64_json", "file_id"})
_LIMITS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
#: Routes that put nothing out.
_NO_OUTPUT = frozenset({"aembedding", "embeddings", "embedding", "amoderation", "moderation"})

#: What tokenbot reads of a payload. Prompts and answers are nobody's business.
_TEXTS = (
    "id",
    "litellm_call_id",
    "status",
    "model",
    "model_group",
    "custom_llm_provider",
    "call_type",
)
_NUMBERS = ("startTime", "prompt_tokens", "completion_tokens", "total_tokens", "response_cost")
_FLAGS = ("cache_hit", "stream")
_WHO = (
    "user_api_key_user_email",
    "user_api_key_user_id",
    "user_api_key_alias",
    "user_api_key_hash",
    "user_api_key_team_alias",
    "user_api_key_team_id",
    "user_api_key_project_alias",
    "user_api_key_project_id",
)
_USED: Mapping[str, Sequence[str]] = {
    "prompt_tokens_details": ("cached_tokens", "cache_creation_tokens", "cache_write_tokens"),
    "completion_tokens_details": ("reasoning_tokens",),
}
#: Whose input leaves out what was cached.
_ANTHROPIC = frozenset({"message", "message_delta"})
_USED_WHOLE = ("cache_read_input_tokens", "cache_creation_input_tokens")


@dataclass(frozen=True)
class Asked:
    """A call before it is made."""

    user: str
    project: str
    input_tokens: int
    #: The caller's own limit; None where it has none.
    max_output_tokens: int | None


def asked(
    key: object,
    data: Mapping[str, Any],
    call_type: str,
    *,
    trusted_keys: frozenset[str],
    count: Callable[[str], int],
) -> Asked:
    """Who asks, by what the proxy knows of their key, and for how much; `count` counts a text.

    What a client says of itself counts only for keys that are trusted with it.
    """
    text, other = sized({name: data[name] for name in _SENT if data.get(name)})
    return Asked(
        user=_user(key, data, trusted_keys),
        project=clean(field(key, "project_alias") or field(key, "project_id"), _NAME_MAX),
        input_tokens=min(counted(text, count) + other, COUNT_MAX),
        max_output_tokens=0 if call_type in _NO_OUTPUT else _limit(data),
    )


def sized(sent: object) -> tuple[str, int]:
    """All text of a request of any route, and what the rest of it counts for."""
    texts: list[str] = []
    other = 0
    left: list[object] = [sent]
    while left:
        found = left.pop()
        if isinstance(found, str):
            texts.append(found)
        elif isinstance(found, Mapping):
            other += MESSAGE_TOKENS if "role" in found else 0
            for name, value in found.items():
                if name in _BINARY and isinstance(value, (str, Mapping)):
                    other += OTHER_PART_TOKENS
                else:
                    left.append(value)
        elif isinstance(found, (list, tuple)):
            left.extend(found)
        elif isinstance(found, int):  # a prompt may be tokens already
            other += 1
    return "\n".join(texts), other


def counted(text: str, count: Callable[[str], int]) -> int:
    """The text's tokens; of a long one, what its beginning, middle and end say of the whole."""
    if len(text) <= LONG_TEXT:
        return count(text)
    middle = len(text) // 2
    sample = text[:_SAMPLE] + text[middle : middle + _SAMPLE] + text[-_SAMPLE:]
    return math.ceil(count(sample) * len(text) / len(sample))


def slim(payload: object, user: str) -> dict[str, Any] | None:
    """What of a `StandardLoggingPayload` is kept and sent; `user` is whose call it is, if known."""
    if not isinstance(payload, Mapping):
        return None
    kept: dict[str, Any] = {name: clean(payload.get(name)) for name in _TEXTS}
    kept |= {name: payload.get(name) for name in _NUMBERS if _is_number(payload.get(name))}
    kept |= {name: payload.get(name) is True for name in _FLAGS}
    tags = payload.get("request_tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str) and tag.startswith(_PROJECT_TAG):
            kept["request_tags"] = [clean(tag)]
            break
    metadata = payload.get("metadata")
    kept["metadata"] = {
        **{name: clean(field(metadata, name)) for name in _WHO},
        "usage_object": _used(field(metadata, "usage_object")),
    }
    if user:
        kept["metadata"]["user_api_key_user_email"] = user
    if code := field(payload.get("error_information"), "error_code"):
        kept["error_information"] = {"error_code": clean(str(code))}
    return kept


def usage_of(told: Sequence[object]) -> Counts | None:
    """What an answer, or the parts of a stream, say that was used; None where they don't."""
    wholes = [field(one, "response") or field(one, "message") or one for one in told]
    usages = [found for one in wholes if (found := field(one, "usage")) is not None]
    if not usages:
        return None
    is_anthropic = any(field(one, "type") in _ANTHROPIC for one in wholes)
    used = (counts.of_anthropic if is_anthropic else counts.of_openai)(usages)
    return used if used.input_tokens or used.output_tokens else None


def of_bytes(chunk: bytes) -> list[object]:
    """The events of server-sent ones that tell of usage: Anthropic's streams come as they are."""
    told: list[object] = []
    for line in chunk.splitlines():
        if line.startswith(b"data:") and b'"usage"' in line:
            try:
                told.append(json.loads(line[5:]))
            except ValueError:  # cut in two: its call's own payload comes all the same
                continue
    return told


def provisional(
    *,
    response_id: str,
    call_id: str,
    began: float,
    model: str,
    provider: str,
    user: str,
    used: Counts,
    is_estimate: bool,
) -> dict[str, Any]:
    """A payload like the proxy's own, by what is known while the answer goes out."""
    left = {"error_information": {"error_code": "499"}} if is_estimate else {}
    return {
        **left,
        "id": clean(response_id) or clean(call_id),
        "litellm_call_id": clean(call_id),
        "startTime": began,
        "status": "success",
        "model": clean(model),
        "custom_llm_provider": clean(provider),
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        "metadata": {
            "user_api_key_user_email": user,
            "usage_object": {
                "prompt_tokens_details": {
                    "cached_tokens": used.cached_input_tokens,
                    "cache_write_tokens": used.cache_write_tokens,
                },
                "completion_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
            },
        },
    }


def clean(text: object, most: int = _TEXT_MAX) -> str:
    """A text as tokenbot takes it; empty for what is none."""
    if not isinstance(text, str):
        return ""
    if len(text) <= most and text.isprintable():
        return text.strip()
    return "".join(one for one in text[: 4 * most] if one.isprintable()).strip()[:most]


def _user(key: object, data: Mapping[str, Any], trusted_keys: frozenset[str]) -> str:
    if field(key, "key_alias") in trusted_keys:
        said = clean(field(key, "end_user_id") or data.get("user"))
        if said:
            return said
    names = (field(key, name) for name in ("user_email", "user_id", "key_alias", "api_key"))
    return next((name for name in map(clean, names) if name), "")


def _limit(data: Mapping[str, Any]) -> int | None:
    answers = data.get("n")
    times = answers if isinstance(answers, int) else 1
    for name in _LIMITS:
        limit = data.get(name)
        if isinstance(limit, int) and limit >= 0:
            return min(limit * min(max(times, 1), _ANSWERS_MAX), COUNT_MAX)
    return None


def _used(usage: object) -> dict[str, Any]:
    kept: dict[str, Any] = {
        part: {name: found for name in names if _is_number(found := field(inside, name))}
        for part, names in _USED.items()
        if (inside := field(usage, part)) is not None
    }
    whole = {name: field(usage, name) for name in _USED_WHOLE}
    return kept | {name: found for name, found in whole.items() if _is_number(found)}


def _is_number(found: object) -> bool:
    """One that JSON can say."""
    if isinstance(found, bool):
        return False
    return isinstance(found, int) or (isinstance(found, float) and math.isfinite(found))
