"""Each limit of Block Kit: at the limit it passes, one over is refused and named."""

import re
from pathlib import Path

import pytest

from bot.playground.blocks.surfaces import Surface, problems
from tests.playground.limits import (
    BLOCK_LIMITS,
    VIEW_LIMITS,
    Make,
    actions,
    bars,
    cells,
    field,
    option,
    select,
    text,
)
from tests.playground.little_bot import Json, asking, button, plain, section


def on_surface(surface: Surface, *blocks: Json) -> Json:
    match surface:
        case "message":
            return {"text": "t", "blocks": list(blocks)}
        case "modal":
            return asking() | {"blocks": list(blocks)}
        case _:
            return {"type": "home", "blocks": list(blocks)}


@pytest.mark.parametrize(
    ("surface", "limit", "make"),
    [pytest.param(*case[1:], id=case[0]) for case in BLOCK_LIMITS],
)
def test_a_block_may_reach_its_limit_but_not_pass_it(
    surface: Surface, limit: int, make: Make
) -> None:
    assert problems(surface, on_surface(surface, make(limit))) == []
    assert len(problems(surface, on_surface(surface, make(limit + 1)))) == 1


@pytest.mark.parametrize(
    ("limit", "make"), [pytest.param(*case[1:], id=case[0]) for case in VIEW_LIMITS]
)
def test_a_view_may_reach_its_limit_but_not_pass_it(limit: int, make: Make) -> None:
    assert problems("modal", make(limit)) == []
    assert len(problems("modal", make(limit + 1))) == 1


def test_a_message_holds_fifty_blocks_and_a_home_a_hundred() -> None:
    divider = {"type": "divider"}

    assert problems("message", [divider] * 50) == []
    assert problems("message", [divider] * 51) == [
        "no more than 50 items allowed [json-pointer:/blocks]"
    ]
    assert problems("home", on_surface("home", *[divider] * 100)) == []
    assert len(problems("home", on_surface("home", *[divider] * 101))) == 1


ONLY_SOMEWHERE: list[tuple[Json, set[Surface]]] = [
    (field(select()), {"modal", "home"}),
    ({"type": "alert", "text": plain("x")}, {"modal"}),
    ({"type": "markdown", "text": "x"}, {"message"}),
    ({"type": "table", "rows": [cells(1)]}, {"message"}),
    ({"type": "data_table", "caption": "c", "rows": [cells(1)] * 2}, {"message"}),
    (bars(), {"message"}),
    (section("x"), {"message", "modal", "home"}),
    ({"type": "video", "title": plain("x")}, set()),
]


@pytest.mark.parametrize(
    ("block", "allowed"), ONLY_SOMEWHERE, ids=[str(one[0]["type"]) for one in ONLY_SOMEWHERE]
)
@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_a_block_stands_only_where_slack_takes_it(
    block: Json, allowed: set[Surface], surface: Surface
) -> None:
    found = problems(surface, on_surface(surface, block))

    assert (found == []) is (surface in allowed)
    assert all("unsupported type" in one for one in found)


