"""Numbers on an axis: round ticks, and short words for large values."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

TICKS = 4
_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Scale:
    """From the lowest to the highest tick, zero among them."""

    low: float
    high: float
    step: float

    @property
    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + nth * self.step for nth in range(count + 1)]

    def share(self, value: float) -> float:
        """Where the value is, from 0 at the lowest tick to 1 at the highest."""
        return (value - self.low) / (self.high - self.low)


def scale(values: Iterable[float]) -> Scale:
    """A scale on which all these values are, and zero."""
    known = [0.0, *values]
    low, high = min(known), max(known)
    if low == high:
        return Scale(0.0, 1.0, 1.0)
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in _ROUND if power * one >= rough * (1 - 1e-9))
    return Scale(math.floor(low / step) * step, math.ceil(high / step) * step, step)


def short(value: float) -> str:
    """`1.25M`, `250k`, `12`: three digits at most, for beside a mark."""
    size = abs(value)
    for unit, letter in _UNITS:
        if size >= unit * 0.9995:
            return f"{value / unit:.3g}{letter}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−")


def full(value: float) -> str:
    """All digits, for a table."""
    words = f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
    return words.replace("-", "−")
