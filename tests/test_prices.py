"""List prices: what models are called by whom, and the same sums as the package makes itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from genai_prices import Usage, data_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices
from hypothesis import example, given
from hypothesis import strategies as st

from bot import prices
from bot.domain.counts import Counts
from bot.domain.rates import WEIGHT_MAX, Weights

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
#: 176 that were not cached, and half a cent's worth of caching.
CALL = Counts(input_uncached=176, cache_read=1_024, output=50)
DAYS = [datetime(year, 5, 6, hour, 7, tzinfo=UTC) for year in (2024, 2026) for hour in (3, 20)]
CALLS = [
    CALL,
    Counts(input_uncached=1),
    Counts(input_uncached=150_000, cache_read=60_001, cache_write=7, output=3_333),
    Counts(cache_write=400_001, output=1),
]


def every_model() -> Iterator[tuple[Provider, ModelInfo]]:
    for provider in data_snapshot.get_snapshot().providers:
        for model in provider.models:
            yield provider, model


# The same sums.


def nano(dollars: Decimal) -> int:
    return int((dollars * 10**9).quantize(Decimal(1), rounding=ROUND_HALF_UP))


@pytest.mark.parametrize("at", DAYS)
def test_every_model_of_the_package_costs_what_the_package_says(at: datetime) -> None:
    checked = 0
    for provider, model in every_model():
        if provider.find_model(model.id) is not model or is_spelt_otherwise(model.id):
            continue  # another model of theirs answers to this name, or none
        for call in CALLS:
            found = prices.price(provider.id, model.id, call, at)
            if found is None:
                assert not {"input_mtok", "output_mtok"} & set(vars(model.get_prices(at)))
                continue
            if call.input > (model.context_window or call.input):
                continue  # no call can be so long
            usage = Usage(
                input_tokens=call.input,
                cache_read_tokens=call.cache_read,
                cache_write_tokens=call.cache_write,
                output_tokens=call.output,
            )
            said = model.calc_price(usage, provider, genai_request_timestamp=at)
            # Some of its prices have more than nine decimals.
            assert abs(found.nano - nano(said.total_price)) <= 1, (provider.id, model.id, call)
            assert found.provider == provider.id
            checked += 1
    assert checked > 5_000


def is_spelt_otherwise(model_id: str) -> bool:
    return "[" in model_id or model_id != model_id.strip()


def test_the_package_s_own_example_is_priced_to_the_billionth() -> None:
    found = prices.price("openai", "gpt-4o", CALL, NOON)

    assert found == prices.Price(nano=2_220_000, provider="openai", model="gpt-4o")


def test_the_version_of_the_prices_can_be_kept_with_an_estimate() -> None:
    assert prices.VERSION.startswith("genai-prices 0.")


# What models are called.


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o"),
        ("OpenAI", " GPT-4o "),
        ("openai", "openai/gpt-4o"),
        ("openai", "gpt-4o-2024-08-06"),
        ("", "gpt-4o"),
        ("", "openai/gpt-4o"),
        ("litellm", "openai/gpt-4o"),
        ("our-gateway", "gpt-4o"),
        ("text-completion-openai", "gpt-4o"),
    ],
)
def test_openai_s_model_is_known_by_all_its_names(provider: str, model: str) -> None:
    found = prices.price(provider, model, CALL, NOON)

    assert found is not None
    assert (found.provider, found.model) == ("openai", "gpt-4o")


@pytest.mark.parametrize(
    ("provider", "model", "known_as"),
    [
        ("anthropic", "claude-opus-4-5", "anthropic"),
        ("anthropic", "claude-opus-4-5[1m]", "anthropic"),
        ("anthropic", "claude-opus-4-5-20251101", "anthropic"),
        ("", "claude-opus-4-5", "anthropic"),
        ("vertex_ai", "claude-opus-4-5@20251101", "google"),
        ("gcp.vertex_ai", "claude-opus-4-5", "google"),
        ("vertex_ai", "vertex_ai/claude-opus-4-5@20251101", "google"),
        ("bedrock", "us.anthropic.claude-opus-4-5-20251101-v1:0", "aws"),
        ("bedrock", "bedrock/us-east-1/anthropic.claude-opus-4-5-20251101-v1:0", "aws"),
        ("aws.bedrock", "eu.anthropic.claude-opus-4-5-20251101-v1:0", "aws"),
        (
            "bedrock_converse",
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0",
            "aws",
        ),
        ("", "bedrock/us.anthropic.claude-opus-4-5-20251101-v1:0", "aws"),
        ("openrouter", "anthropic/claude-opus-4.5", "openrouter"),
        ("", "openrouter/anthropic/claude-opus-4.5", "openrouter"),
        ("azure", "azure/eu/gpt-4o", "azure"),
        ("azure.ai.openai", "gpt-4o", "azure"),
        ("gemini", "gemini/gemini-2.5-pro", "google"),
        ("gemini", "models/gemini-2.5-pro", "google"),
        ("xai", "xai/grok-4", "x-ai"),
        ("mistral_ai", "mistral-large-latest", "mistral"),
    ],
)
def test_a_gateway_s_names_are_understood(provider: str, model: str, known_as: str) -> None:
    found = prices.price(provider, model, CALL, NOON)

    assert found is not None
    assert found.provider == known_as
    assert found.nano > 0


def test_every_name_that_we_translate_is_a_provider_s() -> None:
    known = {provider.id for provider, _ in every_model()}

    assert set(prices._ALIASES.values()) <= known


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", ""),
        ("", ""),
        ("openai", "made-up"),
        ("openai", "gpt"),
        ("anthropic", "gpt-4o"),
        ("ollama", "gpt-oss:20b"),
        ("", "ollama/gpt-4o"),
        ("hosted_vllm", "gpt-4o"),
        ("openai", "/" * 200),
        ("openai", "@@@"),
        ("openai", "[1m]"),
        ("openai", "gpt-4o" + "o" * 200),
        ("o" * 201, "gpt-4o"),
        ("openai\x00", "gpt-4o\x00"),
        ("github_copilot", "gpt-4o"),  # sold by the seat
    ],
)
def test_a_model_without_a_list_price_has_none(provider: str, model: str) -> None:
    assert prices.price(provider, model, CALL, NOON) is None
    assert prices.weights(provider, model, NOON) is None


@given(st.text(max_size=40), st.text(max_size=40))
@example("İ", "İ[")
@example("openai", "gpt-4o-99999999")
def test_whatever_a_source_calls_them_is_answered(provider: str, model: str) -> None:
    for named in (provider, "bedrock", "openrouter"):
        found = prices.price(named, model, CALL, NOON)

        assert found is None or found.nano >= 0


# Prices that depend on more than the model.


def a_tiered_model() -> tuple[str, str, TieredPrices]:
    for provider, model in every_model():
        if provider.id == "google" and isinstance(model.prices, ModelPrice):
            price = model.prices.input_mtok
            if isinstance(price, TieredPrices) and provider.find_model(model.id) is model:
                return provider.id, model.id, price
    raise AssertionError("no model of Google's has prices by length")


def test_a_long_call_is_dearer_and_its_weights_are_not() -> None:
    provider, model, listed = a_tiered_model()
    start = listed.tiers[0].start

    short, long = (
        prices.price(provider, model, Counts(input_uncached=tokens), NOON)
        for tokens in (start, start + 1)
    )

    assert short is not None
    assert long is not None
    assert short.nano == nano(listed.base * start / 10**6)
    assert long.nano == nano(listed.tiers[0].price * (start + 1) / 10**6)
    by = prices.weights(provider, model, NOON)
    assert by is not None
    assert by.input == int(listed.base * 10**6)


def test_a_day_of_many_calls_is_not_taken_for_a_long_call() -> None:
    day = Counts(input_uncached=500_000_000)

    found = prices.price("anthropic", "claude-sonnet-4-5", day, NOON)

    assert found is not None
    assert found.nano == 1_500 * 10**9


def test_prices_are_those_of_the_time() -> None:
    found = {
        at.hour: prices.price("deepseek", "deepseek-chat", Counts(output=1_000_000), at)
        for at in (datetime(2025, 3, 1, hour, 0, tzinfo=UTC) for hour in (12, 20))
    }

    assert found[12] is not None
    assert found[20] is not None
    assert found[20].nano < found[12].nano  # off-peak then


# Weights.


def test_a_million_tokens_are_worth_a_dollar_at_list_price() -> None:
    assert prices.weights("anthropic", "claude-opus-4-5", NOON) == Weights(
        input=5_000_000, cached_input=500_000, cache_write=6_250_000, output=25_000_000
    )
    assert prices.weights("openai", "gpt-4o-mini", NOON) == Weights(
        input=150_000, cached_input=75_000, cache_write=150_000, output=600_000
    )


def test_or_what_the_workspace_says_they_are_worth() -> None:
    found = prices.weights("openai", "gpt-4o-mini", NOON, usd_per_million_nano=7 * 10**9)

    # 0.15, 0.075 and 0.6 by 7, to the nearest millionth.
    assert found == Weights(input=21_429, cached_input=10_714, cache_write=21_429, output=85_714)


def test_no_weight_is_more_than_a_weight_can_be() -> None:
    found = prices.weights("openai", "o1-pro", NOON, usd_per_million_nano=1)

    assert found is not None
    assert found.output == WEIGHT_MAX


def test_many_threads_may_ask_at_once() -> None:
    names = [("openai", "gpt-4o"), ("anthropic", "claude-opus-4-5"), ("openai", "made-up")] * 50

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda name: prices.price(name[0], name[1], CALL, NOON), names))

    assert found == found[:3] * 50


def test_a_model_has_one_name_whoever_names_it() -> None:
    assert prices.canonical("openai", "gpt-4o-2024-08-06") == prices.canonical("openai", "gpt-4o")
    assert prices.canonical("openai", "openai/gpt-4o") == "gpt-4o"
    assert prices.canonical("openai", "our-deployment") == "our-deployment"
