"""Charts with two axes: bars grouped by category, lines, and areas."""

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from bot.playground.charts.scale import Scale, full, scale, short
from bot.playground.charts.shapes import (
    LETTERS,
    Anchor,
    Bar,
    Dot,
    Drawing,
    Outline,
    Rule,
    Word,
    breadth,
    cut,
)

Json = dict[str, Any]

PLOT_HEIGHT = 190.0
TOP, RIGHT, GAP = 16.0, 10.0, 6.0
#: Words under the axis are turned where they don't fit side by side, and cut to this width.
TURNED_MAX = 124.0
TURN = -40
#: Where categories stand closer than this, words at that angle would touch: they stand upright.
UPRIGHT_SLOT = 17.0
#: How much of its place a group of bars fills.
FILLED = 0.78
#: A bar narrower than this bears no value; one narrower than its value bears it turned.
BAR_WITH_VALUE = 10.0
#: Lines with more points than this, or more lines than this, bear the value of their ends only.
POINTS_WITH_VALUES, LINES_WITH_VALUES = 8, 1


@dataclass(slots=True)
class _Plot:
    """The place between the axes."""

    chart: Json
    drawing: Drawing
    scale: Scale
    left: float
    bottom: float
    categories: list[str]
    values: list[list[float]] = field(default_factory=list)

    @property
    def slot(self) -> float:
        """The width that a category has."""
        return (self.drawing.width - RIGHT - self.left) / len(self.categories)

    def x(self, category: int) -> float:
        """The middle of a category."""
        return self.left + (category + 0.5) * self.slot

    def y(self, value: float) -> float:
        return self.bottom - self.scale.share(value) * PLOT_HEIGHT

    def says(self, part: int, category: int) -> str:
        name = self.chart["series"][part]["name"]
        return f"{name}, {self.categories[category]}: {full(self.values[part][category])}"


def draw(chart: Json, width: float) -> Drawing:
    """A bar, line or area chart."""
    plot = _plot(chart, width)
    _grid(plot)
    _categories(plot)
    if chart["type"] == "bar":
        _bars(plot)
    else:
        _lines(plot)
    return plot.drawing


def in_order(chart: Json) -> list[list[float]]:
    """The values of each series in the order of the categories."""
    categories = chart["axis_config"]["categories"]
    by_label = [
        {one["label"]: one["value"] for one in series["data"]} for series in chart["series"]
    ]
    return [[float(known[name]) for name in categories] for known in by_label]


def _plot(chart: Json, width: float) -> _Plot:
    values = in_order(chart)
    measure = scale(value for series in values for value in series)
    left = max(breadth(short(tick)) for tick in measure.ticks) + GAP * 2
    if chart["axis_config"].get("y_label"):
        left += LETTERS + GAP
    return _Plot(
        chart=chart,
        drawing=Drawing(width=width, height=0),
        scale=measure,
        left=left,
        bottom=TOP + PLOT_HEIGHT,
        categories=chart["axis_config"]["categories"],
        values=values,
    )


def _grid(plot: _Plot) -> None:
    drawing, axes = plot.drawing, plot.chart["axis_config"]
    for tick in plot.scale.ticks:
        y = plot.y(tick)
        right = drawing.width - RIGHT
        drawing.rules.append(Rule(x1=plot.left, y1=y, x2=right, y2=y, is_axis=tick == 0))
        text = short(tick)
        drawing.words.append(Word(x=plot.left - GAP, y=y + 4, text=text, anchor="end"))
    if axes.get("y_label"):
        middle = TOP + PLOT_HEIGHT / 2
        text = cut(axes["y_label"], PLOT_HEIGHT)
        drawing.words.append(Word(x=LETTERS, y=middle, text=text, kind="label", turned=-90))


def _categories(plot: _Plot) -> None:
    """Words under the axis, and with them the height of the drawing."""
    drawing, axes = plot.drawing, plot.chart["axis_config"]
    widest = max(breadth(name) for name in plot.categories)
    turn = 0
    if widest > plot.slot - 2:
        turn = TURN if plot.slot >= UPRIGHT_SLOT else -90
    sine, cosine = abs(math.sin(math.radians(turn))), math.cos(math.radians(turn))
    deepest = 0.0
    for nth, name in enumerate(plot.categories):
        x = plot.x(nth) + (4 if turn else 0)
        most = min(TURNED_MAX, x / max(cosine, 0.1)) if turn else plot.slot
        text = cut(name, most)
        anchor: Anchor = "end" if turn else "middle"
        y = plot.bottom + GAP + (LETTERS * cosine)
        drawing.words.append(Word(x=x, y=y, text=text, anchor=anchor, turned=turn))
        deepest = max(deepest, breadth(text) * sine)
    drawing.height = plot.bottom + LETTERS + GAP * 2 + deepest
    if axes.get("x_label"):
        drawing.height += LETTERS + GAP
        middle = (plot.left + drawing.width - RIGHT) / 2
        text = cut(axes["x_label"], drawing.width - plot.left)
        drawing.words.append(Word(x=middle, y=drawing.height - GAP, text=text, kind="label"))


