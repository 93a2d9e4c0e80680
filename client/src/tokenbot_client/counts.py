"""A response's `usage` as tokenbot counts: input with its cached parts, output with reasoning.

Which field of a provider includes which is decided here and nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Counts:
    """The tokens of one call."""

    #: All input, cached and cache-write included.
    input_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    #: All output, reasoning included.
    output_tokens: int = 0
    reasoning_tokens: int = 0


def of_openai(told: Sequence[object]) -> Counts:
    """Chat, responses and embeddings: the totals already include cached input and reasoning."""
    details = ("prompt_tokens_details", "input_tokens_details")
    reasoning = ("completion_tokens_details", "output_tokens_details")
    return Counts(
        input_tokens=_number(told, "prompt_tokens") or _number(told, "input_tokens"),
        cached_input_tokens=_part(told, details, "cached_tokens"),
        cache_write_tokens=_part(told, details, "cache_write_tokens"),
        output_tokens=_number(told, "completion_tokens") or _number(told, "output_tokens"),
        reasoning_tokens=_part(told, reasoning, "reasoning_tokens"),
    )


def of_anthropic(told: Sequence[object]) -> Counts:
    """Messages: `input_tokens` leaves cached and cache-write out, so that they are added.

    `cache_creation` splits `cache_creation_input_tokens` by its lifetime: it is not added again.
    What a compaction or an advisor used is listed apart, and is in none of the totals.
    """
    apart = [
        one
        for one in _listed(told, "iterations")
        if field(one, "type") in ("compaction", "advisor_message")
    ]
    calls: list[Sequence[object]] = [told, *([one] for one in apart)]
    cached = sum(_number(call, "cache_read_input_tokens") for call in calls)
    written = sum(_number(call, "cache_creation_input_tokens") for call in calls)
    return Counts(
        input_tokens=sum(_number(call, "input_tokens") for call in calls) + cached + written,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        output_tokens=sum(_number(call, "output_tokens") for call in calls),
        reasoning_tokens=_part(told, ("output_tokens_details",), "thinking_tokens"),
    )


#: What only Anthropic's usage has, and what only tokenbot's own.
_ANTHROPIC = ("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation")
_OURS = ("cached_input_tokens", "cache_write_tokens", "reasoning_tokens")


def of_any(usage: object) -> Counts:
    """A response's usage, whoever's it is: an SDK's object, its JSON, or `Counts`.

    Raises `TypeError` for what tells of no tokens.
    """
    if isinstance(usage, Counts):
        return usage
    if all(field(usage, name) is None for name in ("input_tokens", "prompt_tokens")):
        raise TypeError(
            f"no usage of tokens: {type(usage).__name__}. settle() takes the usage of a response; "
            "where the provider told none, settle(Counts(input_tokens=…, output_tokens=…)) charges "
            "what you know, and void() nothing. A chat stream tells of its usage only with "
            "stream_options={'include_usage': True}"
        )
    if any(field(usage, name) is not None for name in _ANTHROPIC):
        return of_anthropic([usage])
    counted = of_openai([usage])
    ours = {name: of for name in _OURS if isinstance(of := field(usage, name), int)}
    return replace(counted, **ours)


def field(thing: object, name: str) -> object:
    """A field of an SDK's object or of plain JSON; None where there is none."""
    if isinstance(thing, Mapping):
        return thing.get(name)
    return getattr(thing, name, None)


def _last(told: Sequence[object], name: str) -> object:
    """A field as it was told last. Figures of a stream grow: summing them would count twice."""
    for usage in reversed(told):
        value = field(usage, name)
        if value is not None:
            return value
    return None


def _number(told: Sequence[object], name: str) -> int:
    value = _last(told, name)
    return value if isinstance(value, int) else 0


def _part(told: Sequence[object], containers: Sequence[str], name: str) -> int:
    for container in containers:
        value = field(_last(told, container), name)
        if isinstance(value, int):
            return value
    return 0


def _listed(told: Sequence[object], name: str) -> Sequence[object]:
    value = _last(told, name)
    return value if isinstance(value, list) else ()
