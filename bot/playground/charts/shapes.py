"""What a drawing consists of. Colours are the stylesheet's: a part of a chart is a number."""

from dataclasses import dataclass, field
from typing import Literal

#: About the width of a character, as a share of the height of the letters.
CHARACTER = 0.56
LETTERS = 11.0
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A text at a place, perhaps turned about it."""

    x: float
    y: float
    text: str
    kind: Literal["tick", "value", "label", "share"] = "tick"
    anchor: Anchor = "middle"
    turned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A straight line of the grid."""

    x1: float
    y1: float
    x2: float
    y2: float
    is_axis: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of one part; `says` is what it stands for, in words."""

    x: float
    y: float
    width: float
    height: float
    part: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A point on a line."""

    x: float
    y: float
    part: int
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A path of one part: a line, an area under one, or a slice."""

    path: str
    part: int
    kind: Literal["line", "area", "slice"]
    says: str = ""


@dataclass(slots=True, kw_only=True)
class Drawing:
    """All shapes of a chart of that size, the ones behind first."""

    width: float
    height: float
    rules: list[Rule] = field(default_factory=list)
    outlines: list[Outline] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)


def breadth(text: str) -> float:
    """About how wide these words are."""
    return len(text) * LETTERS * CHARACTER


def cut(text: str, width: float) -> str:
    """The text, or its beginning and an ellipsis if it is wider than that."""
    most = max(1, int(width / (LETTERS * CHARACTER)))
    return text if len(text) <= most else f"{text[: max(1, most - 1)]}…"
