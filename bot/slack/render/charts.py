"""Pictures: Slack's own chart block, and the same as bars of text where Slack takes none."""

from collections.abc import Mapping, Sequence

from bot.domain import amounts
from bot.domain.digests import Part
from bot.slack.render.blocks import Block
from bot.slack.render.days import WEEKDAYS

#: Of a label, a series' and a segment's name.
LABEL_MAX = 20
#: Of a chart's title.
TITLE_MAX = 50
#: The least that any edition of the block's page allows.
SEGMENTS_MAX = 6
_BAR = 16
#: Beside two figures, so that a line fits on a phone.
_SHORT_BAR = 8
#: As wide as `1,000T` is written short.
_FIGURE = 6
#: As wide as `Mon 30 Nov`: beside two figures no more fits on a phone.
_NAME = 10
_DAYS = tuple(name[:3] for name in WEEKDAYS)


def by_day(days: Sequence[int], before: Sequence[int]) -> Block:
    """A week's days beside those of the week before."""
    named = (("Last week", days), ("Week before", before))
    series = [
        {
            "name": name,
            "data": [
                {"label": day, "value": value} for day, value in zip(_DAYS, values, strict=True)
            ],
        }
        for name, values in named
    ]
    axes = {"categories": list(_DAYS), "y_label": "Tokens"}
    return _chart("Tokens used by day", {"type": "bar", "series": series, "axis_config": axes})


def columns(title: str, names: tuple[str, str], rows: Sequence[tuple[str, int, int]]) -> Block:
    """Two columns beside each other for each row: its label, and a value of each name."""
    shown = labels([label for label, _, _ in rows])
    series = [
        {
            "name": name,
            "data": [
                {"label": label, "value": max(values[at], 0)}
                for label, values in zip(shown, (row[1:] for row in rows), strict=True)
            ],
        }
        for at, name in enumerate(names)
    ]
    axes = {"categories": shown, "y_label": "Tokens"}
    return _chart(title, {"type": "bar", "series": series, "axis_config": axes})


def shares(title: str, parts: Sequence[Part]) -> list[Block]:
    """A pie of several parts; of one or none there is nothing to compare."""
    shown = [part for part in parts if part.tokens > 0]
    if len(shown) < 2:  # noqa: PLR2004 (a pie of one part is a disc)
        return []
    if len(shown) > SEGMENTS_MAX:
        rest = sum(part.tokens for part in shown[SEGMENTS_MAX - 1 :])
        shown = [*shown[: SEGMENTS_MAX - 1], Part(name="Others", tokens=rest)]
    segments = [
        {"label": label, "value": part.tokens}
        for label, part in zip(labels([part.name for part in shown]), shown, strict=True)
    ]
    return [_chart(title, {"type": "pie", "segments": segments})]


def day_bars(days: Sequence[int]) -> list[Block]:
    """The same in letters: a bar for each day, as long as its part of the largest."""
    if not any(days):
        return []
    rows = list(zip(_DAYS, days, strict=True))
    return [letters(f"Used by day, last week:\n{text_bars(rows)}")]


def letters(lines: str) -> Block:
    """Lines in a font of one width, in which nothing is markup."""
    pre = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": lines}]}
    return {"type": "rich_text", "elements": [pre]}


def text_bars(rows: Sequence[tuple[str, int]]) -> str:
    """One line each: name, bar, short figure."""
    names = labels([name for name, _ in rows])
    width = max(map(len, names), default=0)
    most = max((tokens for _, tokens in rows), default=0)
    return "\n".join(
        f"{name:<{width}} {_bar(tokens, most):<{_BAR}} {amounts.short(tokens)}"
        for name, (_, tokens) in zip(names, rows, strict=True)
    )


def figure_bars(*groups: Sequence[tuple[str, int]]) -> str:
    """One line each: name, figure, bar. Whoever has it read to them hears the figure first.

    Each group has a longest bar of its own, and the figures of all stand under one another.
    """
    named = [labels([name for name, _ in rows]) for rows in groups]
    width = max((len(name) for names in named for name in names), default=0)
    return "\n\n".join(
        _figure_bars([f"{name:<{width}}" for name in names], [tokens for _, tokens in rows])
        for names, rows in zip(named, groups, strict=True)
    )


def _figure_bars(names: Sequence[str], values: Sequence[int]) -> str:
    most = max(values, default=0)
    return "\n".join(
        f"{name} {amounts.short(tokens):>{_FIGURE}} {_bar(tokens, most)}".rstrip()
        for name, tokens in zip(names, values, strict=True)
    )


def bar_tables(tables: Mapping[str, Sequence[tuple[str, int, int]]]) -> str:
    """Under each heading a line each: name, bar, figure, and the figure of the time before."""
    return "\n\n".join(_bar_table(heading, rows) for heading, rows in tables.items())


def _bar_table(heading: str, rows: Sequence[tuple[str, int, int]]) -> str:
    most = max(now for _, now, _ in rows)
    lines = [
        f"{_beside(name)} {_bar(now, most, _SHORT_BAR):<{_SHORT_BAR}} "
        f"{amounts.short(now):>{_FIGURE}} {amounts.short(before):>{_FIGURE}}"
        for name, (_, now, before) in zip(labels([row[0] for row in rows]), rows, strict=True)
    ]
    head = f"{_beside(heading)} {'':<{_SHORT_BAR}} {'':>{_FIGURE}} {'before':>{_FIGURE}}"
    return "\n".join([head, *lines])


def _beside(name: str) -> str:
    """The name as wide as all are; a longer one has a line of its own above its figures."""
    return f"{name:<{_NAME}}" if len(name) <= _NAME else f"{name}\n{'':<{_NAME}}"


def labels(names: Sequence[str]) -> list[str]:
    """Names cut to a label's length, no two alike."""
    found: list[str] = []
    for name in names:
        label = _cut(name, LABEL_MAX)
        number = 2
        while label in found:
            mark = f" {number}"
            label = _cut(name, LABEL_MAX - len(mark)) + mark
            number += 1
        found.append(label)
    return found


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"


def _bar(tokens: int, most: int, length: int = _BAR) -> str:
    """At least one block for anything at all, so that little is not nothing."""
    return "█" * max(tokens * length // most, 1) if tokens > 0 else ""


def _chart(title: str, chart: Block) -> Block:
    return {"type": "data_visualization", "title": title[:TITLE_MAX], "chart": chart}
