"""Token classes are disjoint and add up to the provider's total, or the counts are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.counts import COUNT_MAX, Counts, CountsRefused, of_totals

parts = st.integers(0, 10**6)


def test_input_includes_what_was_cached_and_output_what_was_reasoned() -> None:
    counts = of_totals(
        input_tokens=1_300,
        output_tokens=50,
        cached_input_tokens=1_000,
        cache_write_tokens=200,
        reasoning_tokens=40,
    )

    assert counts == Counts(
        input_uncached=100, cache_read=1_000, cache_write=200, output=50, reasoning=40
    )
    assert (counts.input, counts.total) == (1_300, 1_350)


@given(parts, parts, parts, parts)
def test_classes_add_up_to_input_and_output(
    uncached: int, read: int, write: int, output: int
) -> None:
    counts = of_totals(
        input_tokens=uncached + read + write,
        output_tokens=output,
        cached_input_tokens=read,
        cache_write_tokens=write,
        reasoning_tokens=output // 2,
    )

    assert counts.input_uncached == uncached
    assert counts.total == uncached + read + write + output


@pytest.mark.parametrize(
    ("given_counts", "says"),
    [
        ({"input_tokens": -1}, "input_tokens must be a whole number from 0"),
        ({"output_tokens": COUNT_MAX + 1}, "output_tokens must be a whole number from 0"),
        ({"input_tokens": 5, "cached_input_tokens": 6}, "are more than input_tokens (5)"),
        (
            {"input_tokens": 5, "cached_input_tokens": 3, "cache_write_tokens": 3},
            "cached_input_tokens (3) and cache_write_tokens (3) are more than input_tokens (5)",
        ),
        ({"output_tokens": 5, "reasoning_tokens": 6}, "reasoning_tokens (6) are more than"),
        ({"cache_write_tokens": -2}, "cache_write_tokens must be a whole number"),
    ],
)
def test_counts_that_no_call_can_have_are_refused_by_name(
    given_counts: dict[str, int], says: str
) -> None:
    with pytest.raises(CountsRefused) as refused:
        of_totals(**{"input_tokens": 0, "output_tokens": 0, **given_counts})

    assert says in str(refused.value)


@pytest.mark.parametrize("count", [1.0, True, "1", None])
def test_only_a_whole_number_is_a_count(count: object) -> None:
    with pytest.raises(CountsRefused):
        Counts(output=count)  # type: ignore[arg-type]
