"""Tokens of AI calls in disjoint classes, which add up to the provider's total.

Providers disagree on which of their fields includes which; each adapter converts its own once, here
(docs/metering.md has the table of traps).
"""

from dataclasses import dataclass

#: The most of one class in one event: a day of a large company in a provider's report fits.
COUNT_MAX = 10**10


class CountsRefused(ValueError):
    """Counts that no call can have; the message names the field and what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a call used. Input is the first three together; reasoning is a part of output."""

    input_uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    #: Kept beside: it is inside `output` and never added.
    reasoning: int = 0

    def __post_init__(self) -> None:
        for name in ("input_uncached", "cache_read", "cache_write", "output", "reasoning"):
            checked(name, getattr(self, name))
        if self.reasoning > self.output:
            raise CountsRefused(
                f"reasoning_tokens ({self.reasoning:,}) are more than output_tokens "
                f"({self.output:,}), which include them"
            )

    @property
    def input(self) -> int:
        """All input, cached and cache-write included."""
        return self.input_uncached + self.cache_read + self.cache_write

    @property
    def total(self) -> int:
        """Input and output, as providers' `total_tokens`."""
        return self.input + self.output


def of_totals(
    *,
    input_tokens: int,
    output_tokens: int,
    cached_input_tokens: int = 0,
    cache_write_tokens: int = 0,
    reasoning_tokens: int = 0,
) -> Counts:
    """Counts where input includes what was read from and written to a cache.

    Raises `CountsRefused` for negative or absurd ones, and parts larger than their whole.
    """
    checked("input_tokens", input_tokens)
    checked("output_tokens", output_tokens)
    checked("cached_input_tokens", cached_input_tokens)
    checked("cache_write_tokens", cache_write_tokens)
    checked("reasoning_tokens", reasoning_tokens)
    uncached = input_tokens - cached_input_tokens - cache_write_tokens
    if uncached < 0:
        raise CountsRefused(
            f"cached_input_tokens ({cached_input_tokens:,}) and cache_write_tokens "
            f"({cache_write_tokens:,}) are more than input_tokens ({input_tokens:,}), "
            "which include them"
        )
    return Counts(
        input_uncached=uncached,
        cache_read=cached_input_tokens,
        cache_write=cache_write_tokens,
        output=output_tokens,
        reasoning=reasoning_tokens,
    )


def checked(name: str, count: int) -> None:
    """Raises `CountsRefused` unless it is a whole number in range."""
    if type(count) is not int or not 0 <= count <= COUNT_MAX:
        raise CountsRefused(f"{name} must be a whole number from 0 to {COUNT_MAX:,}, not {count}")
