"""List prices of models, from the copy that genai-prices ships; nothing is ever fetched.

What is looked up is kept, so that a batch of events costs next to nothing. The package's own
look-ups keep each name for ever, also names that a sender makes up; they are not used here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from types import MappingProxyType

import genai_prices
from genai_prices import data_snapshot
from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from bot.domain.counts import Counts
from bot.domain.rates import SCALE, WEIGHT_MAX, Weights

#: Which prices these are: the package gives no date of them. Shown where estimates are explained.
VERSION = f"genai-prices {genai_prices.__version__}"

_NANO = 10**9
_MILLION = 10**6
_REQUESTS = 1_000
#: Longer names are nobody's: no time is spent on them.
_NAME_MAX = 200
_SEGMENTS_MAX = 5
_KNOWN_MAX = 4_096

#: What gateways and agents call providers, where the package would not know, or mistake it.
_ALIASES = MappingProxyType(
    {
        "amazon": "aws",
        "anthropic_text": "anthropic",
        "aws.bedrock": "aws",
        "az.ai.inference": "azure",
        "az.ai.openai": "azure",
        "azure.ai.inference": "azure",
        "azure.ai.openai": "azure",
        "azure_ai": "azure",
        "azure_openai": "azure",
        "azure_text": "azure",
        "bedrock": "aws",
        "bedrock_converse": "aws",
        "claude": "anthropic",
        "cohere_chat": "cohere",
        "fireworks_ai": "fireworks",
        "gcp.gemini": "google",
        "gcp.gen_ai": "google",
        "gcp.vertex_ai": "google",
        "github_copilot": "github-copilot",
        "gemini": "google",
        "mistral_ai": "mistral",
        "moonshot": "moonshotai",
        "moonshot_ai": "moonshotai",
        "text-completion-openai": "openai",
        "together_ai": "together",
        "vertex_ai": "google",
        "vertex_ai_beta": "google",
        "voyage": "voyageai",
        "x_ai": "x-ai",
        "xai": "x-ai",
        "z_ai": "zai",
    }
)
#: Servers of one's own: what runs there has no list price, whatever it is called.
_OWN = frozenset(
    {
        "hosted_vllm",
        "llamafile",
        "lm_studio",
        "local",
        "ollama",
        "ollama_chat",
        "triton",
        "vllm",
        "xinference",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a call costs at list price, in billionths of a dollar, and what it was priced as."""

    nano: int
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class _PerMillion:
    """Of one class: billionths of a dollar for a million tokens, and for calls with more input."""

    base: int
    #: From more input than the first on, the second holds for all tokens of the call.
    tiers: tuple[tuple[int, int], ...] = ()

    def at(self, input_tokens: int) -> int:
        price = self.base
        for start, more in self.tiers:
            if input_tokens > start:
                price = more
        return price


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # known by identity: quick to look up
class _Prices:
    """What a model costs during some time."""

    input: _PerMillion
    cached_input: _PerMillion
    cache_write: _PerMillion
    output: _PerMillion
    #: For a call as such.
    call_nano: int


_Constraint = StartDateConstraint | TimeOfDateConstraint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    provider: str
    model: str
    #: The most input of one call, where it is known.
    longest: int | None
    #: The first whose constraint holds counts.
    prices: tuple[tuple[_Constraint, _Prices | None], ...]

    def prices_at(self, at: datetime) -> _Prices | None:
        return next(
            (
                prices
                for constraint, prices in self.prices
                if not constraint or constraint.active(at)
            ),
            None,
        )


