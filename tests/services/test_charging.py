"""What events are charged, by which card, and what is known of their cost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import prices
from bot.domain import rates
from bot.domain.counts import Counts
from bot.domain.rates import SCALE, Preset, RateCard, Row, Weights
from bot.domain.usage import Charge
from bot.domain.usage_events import UsageEvent
from bot.services import charging

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CALL = Counts(input_uncached=176, cache_read=1_024, output=50)
TENTH = Weights(input=SCALE, cached_input=SCALE // 10, cache_write=SCALE, output=SCALE)


def event(
    model: str = "gpt-4o",
    *,
    provider: str = "openai",
    counts: Counts = CALL,
    at: datetime = NOON,
    cost_nano: int | None = None,
    is_free: bool = False,
) -> UsageEvent:
    return UsageEvent(
        source="test",
        external_id="1",
        occurred_at=at,
        user="ana@example.com",
        model=model,
        provider=provider,
        counts=counts,
        cost_nano=cost_nano,
        is_free=is_free,
    )


def card(preset: Preset, *, at: datetime = NOON, **more: object) -> RateCard:
    said: dict[str, object] = {
        "card_id": f"0195f2c4-0000-7000-8000-00001a2b3c{at.day:02}",
        "name": preset.value,
        "effective_from": at,
        "preset": preset,
        **more,
    }
    return RateCard(**said)  # type: ignore[arg-type]  # a test says only what matters


def test_without_a_card_one_token_is_one_token_and_the_cost_is_estimated() -> None:
    charged = charging.priced([event()], [])

    assert charged == [Charge(tokens=1_250, rate="raw", cost_nano=2_220_000, cost_is_estimate=True)]


def test_what_the_source_says_it_cost_is_no_estimate() -> None:
    (charged,) = charging.priced([event("made-up", cost_nano=7)], [])

    assert charged == Charge(tokens=1_250, rate="raw", cost_nano=7, cost_is_estimate=False)


def test_a_model_that_nobody_knows_is_charged_raw_and_marked() -> None:
    (charged,) = charging.priced([event("made-up")], [])

    assert charged == Charge(tokens=1_250, rate="raw", cost_nano=None, cost_is_estimate=False)


def test_an_answer_from_a_gateway_s_own_cache_costs_nothing() -> None:
    (charged,) = charging.priced([event("made-up", is_free=True)], [card(Preset.COST)])

    assert charged == Charge(tokens=0, rate="free", cost_nano=0, cost_is_estimate=False)


def test_under_cost_a_token_is_a_millionth_of_a_dollar_at_list_price() -> None:
    (charged,) = charging.priced([event()], [card(Preset.COST)])

    assert charged.tokens == 2_220  # of 0.00222 dollars
    assert charged.rate == "1a2b3c02:2500000/1250000/2500000/10000000"


def test_under_cost_the_workspace_says_what_a_million_tokens_are_worth() -> None:
    two_dollars = card(Preset.COST, usd_per_million_nano=2 * 10**9)

    (charged,) = charging.priced([event()], [two_dollars])

    assert charged.tokens == 1_110


def test_under_cost_a_model_without_a_price_is_charged_raw_and_marked() -> None:
    found = charging.priced([event("made-up"), event("made-up", cost_nano=7)], [card(Preset.COST)])

    assert [one.tokens for one in found] == [1_250, 1_250]
    assert [one.rate for one in found] == ["1a2b3c02:unknown"] * 2
    assert [one.cost_nano for one in found] == [None, 7]


def test_under_a_table_the_first_row_that_fits_counts() -> None:
    table = card(Preset.TABLE, rows=(Row(model="gpt-4o*", weights=TENTH),))

    found = charging.priced([event(), event("o3"), event("openai/gpt-4o-mini")], [table])

    assert [one.tokens for one in found] == [328, 1_250, 328]  # 176 + 102.4 + 50, raw, the same
    assert found[0].rate == "1a2b3c02:1000000/100000/1000000/1000000"
    assert found[1].rate == "1a2b3c02:1000000/1000000/1000000/1000000"


def test_the_card_of_an_event_s_own_time_counts_however_late_it_comes() -> None:
    later = NOON + timedelta(days=1)
    cards = [card(Preset.RAW, at=later), card(Preset.COST)]
    times = [NOON - timedelta(seconds=1), NOON, later - timedelta(seconds=1), later]

    found = charging.priced([event(at=at) for at in times], cards)

    assert [one.tokens for one in found] == [1_250, 2_220, 2_220, 1_250]
    assert found[-1].rate == "raw"


def test_list_prices_are_those_of_an_event_s_own_time() -> None:
    peak, off_peak = (datetime(2025, 3, 1, hour, 0, tzinfo=UTC) for hour in (12, 20))
    calls = [event("deepseek-chat", provider="deepseek", at=at) for at in (peak, off_peak, peak)]

    first, second, third = charging.priced(
        calls, [card(Preset.COST, at=datetime(2025, 1, 1, tzinfo=UTC))]
    )

    assert second.tokens < first.tokens
    assert third == first


models = st.sampled_from(["gpt-4o", "claude-opus-4-5", "made-up", "gpt-4o-mini"])
presets = st.lists(st.sampled_from(Preset), max_size=3)
events = st.lists(
    st.builds(
        event,
        models,
        provider=st.sampled_from(["", "openai"]),
        counts=st.builds(
            Counts,
            input_uncached=st.integers(0, 10**6),
            cache_read=st.integers(0, 10**6),
            output=st.integers(0, 10**6),
        ),
        at=st.integers(-100, 100).map(lambda hours: NOON + timedelta(hours=hours)),
        is_free=st.booleans(),
    ),
    max_size=8,
)


@given(events, presets)
def test_a_batch_is_the_sum_of_its_events_and_each_can_be_computed_again(
    batch: list[UsageEvent], chosen: list[Preset]
) -> None:
    cards = [
        card(preset, at=NOON + timedelta(days=day), rows=(Row(model="gpt*", weights=TENTH),))
        for day, preset in enumerate(chosen)
    ]

    together = charging.priced(batch, cards)

    assert together == [charging.priced([one], cards)[0] for one in batch]
    for one, charged in zip(batch, together, strict=True):
        assert charged.tokens == rates.tokens(one.counts, rates.read(charged.rate).weights)


def test_under_cost_tokens_are_the_estimate_in_millionths_of_a_dollar() -> None:
    (charged,) = charging.priced([event("claude-opus-4-5", provider="")], [card(Preset.COST)])

    priced = prices.price("anthropic", "claude-opus-4-5", CALL, NOON)

    assert priced is not None
    assert charged.cost_nano == priced.nano
    assert charged.tokens == round(priced.nano / 1_000)


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_there_is_a_charge_for_each_event_in_its_place(count: int) -> None:
    batch = [event(counts=Counts(output=place)) for place in range(count)]

    found = charging.priced(batch, [card(Preset.RAW)])

    assert [one.tokens for one in found] == list(range(count))
