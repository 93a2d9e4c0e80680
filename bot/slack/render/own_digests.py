"""A member's own week, as a message to them alone."""

from bot.domain import amounts
from bot.domain.digests import OwnWeek
from bot.domain.pace import WINDOW_DAYS
from bot.slack.ids import COMMAND
from bot.slack.render import buttons, charts, days, text
from bot.slack.render.blocks import Block, Message, actions, context, message, section
from bot.slack.render.digests import Form, Row, figures, part_rows
from bot.slack.render.text import escape, number


def own_digest(week: OwnWeek, form: Form = Form.CHARTS) -> Message:
    """What was used, what came and went, how long it lasts, what expires next."""
    said = _sentences(week)
    is_paced = week.lasts_days is not None and week.per_day is not None
    pace = [f"A day: the average of the last {WINDOW_DAYS} full days, or since your first use"]
    return message(
        f"*{_headline(week)}*",
        context(f"Your week, {days.week(week.week_on)} ({escape(week.zone)}); only you see this"),
        *([section("\n".join(said))] if said else []),
        section(_next_step(week)),
        actions(*_ways(week), buttons.usage()),
        *figures(_rows(week), form),
        *_pictures(week, form),
        context(*(pace if is_paced else []), f"`{COMMAND} digest me off` stops this"),
        spoken="".join(f" {text.without_marks(one)}" for one in [*said, _next_step(week)]),
    )


def _headline(week: OwnWeek) -> str:
    """The figures alone: nobody is told that they used much, or little."""
    used = f"{amounts.short(week.used)} tokens used last week"
    if _is_idle(week):
        return f"{used}, {amounts.short(week.available)} available."
    return f"{used}, {amounts.short(week.used_before)} the week before."


def _sentences(week: OwnWeek) -> list[str]:
    lasts = ""
    if week.lasts_days is not None and week.per_day is not None:
        stretch = days.lasting(week.lasts_days, week.lasts_on)
        lasts = f"; at {amounts.short(week.per_day)} a day that lasts {stretch}"
    found = []
    if lasts or not _is_idle(week):  # the headline says it of a week without use
        found.append(f"You have {number(week.available)} available{lasts}.")
    if moved := _moved(week):
        found.append(moved)
    if week.expires_on:
        found.append(f"Next to expire: {number(week.expiring)} on {days.day(week.expires_on)}.")
    if week.next_on:
        found.append(f"Your next allowance comes on {days.day(week.next_on)}.")
    return found


def _next_step(week: OwnWeek) -> str:
    if week.is_short:
        return "*Next:* if you need more, request it: your approvers decide."
    if week.loses:
        what = f"what you don’t need of the {amounts.short(week.expiring)} that expire"
        return f"*Next:* give a colleague {what}, or let them go."
    before = "; at this pace what expires is used before" if week.expires_on else ""
    return f"*Next:* nothing needs doing{before}."


def _ways(week: OwnWeek) -> list[Block]:
    if week.is_short:
        return [buttons.request()]
    return [buttons.transfer()] if week.loses else []


def _moved(week: OwnWeek) -> str:
    """What came and went, as far as anything did."""
    moves = week.moves
    moved = (
        ("granted to you", moves.granted),
        ("from allowances", moves.allowances),
        ("received", moves.received),
        ("sent", moves.sent),
        ("expired", moves.expired),
        ("taken back", moves.taken_back),
    )
    said = [f"{amounts.short(tokens)} {name}" for name, tokens in moved if tokens]
    return f"Last week: {text.listed(said)}." if said else ""


def _is_idle(week: OwnWeek) -> bool:
    return not week.used and not week.used_before


def _rows(week: OwnWeek) -> list[Row]:
    if _is_idle(week):
        return []
    return [("Used", week.used, week.used_before), *part_rows("of it", week.models)]


def _pictures(week: OwnWeek, form: Form) -> list[Block]:
    if _is_idle(week):
        return []
    if form is Form.CHARTS:
        by_model = charts.shares("Tokens used by model", week.models)
        return [charts.by_day(week.days, week.days_before), *by_model]
    return charts.day_bars(week.days)