def price(provider: str, model: str, counts: Counts, at: datetime) -> Price | None:
    """What this call costs at list price, rounded half up; None for a model without one."""
    found = _known(provider, model)
    prices = found.prices_at(at) if found else None
    if found is None or prices is None:
        return None
    # More than fits into a call is a report's day of many: none of them is known to be a long one.
    total = counts.input if counts.input <= (found.longest or counts.input) else 0
    per_million = (
        counts.input_uncached * prices.input.at(total)
        + counts.cache_read * prices.cached_input.at(total)
        + counts.cache_write * prices.cache_write.at(total)
        + counts.output * prices.output.at(total)
    )
    nano = (per_million + _MILLION // 2) // _MILLION + prices.call_nano
    return Price(nano=nano, provider=found.provider, model=found.model)


def weights(
    provider: str, model: str, at: datetime, *, usd_per_million_nano: int = _NANO
) -> Weights | None:
    """Weights by which a million tokens of an allowance are worth so much at list price.

    Of prices that rise with long inputs, the lowest counts. None for a model without a price.
    """
    found = _known(provider, model)
    prices = found.prices_at(at) if found else None
    return None if prices is None else _weights(prices, usd_per_million_nano)


def canonical(provider: str, model: str) -> str:
    """What a model is called whoever names it; as it is named where nobody knows it."""
    found = _known(provider, model)
    return found.model if found else model


@lru_cache(maxsize=_KNOWN_MAX)
def _weights(prices: _Prices, usd_per_million_nano: int) -> Weights:
    def weight(of: _PerMillion) -> int:
        whole = (2 * of.base * SCALE + usd_per_million_nano) // (2 * usd_per_million_nano)
        return min(whole, WEIGHT_MAX)

    return Weights(
        input=weight(prices.input),
        cached_input=weight(prices.cached_input),
        cache_write=weight(prices.cache_write),
        output=weight(prices.output),
    )


@lru_cache(maxsize=_KNOWN_MAX)
def _known(provider: str, model: str) -> _Model | None:
    """A model by what a source calls it and its provider, either of which may say too much."""
    if len(provider) > _NAME_MAX or len(model) > _NAME_MAX:
        return None
    named, name = provider.strip().lower(), model.strip().lower().partition("[")[0]
    if named in _OWN or name.partition("/")[0] in _OWN:
        return None
    providers = data_snapshot.get_snapshot().providers
    prefix, slash, _ = name.partition("/")
    told = _provider(providers, named) or _provider(providers, prefix if slash else "")
    for called in _names(name):
        for asked in [told] if told else _guessed(providers, called):
            if found := asked.find_model(called, all_providers=providers):
                return _model(asked, found)
    return None


def _provider(providers: list[Provider], name: str) -> Provider | None:
    """By its id, by what others call it, or by what the package knows it under."""
    if not name:
        return None
    provider_id = _ALIASES.get(name, name)
    return data_snapshot.find_provider_by_id(providers, provider_id)


def _guessed(providers: list[Provider], called: str) -> list[Provider]:
    """Whose model this can be, by how theirs are called."""
    return [one for one in providers if one.model_match and one.model_match.is_match(called)]


def _model(provider: Provider, found: ModelInfo) -> _Model:
    return _Model(
        provider=provider.id,
        model=found.id,
        longest=found.context_window,
        prices=tuple(_periods(found)),
    )


def _names(name: str) -> Iterator[str]:
    """The name as it is, then without what is put before and after it."""
    segments = name.split("/")[-_SEGMENTS_MAX:]
    for start in range(len(segments)):
        called = "/".join(segments[start:])
        yield called
        before, at, after = called.partition("@")
        if at:
            yield f"{before}-{after}"
            yield before


def _periods(model: ModelInfo) -> Iterator[tuple[_Constraint, _Prices | None]]:
    """The package lists what counts more later; its first holds where no other does."""
    if isinstance(model.prices, ModelPrice):
        yield None, _prices(model.prices)
        return
    for period in reversed(model.prices):
        is_first = period is model.prices[0]
        yield None if is_first else period.constraint, _prices(period.prices)


def _prices(of: ModelPrice) -> _Prices | None:
    """None for what is not sold by the token. Cached input without a price costs as other input."""
    if of.input_mtok is None and of.output_mtok is None:
        return None
    call = Decimal(0) if of.requests_kcount is None else _base(of.requests_kcount)
    plain = _per_million(of.input_mtok)
    return _Prices(
        input=plain,
        cached_input=plain if of.cache_read_mtok is None else _per_million(of.cache_read_mtok),
        cache_write=plain if of.cache_write_mtok is None else _per_million(of.cache_write_mtok),
        output=_per_million(of.output_mtok),
        call_nano=_nano(call / _REQUESTS),
    )


def _per_million(price: Decimal | TieredPrices | None) -> _PerMillion:
    if price is None:
        return _PerMillion(0)
    if isinstance(price, TieredPrices):
        tiers = tuple((tier.start, _nano(tier.price)) for tier in price.tiers)
        return _PerMillion(_nano(price.base), tiers)
    return _PerMillion(_nano(price))


def _base(price: Decimal | TieredPrices) -> Decimal:
    return price.base if isinstance(price, TieredPrices) else price


def _nano(dollars: Decimal) -> int:
    return int((dollars * _NANO).quantize(Decimal(1), rounding=ROUND_HALF_UP))
