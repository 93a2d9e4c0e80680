"""A member's own week, as a message to them alone."""

from bot.domain import amounts, headlines
from bot.domain.digests import OwnWeek
from bot.slack.ids import COMMAND
from bot.slack.render import buttons, charts, days, text
from bot.slack.render.blocks import Block, Message, actions, context, message, section
from bot.slack.render.digests import Form, figures
from bot.slack.render.text import escape, number


def own_digest(week: OwnWeek, form: Form = Form.CHARTS) -> Message:
    """What was used, what came and went, how long it lasts, what expires next."""
    said = [_headline(week), *_sentences(week)]
    return message(
        f"*{said[0]}*",
        context(f"Your week, {days.week(week.week_on)} ({escape(week.zone)}); only you see this"),
        section("\n".join(said[1:])),
        *figures(_rows(week), form),
        *_pictures(week, form),
        actions(buttons.request()),
        context(f"`{COMMAND} digest me off` stops this"),
        spoken="".join(f" {text.without_marks(one)}" for one in said[1:]),
    )


def _headline(week: OwnWeek) -> str:
    used = amounts.short(week.used)
    if not week.used:
        return "You used no tokens last week."
    if not week.used_before:
        return f"You used {used} tokens last week, and none the week before."
    percent = headlines.percent(week.used, week.used_before)
    if percent < headlines.STEADY_PERCENT:
        return f"You used {used} tokens last week, about as many as the week before."
    more = "more" if week.used > week.used_before else "less"
    return f"You used {used} tokens last week, {percent:,} % {more} than the week before."


def _sentences(week: OwnWeek) -> list[str]:
    lasts = ""
    if week.lasts_days is not None and week.per_day is not None:
        stretch = days.lasting(week.lasts_days, week.lasts_on)
        lasts = f"; at {amounts.short(week.per_day)} a day that lasts {stretch}"
    found = [f"You have {number(week.available)} available{lasts}."]
    if week.expires_on:
        found.append(f"Next to expire: {number(week.expiring)} on {days.day(week.expires_on)}.")
    return found


def _rows(week: OwnWeek) -> list[tuple[str, str, str]]:
    rows = [("Tokens", "Last week", "Week before")]
    if week.used or week.used_before:
        rows.append(("Used", amounts.exact(week.used), amounts.exact(week.used_before)))
    rows += [
        (f"Model {part.name}", amounts.exact(part.tokens), amounts.exact(part.before))
        for part in week.models
    ]
    moves = week.moves
    moved = (
        ("Granted to you", moves.granted),
        ("Allowances", moves.allowances),
        ("Received", moves.received),
        ("Sent", moves.sent),
        ("Expired", moves.expired),
        ("Taken back", moves.taken_back),
    )
    return rows + [(name, amounts.exact(tokens), "") for name, tokens in moved if tokens]


def _pictures(week: OwnWeek, form: Form) -> list[Block]:
    if not week.used and not week.used_before:
        return []
    if form is Form.CHARTS:
        by_model = charts.shares("Tokens used by model", week.models)
        return [charts.by_day(week.days, week.days_before), *by_model]
    return [charts.bars(charts.day_rows(week.days))] if week.used else []