def _bars(plot: _Plot) -> None:
    count = len(plot.values)
    width = plot.slot * FILLED / count
    for part, series in enumerate(plot.values):
        for nth, value in enumerate(series):
            x = plot.x(nth) + (part - count / 2) * width
            ends = sorted((plot.y(value), plot.y(0)))
            plot.drawing.bars.append(
                Bar(
                    x=x,
                    y=ends[0],
                    width=max(width - 1, 1),
                    height=ends[1] - ends[0],
                    part=part,
                    says=plot.says(part, nth),
                )
            )
            _value_of_bar(plot, x + width / 2, value, width)


def _value_of_bar(plot: _Plot, x: float, value: float, width: float) -> None:
    if width < BAR_WITH_VALUE:
        return
    text = short(value)
    y = plot.y(value)
    if breadth(text) <= plot.slot * FILLED and breadth(text) <= width + 4:
        place = y - 4 if value >= 0 else y + LETTERS
        plot.drawing.words.append(Word(x=x, y=place, text=text, kind="value"))
        return
    # Turned, it stands beyond the end of its bar, or in it where there is no room above.
    is_inside = value >= 0 and y - breadth(text) < TOP - LETTERS
    hangs = value < 0 or is_inside
    plot.drawing.words.append(
        Word(
            x=x + LETTERS / 3,
            y=y + 4 if hangs else y - 4,
            text=text,
            kind="share" if is_inside else "value",
            anchor="end" if hangs else "start",
            turned=-90,
        )
    )


def _lines(plot: _Plot) -> None:
    drawing = plot.drawing
    for part, series in enumerate(plot.values):
        points = [(plot.x(nth), plot.y(value)) for nth, value in enumerate(series)]
        path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if plot.chart["type"] == "area":
            floor = f"{plot.y(0):.1f}"
            closed = f"{path} L{points[-1][0]:.1f} {floor} L{points[0][0]:.1f} {floor} Z"
            drawing.outlines.append(Outline(path=closed, part=part, kind="area"))
        drawing.outlines.append(Outline(path=path, part=part, kind="line"))
        drawing.dots += [
            Dot(x=x, y=y, part=part, says=plot.says(part, nth)) for nth, (x, y) in enumerate(points)
        ]
    _values_of_lines(plot)


def _values_of_lines(plot: _Plot) -> None:
    """The value beside the end of each line; at each point where there is room for it."""
    has_room = len(plot.values) <= LINES_WITH_VALUES and len(plot.categories) <= POINTS_WITH_VALUES
    ends = sorted(plot.y(series[-1]) for series in plot.values)
    if any(below - above < LETTERS for above, below in pairwise(ends)):
        return  # they would hide each other: the dots and the table have them
    for series in plot.values:
        words = [_value_of_point(plot, series, nth) for nth in range(len(series))]
        plot.drawing.words += words if has_room else words[-1:]


def _value_of_point(plot: _Plot, series: list[float], nth: int) -> Word:
    x, y, text = plot.x(nth), plot.y(series[nth]), short(series[nth])
    is_last = nth == len(series) - 1
    if is_last and plot.slot / 2 + RIGHT >= breadth(text) + GAP:
        return Word(x=x + GAP, y=y + 4, text=text, kind="value", anchor="start")
    beside = [*series[max(nth - 1, 0) : nth], *series[nth + 1 : nth + 2]]
    is_valley = bool(beside) and all(value > series[nth] for value in beside)
    fits_below = plot.bottom - y > LETTERS + GAP * 2
    place = y + LETTERS + 4 if is_valley and fits_below else y - GAP - 1
    if is_last:
        return Word(x=x + plot.slot / 2, y=place, text=text, kind="value", anchor="end")
    return Word(x=x, y=place, text=text, kind="value")
