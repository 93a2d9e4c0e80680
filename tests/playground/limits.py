"""Payloads at a limit of Block Kit: each made for the number that the limit counts."""

from collections.abc import Callable

from bot.playground.blocks.surfaces import Surface
from tests.playground.little_bot import Json, asking, button, plain, section

Make = Callable[[int], Json]


def text(length: int) -> str:
    return "x" * length


def options(count: int) -> list[Json]:
    return [{"text": plain("o"), "value": f"v{nth}"} for nth in range(count)]


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def field(element: Json) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element}


def select(**more: object) -> Json:
    return {"type": "static_select", "options": options(1), **more}


def confirm(**more: Json) -> Json:
    words = {"title": "t", "text": "t", "confirm": "c", "deny": "d"}
    return {**{name: plain(word) for name, word in words.items()}, **more}


def option(**more: object) -> Json:
    return {"text": plain("o"), "value": "v", **more}


def cells(count: int) -> list[Json]:
    return [{"type": "raw_text", "text": "x"} for _ in range(count)]


def bars(points: int = 1, series: int = 1, **more: object) -> Json:
    names = [f"c{nth}" for nth in range(points)]
    data = [{"label": name, "value": 1} for name in names]
    return {
        "type": "data_visualization",
        "title": "t",
        "chart": {
            "type": "bar",
            "series": [{"name": f"s{nth}", "data": data} for nth in range(series)],
            "axis_config": {"categories": names},
        },
        **more,
    }


def pie(count: int, label: int = 1) -> Json:
    segments = [{"label": text(label), "value": 1} for _ in range(count)]
    return {
        "type": "data_visualization",
        "title": "t",
        "chart": {"type": "pie", "segments": segments},
    }


BLOCK_LIMITS: list[tuple[str, Surface, int, Make]] = [
    ("section text", "message", 3000, lambda n: section(text(n))),
    (
        "section field",
        "message",
        2000,
        lambda n: {"type": "section", "fields": [plain(text(n))]},
    ),
    (
        "section fields",
        "message",
        10,
        lambda n: {"type": "section", "fields": [plain("x")] * n},
    ),
    ("header", "message", 150, lambda n: {"type": "header", "text": plain(text(n))}),
    (
        "actions",
        "message",
        25,
        lambda n: actions(*(button("b", f"a{nth}") for nth in range(n))),
    ),
    ("context", "message", 10, lambda n: {"type": "context", "elements": [plain("x")] * n}),
    ("block_id", "message", 255, lambda n: {"type": "divider", "block_id": text(n)}),
    ("action_id", "message", 255, lambda n: actions(button("b", text(n)))),
    ("button text", "message", 75, lambda n: actions(button(text(n), "a"))),
    ("button value", "message", 2000, lambda n: actions(button("b", "a", value=text(n)))),
    (
        "button url",
        "message",
        3000,
        lambda n: actions(button("b", "a", url="https://" + text(n - 8))),
    ),
    (
        "button label",
        "message",
        75,
        lambda n: actions(button("b", "a", accessibility_label=text(n))),
    ),
    ("options", "message", 100, lambda n: actions(select(options=options(n)))),
    (
        "option text",
        "message",
        75,
        lambda n: actions(select(options=[option(text=plain(text(n)))])),
    ),
    ("option value", "message", 150, lambda n: actions(select(options=[option(value=text(n))]))),
    (
        "option description",
        "message",
        75,
        lambda n: actions(select(options=[option(description=plain(text(n)))])),
    ),
    ("placeholder", "message", 150, lambda n: actions(select(placeholder=plain(text(n))))),
    ("overflow", "message", 5, lambda n: actions({"type": "overflow", "options": options(n)})),
    ("radio", "message", 10, lambda n: actions({"type": "radio_buttons", "options": options(n)})),
    ("boxes", "message", 10, lambda n: actions({"type": "checkboxes", "options": options(n)})),
    (
        "confirm title",
        "message",
        100,
        lambda n: actions(button("b", "a", confirm=confirm(title=plain(text(n))))),
    ),
    (
        "confirm text",
        "message",
        300,
        lambda n: actions(button("b", "a", confirm=confirm(text=plain(text(n))))),
    ),
    (
        "confirm yes",
        "message",
        30,
        lambda n: actions(button("b", "a", confirm=confirm(confirm=plain(text(n))))),
    ),
    (
        "confirm no",
        "message",
        30,
        lambda n: actions(button("b", "a", confirm=confirm(deny=plain(text(n))))),
    ),
    (
        "alt_text",
        "message",
        2000,
        lambda n: {"type": "image", "image_url": "https://x.y/z", "alt_text": text(n)},
    ),
    ("markdown", "message", 12_000, lambda n: {"type": "markdown", "text": text(n)}),
    ("table rows", "message", 100, lambda n: {"type": "table", "rows": [cells(1)] * n}),
    ("table cells", "message", 20, lambda n: {"type": "table", "rows": [cells(n)]}),
    (
        "data_table rows",
        "message",
        101,
        lambda n: {"type": "data_table", "caption": "c", "rows": [cells(1)] * n},
    ),
    (
        "data_table page",
        "message",
        100,
        lambda n: {"type": "data_table", "caption": "c", "rows": [cells(1)] * 2, "page_size": n},
    ),
    ("chart title", "message", 50, lambda n: bars(title=text(n))),
    ("chart series", "message", 6, lambda n: bars(series=n)),
    ("pie segments", "message", 6, pie),
    ("pie label", "message", 20, lambda n: pie(1, label=n)),
    ("alert", "modal", 200, lambda n: {"type": "alert", "text": plain(text(n))}),
    ("label", "modal", 2000, lambda n: field(select()) | {"label": plain(text(n))}),
    ("hint", "modal", 2000, lambda n: field(select()) | {"hint": plain(text(n))}),
    (
        "max_length",
        "modal",
        3000,
        lambda n: field({"type": "plain_text_input", "max_length": n}),
    ),
]


VIEW_LIMITS: list[tuple[str, int, Make]] = [
    ("title", 24, lambda n: asking() | {"title": plain(text(n))}),
    ("submit", 24, lambda n: asking() | {"submit": plain(text(n))}),
    ("close", 24, lambda n: asking() | {"close": plain(text(n))}),
    ("private_metadata", 3000, lambda n: asking() | {"private_metadata": text(n)}),
    ("callback_id", 255, lambda n: asking() | {"callback_id": text(n)}),
    ("external_id", 255, lambda n: asking() | {"external_id": text(n)}),
    ("blocks", 100, lambda n: asking() | {"blocks": [{"type": "divider"}] * n}),
]
