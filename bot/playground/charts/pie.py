"""A pie: slices from the top, clockwise."""

import math
from typing import Any

from bot.playground.charts.scale import full
from bot.playground.charts.shapes import Drawing, Outline, Word

Json = dict[str, Any]

SIZE_MAX = 220.0
EDGE = 4.0
#: A slice smaller than this has its share in the legend only.
SHARE_WITH_WORDS = 0.07


def draw(chart: Json, width: float) -> Drawing:
    """A pie chart."""
    size = min(width, SIZE_MAX)
    drawing = Drawing(width=size, height=size)
    total = sum(one["value"] for one in chart["segments"])
    done = 0.0
    for part, one in enumerate(chart["segments"]):
        share = one["value"] / total
        says = f"{one['label']}: {full(one['value'])} ({percent(share)})"
        path = _slice(size / 2, done, share)
        drawing.outlines.append(Outline(path=path, part=part, kind="slice", says=says))
        if share >= SHARE_WITH_WORDS:
            x, y = _at(size / 2, (size / 2 - EDGE) * 0.64, done + share / 2)
            drawing.words.append(Word(x=x, y=y + 4, text=percent(share), kind="share"))
        done += share
    return drawing


def percent(share: float) -> str:
    """`42%`, and `<1%` for what is there but small."""
    return f"{share:.0%}" if share >= 0.005 else "<1%"  # noqa: PLR2004 (where it would be 0 %)


def _slice(middle: float, start: float, share: float) -> str:
    radius = middle - EDGE
    if share > 0.9999:  # noqa: PLR2004 (an arc that ends where it began is none)
        top, bottom = middle - radius, middle + radius
        arc = f"A{radius} {radius} 0 1 1"
        return f"M{middle} {top} {arc} {middle} {bottom} {arc} {middle} {top} Z"
    from_x, from_y = _at(middle, radius, start)
    to_x, to_y = _at(middle, radius, start + share)
    is_large = int(share > 0.5)  # noqa: PLR2004 (half a circle)
    arc = f"A{radius} {radius} 0 {is_large} 1 {to_x:.2f} {to_y:.2f}"
    return f"M{middle} {middle} L{from_x:.2f} {from_y:.2f} {arc} Z"


def _at(middle: float, radius: float, share: float) -> tuple[float, float]:
    """The point at that share of the way round, clockwise from the top."""
    angle = share * math.tau
    return middle + radius * math.sin(angle), middle - radius * math.cos(angle)
