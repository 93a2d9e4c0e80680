"""Charts and tables as the page draws them: every value is there, for the eyes and in words."""

import re
from collections.abc import Sequence

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.blocks.surfaces import problems
from bot.playground.charts.figure import NARROW, WIDE, figure, table
from bot.playground.charts.scale import full, scale, short
from bot.playground.charts.shapes import Drawing
from bot.playground.server import SimulatedSlack
from tests.playground.limits import bars, cells, pie
from tests.playground.little_bot import Json
from tests.playground.test_page import HOSTILE, Tags, ask

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
Lines = dict[str, Sequence[float]]


def chart(kind: str, lines: Lines, categories: Sequence[str] = DAYS, **axes: str) -> Json:
    """A chart with these series."""
    series = [
        {
            "name": name,
            "data": [
                {"label": label, "value": value}
                for label, value in zip(categories, values, strict=True)
            ],
        }
        for name, values in lines.items()
    ]
    return {
        "type": "data_visualization",
        "title": "Tokens by day",
        "chart": {
            "type": kind,
            "series": series,
            "axis_config": {"categories": list(categories), **axes},
        },
    }


WEEK = (1_250_000, 980_000, 2_430_000, 1_870_000, 2_900_000, 120_000, 45_000)
CHARTS = [
    chart("bar", {"Tokens": WEEK}, x_label="Day", y_label="Tokens"),
    chart("bar", {"Up": [1, 2, 3, 4, 5, 6, 7], "Down": [-7, -6, -5, -4, -3, -2, -1]}),
    chart("line", {"One": WEEK, "Two": [0] * 7}),
    chart("area", {"Nothing": [0.0] * 7}),
    chart("line", {"A point": [3]}, ["Only"]),
    bars(points=20, series=6),
    pie(6),
    pie(1),
]
NAMES = [f"{one['chart']['type']} {nth}" for nth, one in enumerate(CHARTS)]


@pytest.mark.parametrize("block", CHARTS, ids=NAMES)
def test_every_mark_is_inside_its_drawing(block: Json) -> None:
    assert problems("message", [block]) == []

    drawn = figure(block)

    assert drawn.wide.width <= WIDE
    assert drawn.narrow.width <= NARROW
    for drawing in (drawn.wide, drawn.narrow):
        assert all(0 <= one.x <= drawing.width for one in drawing.words), drawing.words
        assert all(0 <= one.y <= drawing.height for one in drawing.words), drawing.words
        assert all(one.height >= 0 and one.x >= 0 for one in drawing.bars)
        assert all(one.y + one.height <= drawing.height for one in drawing.bars)


def words(drawing: Drawing, kind: str) -> list[str]:
    return [one.text for one in drawing.words if one.kind == kind]


def test_bars_bear_their_values_and_say_them_in_full() -> None:
    drawn = figure(CHARTS[0])

    expected = ["1.25M", "980k", "2.43M", "1.87M", "2.9M", "120k", "45k"]
    assert words(drawn.wide, "value") == expected
    assert words(drawn.narrow, "value") + words(drawn.narrow, "share") == expected
    assert words(drawn.wide, "label") == ["Tokens", "Day"]
    assert drawn.wide.bars[0].says == "Tokens, Mon: 1,250,000"


def test_a_taller_bar_is_a_larger_value_from_zero() -> None:
    heights = [one.height for one in figure(CHARTS[0]).wide.bars]

    assert [height / heights[0] for height in heights] == pytest.approx(
        [value / WEEK[0] for value in WEEK]
    )


def test_lines_that_end_together_leave_their_values_to_the_table() -> None:
    apart = figure(chart("line", {"One": [1] * 7, "Two": [9] * 7}))
    together = figure(chart("line", {"One": [1] * 7, "Two": [1] * 7}))

    assert words(apart.wide, "value") == ["1", "9"]
    assert words(together.wide, "value") == []


def test_the_categories_give_the_order_of_the_points() -> None:
    block = chart("bar", {"Tokens": WEEK})
    block["chart"]["series"][0]["data"].reverse()

    assert problems("message", [block]) == []
    assert table(block["chart"])[1] == ["Mon", "1,250,000"]


def test_a_pie_is_its_shares() -> None:
    segments = [{"label": name, "value": value} for name, value in (("Ana", 75), ("Ben", 24.9))]
    block = pie(1) | {
        "chart": {"type": "pie", "segments": [*segments, {"label": "C", "value": 0.1}]}
    }

    drawn = figure(block)

    assert drawn.legend == ("Ana · 75 (75%)", "Ben · 24.9 (25%)", "C · 0.1 (<1%)")
    assert words(drawn.wide, "share") == ["75%", "25%"]
    assert drawn.rows[0] == ("", "Value", "Share")


@pytest.mark.parametrize(
    ("value", "in_short", "in_full"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (999_999, "1M", "999,999"),
        (1_250_000, "1.25M", "1,250,000"),
        (-200_000, "−200k", "−200,000"),
        (2_500_000_000, "2.5B", "2,500,000,000"),
        (0.25, "0.25", "0.25"),
    ],
)
def test_numbers_are_short_on_marks_and_whole_in_tables(
    value: float, in_short: str, in_full: str
) -> None:
    assert (short(value), full(value)) == (in_short, in_full)


@pytest.mark.parametrize("values", [[0], [7], [-3], [1, 1000], [-5, 5], [0.001], [123_456_789]])
def test_a_scale_holds_all_values_and_zero_in_few_steps(values: list[float]) -> None:
    made = scale(values)

    assert all(0 <= made.share(value) <= 1 for value in [*values, 0])
    assert 2 <= len(made.ticks) <= 7