#: Codes that say nothing of Slack's: a bad answer of the app, a URL nobody was given.
OF_OUR_OWN = {"bad_answer", "no_such_url", "no_original"}
RAW = {"type": "raw_text", "text": ""}
REFUSED: list[tuple[str, Surface, Json, str]] = [
    ("unknown field", "message", section("x") | {"colour": "red"}, "additional property: colour"),
    ("no type", "message", {"text": plain("x")}, "missing required field: type"),
    ("no text", "message", {"type": "section"}, "missing required field: text"),
    ("empty text", "message", section(""), "must be more than 0 characters"),
    ("mrkdwn header", "message", section("x") | {"type": "header"}, "enum value"),
    ("style", "message", actions(button("b", "a", style="warning")), "enum value"),
    ("same action", "message", actions(button("b", "a"), button("c", "a")), "'a' must be unique"),
    ("input in actions", "message", actions({"type": "plain_text_input"}), "unsupported type"),
    ("button in input", "modal", field(button("b", "a")), "unsupported type"),
    ("no options", "message", actions(select(options=[])), "no less than 1"),
    ("odd initial", "message", actions(select(initial_option=option(value="z"))), "one of the"),
    ("no decimals said", "modal", field({"type": "number_input"}), "is_decimal_allowed"),
    ("no alt", "message", {"type": "image", "image_url": "https://x.y/z"}, "alt_text"),
    ("no source", "message", {"type": "image", "alt_text": "x"}, "image_url or slack_file"),
    ("script url", "message", actions(button("b", "a", url="javascript:x")), "must be a URL"),
    ("empty cell", "message", {"type": "table", "rows": [[RAW]]}, "more than 0"),
    ("ragged", "message", {"type": "table", "rows": [cells(1), cells(2)]}, "same number of cells"),
    ("nulls", "message", {"type": "section", "text": None}, "missing required field: text"),
    (
        "no such day",
        "message",
        actions({"type": "datepicker", "initial_date": "2026-02-31"}),
        "date",
    ),
    (
        "other words",
        "message",
        actions(select(initial_option=option(text=plain("other")))),
        "one of the options",
    ),
    (
        "too many chosen",
        "message",
        actions(
            {
                "type": "multi_users_select",
                "max_selected_items": 1,
                "initial_users": ["U1", "U2"],
            }
        ),
        "more initial items",
    ),
    (
        "longer than it may be",
        "modal",
        field({"type": "plain_text_input", "max_length": 1, "initial_value": "xy"}),
        "must not exceed max_length",
    ),
    (
        "marked description",
        "message",
        actions(select(options=[option(description={"type": "mrkdwn", "text": "*x*"})])),
        "enum value",
    ),
    (
        "link in a menu",
        "message",
        actions(select(options=[option(url="https://x.y")])),
        "additional property: url",
    ),
    (
        "number as number",
        "modal",
        field({"type": "number_input", "is_decimal_allowed": False, "min_value": 1}),
        "number in a string",
    ),
]


@pytest.mark.parametrize(
    ("surface", "block", "words"), [pytest.param(*one[1:], id=one[0]) for one in REFUSED]
)
def test_what_slack_refuses_is_refused_in_its_words(
    surface: Surface, block: Json, words: str
) -> None:
    found = problems(surface, on_surface(surface, block))

    assert any(words in one and "[json-pointer:/" in one for one in found), found


def test_block_ids_are_unique() -> None:
    twice = {"type": "divider", "block_id": "d"}

    assert problems("message", [twice]) == []
    assert len(problems("message", [twice, twice])) == 1


def test_the_same_action_may_stand_in_two_blocks() -> None:
    assert problems("message", [actions(button("b", "a")), actions(button("b", "a"))]) == []


def test_a_modal_with_inputs_needs_a_submit_button() -> None:
    without = {name: value for name, value in asking().items() if name != "submit"}

    assert problems("modal", without) == ["missing required field: submit [json-pointer:/view]"]
    assert problems("modal", without | {"blocks": [section("x")]}) == []


def test_a_modal_needs_a_title() -> None:
    without = {name: value for name, value in asking().items() if name != "title"}

    assert problems("modal", without) == ["missing required field: title [json-pointer:/view]"]


def test_messages_have_limits_as_a_whole() -> None:
    table = {"type": "table", "rows": [cells(1)]}
    long = [section(text(3000)) for _ in range(4)]
    marked = {"type": "markdown", "text": text(6001)}

    assert problems("message", [*long, section(text(1200))]) == []
    assert problems("message", [*long, section(text(1201))])[0].startswith("msg_blocks_too_long")
    assert problems("message", [table, table])[0].startswith("only_one_table_allowed")
    assert len(problems("message", [marked, marked])) == 1
    assert len(problems("message", [bars()] * 3)) == 1


def test_a_chart_has_twenty_points_and_one_for_each_category() -> None:
    uneven = bars(points=2)
    uneven["chart"]["series"][0]["data"].pop()

    assert problems("message", [bars(points=20)]) == []
    assert len(problems("message", [bars(points=21)])) == 2  # points and categories
    assert "one point for each category" in problems("message", [uneven])[0]


def test_only_one_element_of_a_view_has_the_cursor() -> None:
    focused = field({"type": "plain_text_input", "focus_on_load": True})

    assert problems("modal", on_surface("modal", focused)) == []
    assert problems("modal", on_surface("modal", focused, focused)) == [
        "only one element may focus on load [json-pointer:/view/blocks]"
    ]


def test_every_refusal_stands_in_the_docs() -> None:
    source = "".join(path.read_text("utf-8") for path in Path("bot/playground").rglob("*.py"))
    codes = set(re.findall(r'SlackRefusal\(\s*"(\w+)"', source)) - OF_OUR_OWN

    docs = Path("docs/playground_strictness.md").read_text("utf-8")

    assert {code for code in codes if f"`{code}`" not in docs} == set()
