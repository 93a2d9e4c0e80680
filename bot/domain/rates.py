"""Rate cards: how many tokens of an allowance a call costs, by the kind of its tokens.

Weights are whole millionths, so that nothing is lost to fractions and each charge can be computed
again from what is kept with its event (docs/rates.md).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import attrgetter

from bot.domain import patterns
from bot.domain.counts import Counts
from bot.domain.usage import SEEN

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
#: Planned further ahead, a card is a typing error.
AHEAD_MAX = timedelta(days=5 * 366)
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
class Draft:
    """A card as somebody wants it. Raises `RatesRefused` for what no card can say."""

    name: str
    preset: Preset
    #: None for now.
    effective_from: datetime | None = None
    usd_per_million_nano: int = DOLLAR_NANO
    rows: tuple[Row, ...] = ()
    default: Weights = RAW

    def __post_init__(self) -> None:
        check_text("name", self.name, NAME_MAX)
        check_worth(self.usd_per_million_nano)
        if len(self.rows) > ROWS_MAX:
            raise RatesRefused(f"a card has at most {ROWS_MAX} rows, not {len(self.rows):,}")


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

    @property
    def label(self) -> str:
        """In a few words, for lists and the audit table."""
        if self.preset is Preset.TABLE:
            return f"table {self.name}"
        if self.preset is Preset.RAW:
            return "raw"
        return f"cost, 1M tokens = {dollars(self.usd_per_million_nano)}"

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


def card(draft: Draft, *, card_id: str, now: datetime) -> RateCard:
    """The card that a draft becomes. Raises `RatesRefused` for a time at which none can begin."""
    begins = draft.effective_from or now
    if begins < now:
        raise RatesRefused(
            f"{begins.isoformat()} is past, and what was charged stays as it is: "
            "leave the time out to begin now, or name one to come"
        )
    if begins > now + AHEAD_MAX:
        raise RatesRefused(f"{begins.isoformat()} is more than five years ahead")
    return RateCard(
        card_id=card_id,
        name=draft.name,
        effective_from=begins.astimezone(UTC),
        preset=draft.preset,
        usd_per_million_nano=draft.usd_per_million_nano,
        rows=draft.rows,
        default=draft.default,
    )


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
    if text in (FREE_RATE, SEEN):
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


def check_text(what: str, text: str, longest: int) -> None:
    """Raises `RatesRefused` unless it is a short line that can be printed."""
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise RatesRefused(f"{what} must be 1 to {longest} characters in one line")


def check_worth(usd_per_million_nano: int) -> int:
    """The same again. Raises `RatesRefused` for what a million tokens can't be worth."""
    if not WORTH_MIN_NANO <= usd_per_million_nano <= WORTH_MAX_NANO:
        least, most = dollars(WORTH_MIN_NANO), dollars(WORTH_MAX_NANO)
        raise RatesRefused(
            f"a million tokens can be worth {least} to {most}, not {dollars(usd_per_million_nano)}"
        )
    return usd_per_million_nano


def dollars(nano: int) -> str:
    """`$1.00`, or with as many places as it takes."""
    whole, rest = divmod(nano, DOLLAR_NANO)
    places = f"{rest:09}".rstrip("0").ljust(2, "0")
    return f"${whole:,}.{places}"


def _fits(row: Row, *, provider: str, model: str) -> bool:
    if row.provider is not None and not patterns.is_match(row.provider, provider):
        return False
    return patterns.is_match(row.model, model) or patterns.is_match(row.model, patterns.bare(model))
