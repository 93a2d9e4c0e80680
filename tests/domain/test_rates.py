"""What a call costs by weights, and which card and row of it count."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import rates
from bot.domain.counts import COUNT_MAX, Counts
from bot.domain.ledger import TOKENS_MAX
from bot.domain.rates import (
    RAW,
    SCALE,
    WEIGHT_MAX,
    Preset,
    Rate,
    RateCard,
    RatesRefused,
    Row,
    Weights,
)
from bot.domain.usage import SEEN

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OPUS = Weights(input=5_000_000, cached_input=500_000, cache_write=6_250_000, output=25_000_000)

counts = st.builds(
    Counts,
    input_uncached=st.integers(0, COUNT_MAX),
    cache_read=st.integers(0, COUNT_MAX),
    cache_write=st.integers(0, COUNT_MAX),
    output=st.integers(0, COUNT_MAX),
)
weight = st.integers(0, WEIGHT_MAX)
weights = st.builds(Weights, input=weight, cached_input=weight, cache_write=weight, output=weight)


def card(name: str = "2026", **more: object) -> RateCard:
    said: dict[str, object] = {
        "card_id": f"0195-{name}",
        "name": name,
        "effective_from": NOON,
        "preset": Preset.TABLE,
        **more,
    }
    return RateCard(**said)  # type: ignore[arg-type]  # a test says only what matters


# What a call costs.


def test_each_class_has_its_weight_and_the_sum_is_rounded_once() -> None:
    used = Counts(input_uncached=1_000, cache_read=20_001, cache_write=400, output=30)

    # 5,000 + 10,000.5 + 2,500 + 750
    assert rates.tokens(used, OPUS) == 18_251


@pytest.mark.parametrize(("cached", "tokens"), [(0, 0), (1, 0), (4, 0), (5, 1), (14, 1), (15, 2)])
def test_halves_are_rounded_up(cached: int, tokens: int) -> None:
    tenth = Weights(input=0, cached_input=100_000, cache_write=0, output=0)

    assert rates.tokens(Counts(cache_read=cached), tenth) == tokens


@given(counts)
def test_raw_is_what_providers_call_the_total(used: Counts) -> None:
    assert rates.tokens(used, RAW) == used.total


@given(counts, weights)
@example(Counts(output=COUNT_MAX), Weights(input=0, cached_input=0, cache_write=0, output=1))
def test_what_is_charged_is_within_half_a_token_of_the_exact_figure(
    used: Counts, by: Weights
) -> None:
    exact = (
        used.input_uncached * by.input
        + used.cache_read * by.cached_input
        + used.cache_write * by.cache_write
        + used.output * by.output
    )

    off = rates.tokens(used, by) * SCALE - exact

    assert -SCALE // 2 < off <= SCALE // 2


@given(counts, counts, weights)
def test_who_uses_more_of_something_never_pays_less(
    used: Counts, more: Counts, by: Weights
) -> None:
    both = rates.Sums(
        input_uncached=used.input_uncached + more.input_uncached,
        cache_read=used.cache_read + more.cache_read,
        cache_write=used.cache_write + more.cache_write,
        output=used.output + more.output,
    )

    assert rates.tokens(both, by) >= rates.tokens(used, by)


@given(counts, weights, weights)
def test_higher_weights_never_cost_less(used: Counts, one: Weights, other: Weights) -> None:
    highest = Weights(
        input=max(one.input, other.input),
        cached_input=max(one.cached_input, other.cached_input),
        cache_write=max(one.cache_write, other.cache_write),
        output=max(one.output, other.output),
    )

    assert rates.tokens(used, highest) >= max(rates.tokens(used, by) for by in (one, other))


def test_the_most_that_an_event_can_have_of_a_class_fits_into_a_posting() -> None:
    dearest = Weights(input=0, cached_input=0, cache_write=0, output=WEIGHT_MAX)

    assert rates.tokens(Counts(output=COUNT_MAX), dearest) == TOKENS_MAX


@pytest.mark.parametrize("wrong", [-1, WEIGHT_MAX + 1, 1.0, True])
@pytest.mark.parametrize("name", ["input", "cached_input", "cache_write", "output"])
def test_weights_that_cannot_be_are_refused_by_name(name: str, wrong: int) -> None:
    said = {"input": 0, "cached_input": 0, "cache_write": 0, "output": 0, name: wrong}

    with pytest.raises(RatesRefused, match=f"^{name} must be whole millionths"):
        Weights(**said)


# What is kept of it.


@given(counts, weights, st.booleans())
def test_a_charge_can_be_computed_again_from_what_is_kept(
    used: Counts,
    by: Weights,
    is_known: bool,  # noqa: FBT001 - hypothesis gives it by position
) -> None:
    rate = Rate(weights=by if is_known else RAW, card="1a2b3c4d", is_known=is_known)

    again = rates.read(str(rate))

    assert again == rate
    assert rates.tokens(used, again.weights) == rates.tokens(used, rate.weights)


def test_rates_are_short_and_readable() -> None:
    assert str(Rate(weights=RAW)) == "raw"
    assert str(Rate(weights=OPUS, card="1a2b3c4d")) == "1a2b3c4d:5000000/500000/6250000/25000000"
    assert str(Rate(weights=RAW, card="1a2b3c4d", is_known=False)) == "1a2b3c4d:unknown"
    assert rates.tokens(Counts(output=7), rates.read("free").weights) == 0
    assert str(rates.read("free")) == "free"


def test_what_another_source_is_charged_for_costs_nothing() -> None:
    assert rates.tokens(Counts(output=7), rates.read(SEEN).weights) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rawish",
        ":1/1/1/1",
        "1a2b3c4d:1/1/1",
        "1a2b3c4d:1/1/1/1/1",
        "1a2b3c4d:1/1/1/-1",
        "1a2b3c4d:1/1/1/1.5",
        "1a2b3c4d:1/1/1/",
        "1a2b3c4d:1/1/1/²",
        ":unknown",
    ],
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(RatesRefused, match="is no rate"):
        rates.read(text)


# Which card counts.


def test_before_the_first_card_there_is_none_and_then_each_until_the_next() -> None:
    first, second = card("first"), card("second", effective_from=NOON + timedelta(days=1))
    cards = rates.in_order([second, first])

    found = [
        rates.card_at(cards, NOON + timedelta(seconds=after))
        for after in (-1, 0, 86_399, 86_400, 10**8)
    ]

    assert found == [None, first, first, second, second]


def test_of_two_cards_from_the_same_moment_the_last_made_counts() -> None:
    older, newer = card("1"), card("2")

    assert rates.card_at(rates.in_order([newer, older]), NOON) == newer


# Which row of it.


def test_the_first_row_that_fits_counts_and_else_the_default() -> None:
    other = Weights(input=1, cached_input=1, cache_write=1, output=1)
    table = card(
        rows=(
            Row(model="gpt-4o-mini*", weights=other),
            Row(model="gpt-*", provider="azure*", weights=OPUS),
            Row(model="gpt-*", weights=RAW),
        ),
        default=Weights(input=2, cached_input=2, cache_write=2, output=2),
    )

    assert table.weights(provider="azure", model="gpt-4o-mini") == other
    assert table.weights(provider="azure_ai", model="gpt-4o") == OPUS
    assert table.weights(provider="openai", model="gpt-4o") == RAW
    assert table.weights(provider="", model="gpt-4o") == RAW
    assert table.weights(provider="openai", model="o3") == table.default


@pytest.mark.parametrize(
    "told",
    ["claude-opus-4-5", "anthropic/claude-opus-4-5", "claude-opus-4-5[1m]", " Claude-Opus-4 "],
)
def test_a_row_fits_the_model_however_the_source_puts_its_name(told: str) -> None:
    table = card(rows=(Row(model="claude-opus-*", weights=OPUS),))

    assert table.weights(provider="anthropic", model=told) == OPUS


def test_a_pattern_may_name_what_stands_before_the_model_too() -> None:
    table = card(rows=(Row(model="openrouter/*", weights=OPUS),))

    assert table.weights(provider="", model="openrouter/anthropic/claude-3.5") == OPUS
    assert table.weights(provider="", model="anthropic/claude-3.5") == RAW