def posted(slack: SimulatedSlack, client: WebClient, *blocks: Json) -> str:
    """The page once the app has posted these blocks."""
    client.chat_postMessage(channel=slack.general.id, text="x", blocks=list(blocks))
    return ask(slack, "/")[1]


def test_a_chart_is_drawn_twice_and_told_once(slack: SimulatedSlack, client: WebClient) -> None:
    html = posted(slack, client, CHARTS[0])

    drawings = re.findall(r'<svg class="plot (\w+)".*?</svg>', html, re.DOTALL)
    assert drawings == ["wide", "narrow"]
    hidden = re.search(r'<table class="visually-hidden">.*?</table>', html, re.DOTALL)
    assert hidden is not None
    told = re.findall(r"<(?:caption|th|td)(?: [^>]*)?>([^<]*)<", hidden.group())
    assert told[:5] == ["Tokens by day (bar chart)", "Day", "Tokens", "Mon", "1,250,000"]
    assert not re.search(r"\sstyle=", html)


def test_nothing_in_a_chart_becomes_markup(slack: SimulatedSlack, client: WebClient) -> None:
    short_one = HOSTILE[:20]
    block = chart("bar", {short_one: [1]}, [HOSTILE[8:28]], x_label=short_one, y_label=short_one)

    html = posted(slack, client, block | {"title": HOSTILE[:50]})

    assert Tags(html).dangers() == []
    assert "&lt;script&gt;" in html


def test_a_chart_reads_as_its_values(slack: SimulatedSlack, client: WebClient) -> None:
    posted(slack, client, chart("bar", {"Ana": [1_000, 20], "Ben": [3, 4]}, ["Mon", "Tue"]))

    assert slack.as_text(slack.channel("general")[0]).splitlines() == [
        "(bar chart: Tokens by day)",
        " | Ana | Ben",
        "Mon | 1,000 | 3",
        "Tue | 20 | 4",
    ]


def test_columns_stand_and_wrap_as_they_were_set(slack: SimulatedSlack, client: WebClient) -> None:
    number = {"type": "raw_number", "value": 5, "text": "5"}
    block = {
        "type": "table",
        "column_settings": [{"is_wrapped": True}, {"align": "center"}],
        "rows": [cells(3), [*cells(2), number]],
    }

    html = posted(slack, client, block)

    assert re.findall(r'<th scope="col" class="([^"]*?) ">', html) == [
        "left wrapped",
        "center unwrapped",
        "right unwrapped",
    ]


def test_a_data_table_has_a_caption_and_row_headers(
    slack: SimulatedSlack, client: WebClient
) -> None:
    block = {
        "type": "data_table",
        "caption": "Usage by member",
        "row_header_column_index": 1,
        "rows": [cells(2), cells(2)],
    }

    html = posted(slack, client, block)

    assert "<caption>Usage by member</caption>" in html
    assert html.count('<th scope="row"') == 1


REFUSED = [
    ("a third chart", [bars()] * 3, "invalid_blocks"),
    ("two tables", [{"type": "table", "rows": [cells(1)]}] * 2, "invalid_attachments"),
    (
        "a table and a data table",
        [
            {"type": "table", "rows": [cells(1)]},
            {"type": "data_table", "caption": "c", "rows": [cells(1)] * 2},
        ],
        "invalid_attachments",
    ),
    ("an empty cell", [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}], "blocks"),
    ("a long label", [pie(1, label=21)], "invalid_blocks"),
]


@pytest.mark.parametrize(("blocks", "code"), [pytest.param(*one[1:], id=one[0]) for one in REFUSED])
def test_charts_and_tables_have_limits_in_a_message(
    slack: SimulatedSlack, client: WebClient, blocks: list[Json], code: str
) -> None:
    with pytest.raises(SlackApiError, match=code):
        client.chat_postMessage(channel=slack.general.id, text="x", blocks=blocks)


@pytest.mark.parametrize("wrong", ["series", "categories", "labels"])
def test_a_chart_whose_parts_do_not_fit_is_refused(wrong: str) -> None:
    block = bars(points=2, series=2)
    match wrong:
        case "series":
            block["chart"]["series"][1]["name"] = "s0"
        case "categories":
            block["chart"]["axis_config"]["categories"] = ["c0", "c0"]
        case _:
            block["chart"]["series"][1]["data"] = [{"label": "c0", "value": 1}] * 2

    assert len(problems("message", [block])) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "5", None, True, 10**400])
def test_a_point_is_a_number(value: object) -> None:
    block = bars()
    block["chart"]["series"][0]["data"] = [{"label": "c0", "value": value}]

    assert len(problems("message", [block])) == 1


def test_slack_can_be_one_that_knows_no_charts(slack: SimulatedSlack, client: WebClient) -> None:
    slack.faults.refuse_block("data_visualization")

    with pytest.raises(SlackApiError, match="invalid_blocks") as caught:
        posted(slack, client, {"type": "divider"}, bars())
    posted(slack, client, {"type": "divider"})
    slack.faults.clear()
    posted(slack, client, bars())

    assert caught.value.response["errors"] == [
        "unsupported type: data_visualization [json-pointer:/blocks/1/type]"
    ]
    assert len(slack.channel("general")) == 2


def test_the_pages_menu_refuses_charts_and_stays_where_it_was_set(
    slack: SimulatedSlack, client: WebClient
) -> None:
    ask(slack, "/ui/simulate/fail", {"kind": "charts"})
    _, html = ask(slack, "/")

    assert '<option value="charts" selected>Refuse charts</option>' in html
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        posted(slack, client, bars())
    ask(slack, "/ui/simulate/fail", {"kind": "off"})
    assert "wide" in posted(slack, client, bars())
