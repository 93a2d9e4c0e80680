"""What LiteLLM's `generic_api` callback sends: a `StandardLoggingPayload` for each call.

The proxy brings every provider's figures into one form before it sends them: `prompt_tokens`
includes what was read from and written to a cache, `completion_tokens` includes reasoning.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from bot.adapters import usage_events
from bot.domain import counts
from bot.domain.counts import Counts, CountsRefused
from bot.domain.usage_events import (
    COST_NANO_MAX,
    METADATA_TEXT_MAX,
    USER_MAX,
    EventRefused,
    UsageEvent,
)

SOURCE = "litellm"
#: What the proxy itself knows of the caller, the surest first. `end_user` is what a client says of
#: itself: it never chooses who pays.
_USER_FIELDS = (
    "user_api_key_user_email",
    "user_api_key_user_id",
    "user_api_key_alias",
    "user_api_key_hash",
)
_TEAM_FIELDS = ("user_api_key_team_alias", "user_api_key_team_id")
_PROJECT_FIELDS = ("user_api_key_project_alias", "user_api_key_project_id")
#: A request's tag that names its project, where the key belongs to none.
_PROJECT_TAG = "project:"
#: The code of a call whose client left before the provider had told its figures.
_CLIENT_LEFT = "499"
_UNKNOWN_MODEL = "unknown"
_NOTHING: Mapping[str, object] = MappingProxyType({})


def event_of(payload: object) -> UsageEvent | None:
    """The event that a payload tells of; None for a call that failed or used nothing.

    Raises `EventRefused` naming the field that can't be read.
    """
    if not isinstance(payload, Mapping):
        raise EventRefused("a payload must be a JSON object")
    if _has_failed(payload):
        return None
    metadata = _part(payload, "metadata")
    used = _counts(payload, metadata)
    cost = _cost_nano(payload)
    if not used.total and not cost:
        return None
    # LiteLLM knows no price for many a model and says 0.0 then; only a cache hit costs nothing.
    is_free = payload.get("cache_hit") is True
    provider = _text(payload, "custom_llm_provider")
    return UsageEvent(
        source=SOURCE,
        external_id=_external_id(payload),
        occurred_at=_start(payload),
        user=_first(metadata, _USER_FIELDS, limit=USER_MAX),
        model=_text(payload, "model").removeprefix(f"{provider}/") or _UNKNOWN_MODEL,
        provider=provider,
        counts=used,
        cost_nano=cost if cost or is_free else None,
        project=_first(metadata, _PROJECT_FIELDS) or _tagged_project(payload),
        team=_first(metadata, _TEAM_FIELDS),
        metadata=_details(payload, metadata),
        is_free=is_free,
        is_estimate=str(_part(payload, "error_information").get("error_code")) == _CLIENT_LEFT,
    )


def _has_failed(payload: Mapping[str, object]) -> bool:
    status = payload.get("status")
    if not isinstance(status, str) or status not in {"success", "failure"}:
        raise EventRefused(f"status must be success or failure, not {_shown(status)}")
    return status == "failure"


def _counts(payload: Mapping[str, object], metadata: Mapping[str, object]) -> Counts:
    usage = _part(metadata, "usage_object")
    prompt = _part(usage, "prompt_tokens_details")
    completion = _part(usage, "completion_tokens_details")
    reasoning = _whole(completion, "reasoning_tokens")
    try:
        return counts.of_totals(
            input_tokens=_whole(payload, "prompt_tokens", is_needed=True),
            output_tokens=_output(payload, reasoning),
            # Each number has several names, by provider and route; never are two of them added.
            cached_input_tokens=max(
                _whole(prompt, "cached_tokens"), _whole(usage, "cache_read_input_tokens")
            ),
            cache_write_tokens=max(
                _whole(prompt, "cache_creation_tokens"),
                _whole(prompt, "cache_write_tokens"),
                _whole(usage, "cache_creation_input_tokens"),
            ),
            reasoning_tokens=reasoning,
        )
    except CountsRefused as refused:
        raise EventRefused(f"the call's counts can't be: {refused}") from None


def _output(payload: Mapping[str, object], reasoning: int) -> int:
    """All output. Where a provider leaves reasoning out of it, only the total shows that."""
    completion = _whole(payload, "completion_tokens", is_needed=True)
    outside = _whole(payload, "total_tokens") - _whole(payload, "prompt_tokens") - completion
    return completion + (reasoning if outside == reasoning else 0)


def _cost_nano(payload: Mapping[str, object]) -> int:
    dollars = payload.get("response_cost")
    if dollars is None:
        return 0
    if not isinstance(dollars, int | float | Decimal) or isinstance(dollars, bool):
        raise EventRefused(f"response_cost must be a number, not {_shown(dollars)}")
    exact = Decimal(str(dollars))
    if not exact.is_finite() or not 0 <= exact <= Decimal(COST_NANO_MAX).scaleb(-9):
        raise EventRefused(f"response_cost ({_shown(dollars)}) is not what a call can cost")
    return int(exact.scaleb(9).to_integral_value())


def _external_id(payload: Mapping[str, object]) -> str:
    """The same for the same call. A client can choose the call id, but not all three."""
    if not payload.get("id"):
        raise EventRefused("id is missing")
    told = [str(payload.get(name)) for name in ("litellm_call_id", "id", "startTime")]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _start(payload: Mapping[str, object]) -> datetime:
    seconds = payload.get("startTime")
    if not isinstance(seconds, int | float | Decimal) or isinstance(seconds, bool):
        raise EventRefused(f"startTime must be in seconds since 1970, not {_shown(seconds)}")
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise EventRefused(f"startTime ({_shown(seconds)}) is no time") from None


def _tagged_project(payload: Mapping[str, object]) -> str:
    tags = payload.get("request_tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str) and tag.startswith(_PROJECT_TAG):
            return _clean(tag.removeprefix(_PROJECT_TAG))[:METADATA_TEXT_MAX]
    return ""


def _details(payload: Mapping[str, object], metadata: Mapping[str, object]) -> Mapping[str, str]:
    """What helps to find the call again; nothing of what was said in it."""
    told = {
        "call_id": _text(payload, "litellm_call_id"),
        "response_id": _text(payload, "id"),
        "call_type": _text(payload, "call_type"),
        "model_group": _text(payload, "model_group"),
        "key_alias": _text(metadata, "user_api_key_alias"),
        "stream": "yes" if payload.get("stream") is True else "",
    }
    return MappingProxyType({name: text for name, text in told.items() if text})


def _part(whole: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object in the payload; an empty one where it is missing or null."""
    part = whole.get(name)
    if part is None:
        return _NOTHING
    if not isinstance(part, Mapping):
        raise EventRefused(f"{name} must be an object, not {_shown(part)}")
    return part


def _whole(whole: Mapping[str, object], name: str, *, is_needed: bool = False) -> int:
    """A count; 0 where it is missing or null and not needed."""
    count = whole.get(name)
    if count is None and not is_needed:
        return 0
    whole_count = usage_events.without_point(count)
    if type(whole_count) is not int:
        raise EventRefused(f"{name} must be a whole number, not {_shown(count)}")
    return whole_count


def _first(
    whole: Mapping[str, object], names: tuple[str, ...], *, limit: int = METADATA_TEXT_MAX
) -> str:
    """The first of these fields that says something."""
    return next((text for name in names if (text := _text(whole, name, limit=limit))), "")


def _text(whole: Mapping[str, object], name: str, *, limit: int = METADATA_TEXT_MAX) -> str:
    """A field's text, without what no database takes; empty where it is missing or null."""
    text = whole.get(name)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise EventRefused(f"{name} must be text, not {_shown(text)}")
    return _clean(text)[:limit]


def _clean(text: str) -> str:
    return "".join(one for one in text if one.isprintable()).strip()


def _shown(found: object) -> str:
    """What was found, short enough for an answer."""
    return "nothing" if found is None else f"{found!r}"[:80]
