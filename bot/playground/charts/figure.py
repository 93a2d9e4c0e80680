"""A chart block as a figure: the drawing for a wide and a narrow page, its legend, its table."""

from dataclasses import dataclass
from typing import Any

from bot.playground.charts import axes, pie
from bot.playground.charts.scale import full
from bot.playground.charts.shapes import Drawing

Json = dict[str, Any]

WIDE, NARROW = 560.0, 282.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """All that the page shows of a chart."""

    title: str
    kind: str
    wide: Drawing
    narrow: Drawing
    legend: tuple[str, ...]
    #: The same as words: the first row is the header, the first cell of a row says whose it is.
    rows: tuple[tuple[str, ...], ...]

    @property
    def drawings(self) -> tuple[tuple[str, Drawing], ...]:
        return ("wide", self.wide), ("narrow", self.narrow)


def figure(block: Json) -> Figure:
    """The figure of a `data_visualization` block that Slack takes."""
    chart = block["chart"]
    draw = pie.draw if chart["type"] == "pie" else axes.draw
    return Figure(
        title=block["title"],
        kind=chart["type"],
        wide=draw(chart, WIDE),
        narrow=draw(chart, NARROW),
        legend=tuple(_legend(chart)),
        rows=tuple(tuple(row) for row in table(chart)),
    )


def table(chart: Json) -> list[list[str]]:
    """The values of a chart: a row for each category, or for each slice."""
    if chart["type"] == "pie":
        total = sum(one["value"] for one in chart["segments"])
        shares = [
            [one["label"], full(one["value"]), pie.percent(one["value"] / total)]
            for one in chart["segments"]
        ]
        return [["", "Value", "Share"], *shares]
    settings = chart["axis_config"]
    head = [settings.get("x_label") or "", *(series["name"] for series in chart["series"])]
    columns = axes.in_order(chart)
    rows = [
        [name, *(full(column[nth]) for column in columns)]
        for nth, name in enumerate(settings["categories"])
    ]
    return [head, *rows]


def _legend(chart: Json) -> list[str]:
    if chart["type"] != "pie":
        return [series["name"] for series in chart["series"]]
    total = sum(one["value"] for one in chart["segments"])
    return [
        f"{one['label']} · {full(one['value'])} ({pie.percent(one['value'] / total)})"
        for one in chart["segments"]
    ]
