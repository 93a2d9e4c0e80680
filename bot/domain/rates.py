"""Rate cards: how many tokens of an allowance a call costs, by the kind of its tokens.

Weights are whole millionths, so that nothing is lost to fractions and each charge can be computed
again from what is kept with its event (docs/rates.md).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from bot.domain.counts import Counts

#: What a weight of one is written as.
SCALE = 1_000_000
#: With it, the most tokens of one class that an event can have are as many as a posting can.
WEIGHT_MAX = 100_000 * SCALE
#: The most in a table: no list price asks more than 600 dollars a million.
TABLE_WEIGHT_MAX = 1_000 * SCALE
#: What a million tokens of an allowance are worth out of the box: a dollar, in billionths.
DOLLAR_NANO = 10**9
NAME_MAX = 60
PATTERN_MAX = 100
ROWS_MAX = 500
#: A cent and a thousand dollars, for a million tokens: beyond them weights lose their meaning.
WORTH_MIN_NANO = 10**7
WORTH_MAX_NANO = 10**12

RAW_RATE = "raw"
FREE_RATE = "free"
_HALF = SCALE // 2
_UNKNOWN = "unknown"
_SHORT_ID = 8


class RatesRefused(ValueError):
    """Rates that can't be: the message names the value and what it may be."""


class Preset(StrEnum):
    """How a card comes to its weights."""

    #: One token is one token.
    RAW = "raw"
    #: By list prices: an allowance is worth the same whatever the model.
    COST = "cost"
    #: By the workspace's own table.
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What one token of each class costs, in millionths of a token of an allowance."""

    input: int
    cached_input: int
    cache_write: int
    output: int

    def __post_init__(self) -> None:
        for name in ("input", "cached_input", "cache_write", "output"):
            weight = getattr(self, name)
            if type(weight) is not int or not 0 <= weight <= WEIGHT_MAX:
                raise RatesRefused(
                    f"{name} must be whole millionths from 0 to {WEIGHT_MAX:,}, not {weight}"
                )


#: One token is one token.
RAW = Weights(input=SCALE, cached_input=SCALE, cache_write=SCALE, output=SCALE)
_NOTHING = Weights(input=0, cached_input=0, cache_write=0, output=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Weights for the models, and maybe only the providers, whose names a pattern fits."""

    model: str
    #: None for any.
    provider: str | None = None
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """What usage costs from a moment on, until the next card."""

    card_id: str
    name: str
    effective_from: datetime
    preset: Preset
    #: Under `cost`: what a million tokens of an allowance are worth, in billionths of a dollar.
    usd_per_million_nano: int = DOLLAR_NANO
    #: Under `table`: the first that fits counts, and `default` where none does.
    rows: tuple[Row, ...] = ()
    default: Weights = RAW

    @property
    def short_id(self) -> str:
        """The end of its id, which is random: how it is called in a rate."""
        return self.card_id[-_SHORT_ID:]

    def weights(self, *, provider: str, model: str) -> Weights:
        """By the table: those of the first row that fits."""
        return next(
            (row.weights for row in self.rows if _fits(row, provider=provider, model=model)),
            self.default,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What is kept with each event of how it was charged; `str()` writes it, `read` reads it."""

    weights: Weights
    #: The short id of the card; empty where there was none.
    card: str = ""
    #: Whether the card knew the model; if not, one token is one token.
    is_known: bool = True

    def __str__(self) -> str:
        if not self.is_known:
            return f"{self.card}:{_UNKNOWN}"
        if self.weights == _NOTHING and not self.card:
            return FREE_RATE
        if self.weights == RAW and not self.card:
            return RAW_RATE
        w = self.weights
        return f"{self.card}:{w.input}/{w.cached_input}/{w.cache_write}/{w.output}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Counts of many calls together, in the same classes."""

    input_uncached: int
    cache_read: int
    cache_write: int
    output: int


def tokens(counts: Counts | Sums, weights: Weights) -> int:
    """What a call costs, rounded to the nearest token, halves up."""
    return (
        counts.input_uncached * weights.input
        + counts.cache_read * weights.cached_input
        + counts.cache_write * weights.cache_write
        + counts.output * weights.output
        + _HALF
    ) // SCALE


def in_order(cards: Sequence[RateCard]) -> list[RateCard]:
    """By the moment from which they count; of several from the same, the last made is last."""
    return sorted(cards, key=attrgetter("effective_from", "card_id"))


def card_at(cards: Sequence[RateCard], moment: datetime) -> RateCard | None:
    """The card that counts then, of cards `in_order`; None where none does yet: it is raw."""
    found = bisect_right(cards, moment, key=attrgetter("effective_from"))
    return cards[found - 1] if found else None


def read(text: str) -> Rate:
    """The rate that was kept with an event. Raises `RatesRefused`."""
    if text == RAW_RATE:
        return Rate(weights=RAW)
    if text == FREE_RATE:
        return Rate(weights=_NOTHING)
    card, _, written = text.partition(":")
    if card and written == _UNKNOWN:
        return Rate(weights=RAW, card=card, is_known=False)
    parts = written.split("/")
    if not card or len(parts) != 4 or not all(p.isascii() and p.isdigit() for p in parts):  # noqa: PLR2004 (classes)
        raise RatesRefused(f"{text} is no rate; one looks like 1a2b3c4d:1000000/100000/1250000/5")
    names = ("input", "cached_input", "cache_write", "output")
    weights = Weights(**dict(zip(names, map(int, parts), strict=True)))
    return Rate(weights=weights, card=card)


def bare(model: str) -> str:
    """A model's name without the provider before it and the `[1m]` after it, in small letters."""
    return model.strip().lower().partition("[")[0].rpartition("/")[2]


def is_match(pattern: str, name: str) -> bool:
    """Whether the name is the pattern, in which each `*` stands for any characters or none.

    No regular expression: what an admin types must not be able to keep the intake busy.
    """
    first, *rest = pattern.lower().split("*")
    name = name.lower()
    if not rest:
        return name == first
    last = rest.pop()
    if not name.startswith(first) or len(name) < len(first) + len(last):
        return False
    if not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in rest:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _fits(row: Row, *, provider: str, model: str) -> bool:
    if row.provider is not None and not is_match(row.provider, provider):
        return False
    return is_match(row.model, model) or is_match(row.model, bare(model))
