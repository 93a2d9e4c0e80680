"""A team's week and a member's own: the headline first, then figures, then pictures."""

from collections.abc import Sequence
from enum import Enum, auto

from bot.domain import amounts
from bot.domain.digests import Part, Week
from bot.slack.ids import COMMAND, Action
from bot.slack.render import charts, days, text
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


class Form(Enum):
    """What Slack took of the message; each leaves out what the one before it had."""

    CHARTS = auto()
    TABLE = auto()
    WORDS = auto()


def digest(week: Week, form: Form = Form.CHARTS) -> Message:
    """For the channel: what changed, what to do next, and the figures."""
    said = [words.headline(week), *words.sentences(week), words.next_step(week)]
    return message(
        f"*{said[0]}*",
        context(f"{team_name(week.team)}, {days.week(week.week_on)} ({escape(week.zone)})"),
        *([section("\n".join(said[1:-1]))] if said[1:-1] else []),
        section(said[-1]),
        *_leaders(week),
        *figures(_rows(week), form),
        *_pictures(week, form),
        _small_print(week),
        spoken="".join(f" {text.without_marks(one)}" for one in said[1:]),
    )


def preview(week: Week, form: Form = Form.CHARTS, *, channel: str | None = None) -> Message:
    """The same for one person, with a way to send it where one is chosen."""
    shown = digest(week, form)
    where = f"<#{channel}>" if channel else "the channel, once you choose one"
    send = button(
        "Send it now",
        Action.DIGEST_SEND,
        value=week.team_id,
        spoken=f"Send the digest of {week.team} to its channel now"[: text.SPOKEN_MAX // 2],
    )
    choose = choose_channel(f"{week.team_id}:", label="Choose a channel…")
    note = f"A preview that you alone see. It goes to {where}."
    return {
        "text": f"A preview that you alone see: {shown['text']}",
        "blocks": [context(note), *shown["blocks"], actions(send if channel else choose)],
    }


def _leaders(week: Week) -> list[Block]:
    if not week.leaders:
        return []
    shown = [f"{mention(one.user_id)} {amounts.short(one.tokens)}" for one in week.leaders]
    return [
        section(f"Used most, of those who are shown: {', '.join(shown)}."),
        context(f"This team shows its people. `{COMMAND} digest hide me` keeps you out"),
    ]


def figures(rows: Sequence[tuple[str, str, str]], form: Form) -> list[Block]:
    """The rows as a table, or as lines where Slack takes none; nothing below a bare head."""
    if len(rows) < 2:  # noqa: PLR2004 (a head alone)
        return []
    if form is not Form.WORDS:
        return [_table(rows)]
    lines = [
        f"{name}: {now}{f' (week before: {before})' if before else ''}"
        for name, now, before in rows[1:]
    ]
    return [charts.letters("\n".join(lines))]


def _table(rows: Sequence[Sequence[str]]) -> Block:
    """The first column in words, the others in figures; an empty cell would be refused."""
    cells = [[{"type": "raw_text", "text": cell or " "} for cell in row] for row in rows]
    figures = [{"align": "right"} for _ in rows[0][1:]]
    return {"type": "table", "rows": cells, "column_settings": [{"align": "left"}, *figures]}


def _rows(week: Week) -> list[tuple[str, str, str]]:
    rows = [("Tokens", "Last week", "Week before")]
    if week.has_use:
        typical = "" if week.typical is None else f" (typical: {amounts.short(week.typical)})"
        used = (amounts.exact(week.used), amounts.exact(week.used_before))
        rows.append((f"Used{typical}", *used))
        rows += _part_rows("Model", week.models)
        rows += _part_rows("Project", week.projects)
    now, before = week.moves, week.moves_before
    moved = (
        (f"Granted ({counted(now.grants, 'grant')})", now.granted, before.granted),
        ("Allowances credited", now.allowances, before.allowances),
        (f"Transferred ({counted(now.transfers, 'time')})", now.transferred, before.transferred),
        ("Expired", now.expired, before.expired),
        ("Given back", now.returned, before.returned),
        ("Taken back", now.reversed, before.reversed),
        ("Into the pool", now.issued, before.issued),
    )
    return rows + [
        (name, amounts.exact(tokens), amounts.exact(earlier))
        for name, tokens, earlier in moved
        if tokens or earlier
    ]


def _part_rows(what: str, parts: Sequence[Part]) -> list[tuple[str, str, str]]:
    return [
        (f"{what} {part.name}", amounts.exact(part.tokens), amounts.exact(part.before))
        for part in parts
    ]


def _pictures(week: Week, form: Form) -> list[Block]:
    """Use by day and by its parts; before there is any, what came."""
    if not week.has_use:
        return _moves_pictures(week, form)
    several = len(week.models) > 1 or not week.projects
    what, parts = ("model", week.models) if several else ("project", week.projects)
    if form is Form.CHARTS:
        title = f"Tokens used by {what}"
        return [charts.by_day(week.days, week.days_before), *charts.shares(title, parts)]
    return [charts.bars(charts.day_rows(week.days))] if week.used else []


def _moves_pictures(week: Week, form: Form) -> list[Block]:
    moves = week.moves
    parts = [
        Part(name=name, tokens=tokens)
        for name, tokens in (
            ("Granted", moves.granted),
            ("Allowances", moves.allowances),
            ("Transferred", moves.transferred),
            ("Expired", moves.expired),
        )
        if tokens
    ]
    if form is Form.CHARTS:
        return charts.shares("Tokens moved", parts)
    return [charts.bars([(part.name, part.tokens) for part in parts])] if parts else []


def _small_print(week: Week) -> Block:
    lines = []
    if week.has_use:
        people = f"{week.users:,} of {counted(week.members, 'member')} in {week.calls:,} calls"
        lines.append(people if week.calls != 1 else people.removesuffix("s"))
    if week.typical is not None:
        lines.append("Typical: the median of the four weeks before those two")
    if week.allowance:
        lines.append("Of a month's allowance seven days count")
    lines.append(f"`{COMMAND} digest me on` sends you your own week")
    return context(*lines)
