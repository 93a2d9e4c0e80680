"""A team's week and a member's own: the headline first, then figures, then pictures."""

from collections.abc import Sequence
from enum import Enum, auto

from bot.domain import amounts, headlines
from bot.domain.digests import Moves, Part, Week
from bot.domain.directory import EVERYONE
from bot.domain.headlines import Step
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons, charts, days, text
from bot.slack.render import digest_words as words
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    message,
    section,
)
from bot.slack.render.days import counted
from bot.slack.render.digest_setup import choose_channel
from bot.slack.render.text import escape, mention, team_name

#: A row's name, last week's tokens and those of the week before.
Row = tuple[str, int, int]

#: Before the name of what is a part of the row above.
_PART = "–"
_TRANSFERRED = "Transferred between members"


class Form(Enum):
    """What Slack took of the message; each leaves out what the one before it had."""

    CHARTS = auto()
    TABLE = auto()
    WORDS = auto()


def digest(week: Week, form: Form = Form.CHARTS) -> Message:
    """For the channel: what changed, what to do next, and the figures."""
    said, step = words.sentences(week), words.next_step(week)
    others = " (people in no team)" if week.team_id == EVERYONE else ""
    about = f"{team_name(week.team)}{others}, {days.week(week.week_on)} ({escape(week.zone)})"
    return message(
        f"*{words.headline(week)}*",
        context(about),
        *([section("\n".join(said))] if said else []),
        section(step),
        *_steps(week),
        *_leaders(week),
        *figures(_rows(week), form),
        *_pictures(week, form),
        _small_print(week),
        # A phone shows the first words of it.
        spoken=f" {text.without_marks(step)} {words.in_short(week)}",
    )


def preview(week: Week, form: Form = Form.CHARTS, *, channel: str | None = None) -> Message:
    """The same for one person, with a way to send it where one is chosen."""
    shown = digest(week, form)
    where = f"<#{channel}> at its usual time" if channel else "a channel, once you choose one"
    send = button(
        "Send it now",
        Action.DIGEST_SEND,
        value=week.team_id,
        spoken=f"Send the digest of {week.team} to its channel now"[: text.SPOKEN_MAX // 2],
    )
    choose = choose_channel(f"{week.team_id}:")
    note = f"A preview that you alone see. The digest goes to {where}."
    return {
        "text": f"A preview that you alone see: {shown['text']}",
        "blocks": [context(note), *shown["blocks"], actions(send if channel else choose)],
    }


def _steps(week: Week) -> list[Block]:
    if headlines.step(week) is not Step.FILL_POOL:
        return []
    return [actions(buttons.fill_pool(week.team_id))]


def _leaders(week: Week) -> list[Block]:
    if not week.leaders:
        return []
    shown = [f"{mention(one.user_id)} {amounts.short(one.tokens)}" for one in week.leaders]
    return [
        section(f"Most tokens, of those who are shown: {', '.join(shown)}."),
        context(f"This team shows its people; `{COMMAND} digest hide me` keeps you out"),
    ]


def figures(rows: Sequence[Row], form: Form) -> list[Block]:
    """The rows as a table, or as lines where Slack takes none; nothing where there are none.

    A table's figures are short, so that all its columns fit on a phone.
    """
    if not rows:
        return []
    if form is not Form.WORDS:
        return [table(("Tokens", "Last week", "Before"), rows)]
    lines = [
        f"{name}: {amounts.exact(now)} (week before: {amounts.exact(before)})"
        for name, now, before in rows
    ]
    return [charts.letters("\n".join(lines))]


def table(heading: tuple[str, str, str], rows: Sequence[Row]) -> Block:
    """The first column in words, the others in figures."""
    shown = [(name, amounts.short(now), amounts.short(before)) for name, now, before in rows]
    cells = [[{"type": "raw_text", "text": cell} for cell in row] for row in (heading, *shown)]
    words_column = {"align": "left", "is_wrapped": True}
    return {
        "type": "table",
        "rows": cells,
        "column_settings": [words_column, {"align": "right"}, {"align": "right"}],
    }


def _rows(week: Week) -> list[Row]:
    """Use and its parts, what came and its parts, what went from one to another, what is gone."""
    rows: list[Row] = []
    if week.has_use:
        typical = "" if week.typical is None else f" (typical: {amounts.short(week.typical)})"
        rows.append((f"Used{typical}", week.used, week.used_before))
        rows += part_rows("of it", week.models)
        rows += part_rows("in project", week.projects)
    now, before = week.moves, week.moves_before
    moved = (
        ("Given back", now.returned, before.returned),
        ("Taken back", now.reversed, before.reversed),
        (f"{_TRANSFERRED}{_times(now.transfers)}", now.transferred, before.transferred),
        ("Expired (left from earlier)", now.expired, before.expired),
        ("Into the pool", now.issued, before.issued),
    )
    return [*rows, *_came(now, before), *(row for row in moved if row[1] or row[2])]


def _came(now: Moves, before: Moves) -> list[Row]:
    """What came, under its sum where it came in two ways."""
    ways = (
        (f"grants and approvals{_times(now.grants)}", now.granted, before.granted),
        ("allowances", now.allowances, before.allowances),
    )
    some = [way for way in ways if way[1] or way[2]]
    if len(some) < len(ways):
        return [(f"Came in: {name}", tokens, earlier) for name, tokens, earlier in some]
    return [
        ("Came in", now.came, before.came),
        *((f"{_PART} of it {name}", tokens, earlier) for name, tokens, earlier in some),
    ]


def _times(count: int) -> str:
    if not count:
        return ""
    return " (once)" if count == 1 else f" ({count:,} times)"


def part_rows(what: str, parts: Sequence[Part]) -> list[Row]:
    """Parts of what stands above them, so marked that nobody adds them to it."""
    return [(f"{_PART} {what} {part.name}", part.tokens, part.before) for part in parts]


def _pictures(week: Week, form: Form) -> list[Block]:
    """Use by day and by its parts."""
    if not week.has_use:
        return []
    several = len(week.models) > 1 or not week.projects
    what, parts = ("model", week.models) if several else ("project", week.projects)
    if form is Form.CHARTS:
        title = f"Tokens used by {what}"
        return [charts.by_day(week.days, week.days_before), *charts.shares(title, parts)]
    return charts.day_bars(week.days)


def _small_print(week: Week) -> Block:
    lines = []
    if week.has_use:
        people = f"{week.users:,} of {counted(week.members, 'member')} used tokens"
        lines.append(f"{people}, in {counted(week.calls, 'call')}")
    if week.typical is not None:
        lines.append("Typical: the middle of the four weeks before the two shown")
    if week.allowance and week.has_use:
        lines.append("A monthly allowance counts with 7 of its days")
    lines.append(f"`{COMMAND} digest me on` sends you your own week")
    return context(*lines)
