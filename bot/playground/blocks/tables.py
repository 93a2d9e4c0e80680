"""Tables and charts: blocks for messages."""

from typing import Any

from bot.playground.blocks import objects, rich_text
from bot.playground.blocks.checks import (
    Check,
    boolean,
    by_type,
    complaint,
    every,
    integer,
    items,
    number,
    one_of,
    positive,
    rule,
    shape,
    string,
)

TABLE_ROWS_MAX = 100
#: The documentation says 101; a later third-party spec says 201.
DATA_TABLE_ROWS_MAX = 101
COLUMNS_MAX = 20
TABLE_TEXT_MAX = 20_000
CELL_MAX = 3000
#: The first edition of the page says 6; a later client says 12.
CHART_PARTS_MAX = 6
CHART_POINTS_MAX = 20
CHART_LABEL_MAX = 20
CHART_TITLE_MAX = 50

_raw_text = shape({"type": one_of("raw_text"), "text": string(CELL_MAX)})
_raw_number = shape({"type": one_of("raw_number"), "value": number, "text": string(CELL_MAX)})
_plain_cell = by_type({"raw_text": _raw_text, "raw_number": _raw_number})
_cell = by_type({"raw_text": _raw_text, "raw_number": _raw_number, "rich_text": rich_text.cell})


def _even(block: dict[str, Any]) -> bool:
    return len({len(row) for row in block["rows"]}) == 1


def _short_enough(block: dict[str, Any]) -> bool:
    return rich_text.text_length(block["rows"]) <= TABLE_TEXT_MAX


_even_rows = rule(_even, "all rows must have the same number of cells")
_length = rule(_short_enough, f"must be less than {TABLE_TEXT_MAX + 1} characters in all")

table: Check = every(
    shape(
        {
            "type": one_of("table"),
            "rows": items(items(_cell, COLUMNS_MAX), TABLE_ROWS_MAX),
        },
        {
            "block_id": objects.block_id,
            "column_settings": items(
                shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}),
                COLUMNS_MAX,
            ),
        },
    ),
    _even_rows,
    _length,
)


def _header_is_plain(block: Any, pointer: str) -> list[str]:
    return [
        words
        for nth, cell in enumerate(block["rows"][0])
        for words in _plain_cell(cell, f"{pointer}/rows/0/{nth}")
    ]


data_table: Check = every(
    shape(
        {
            "type": one_of("data_table"),
            "caption": string(2000),
            "rows": items(items(_cell, COLUMNS_MAX), DATA_TABLE_ROWS_MAX, least=2),
        },
        {
            "block_id": objects.block_id,
            "page_size": integer(1, 100),
            "row_header_column_index": integer(0, COLUMNS_MAX - 1),
        },
    ),
    _even_rows,
    _header_is_plain,
    _length,
)

_label = string(CHART_LABEL_MAX)
_point = shape({"label": _label, "value": number})
_pie = shape(
    {
        "type": one_of("pie"),
        "segments": items(shape({"label": _label, "value": positive}), CHART_PARTS_MAX),
    }
)


def _series_fit(chart: Any, pointer: str) -> list[str]:
    """The categories give the order; a series may name its points in any."""
    categories = chart["axis_config"]["categories"]
    names = [one["name"] for one in chart["series"]]
    if len(set(categories)) != len(categories):
        return [complaint("categories must be unique", f"{pointer}/axis_config/categories")]
    if len(set(names)) != len(names):
        return [complaint("series names must be unique", f"{pointer}/series")]
    return [
        complaint("must have one point for each category", f"{pointer}/series/{nth}/data")
        for nth, one in enumerate(chart["series"])
        if sorted(point["label"] for point in one["data"]) != sorted(categories)
    ]


def _axes(kind: str) -> Check:
    series = shape({"name": _label, "data": items(_point, CHART_POINTS_MAX)})
    return every(
        shape(
            {
                "type": one_of(kind),
                "series": items(series, CHART_PARTS_MAX),
                "axis_config": shape(
                    {"categories": items(_label, CHART_POINTS_MAX)},
                    {"x_label": string(CHART_TITLE_MAX), "y_label": string(CHART_TITLE_MAX)},
                ),
            }
        ),
        _series_fit,
    )


chart: Check = shape(
    {
        "type": one_of("data_visualization"),
        "title": string(CHART_TITLE_MAX),
        "chart": by_type(
            {"pie": _pie, "bar": _axes("bar"), "line": _axes("line"), "area": _axes("area")}
        ),
    },
    {"block_id": objects.block_id},
)
