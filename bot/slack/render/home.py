"""The Home tab: the number first, then what can be done, what waits, and what happened lately."""

from datetime import date

from bot.domain import amounts, roles
from bot.domain.balances import Balance
from bot.domain.home import Home, Week
from bot.domain.roles import Deed
from bot.domain.usage import UNNAMED
from bot.domain.usage_views import Stretch
from bot.slack.ids import COMMAND
from bot.slack.render import balances, buttons, charts, home_of_approvers
from bot.slack.render.blocks import Block, View, actions, context, divider, header, section
from bot.slack.render.history import line
from bot.slack.render.text import tokens
from bot.slack.render.topups import asking

#: Letters of the bar of a balance: one line on a phone.
_BAR = 20
_PERCENT = 100


def home(shown: Home) -> View:
    """Balance first, then what can be done, what waits for somebody, and what happened lately."""
    return {
        "type": "home",
        "blocks": [
            *_balance(shown.balance),
            actions(*_steps(shown.balance)),
            *home_of_approvers.missing(shown.missing),
            *home_of_approvers.queue(shown.queue),
            *_open(shown),
            *_week(shown),
            *home_of_approvers.glances(shown),
            divider(),
            *_lately(shown),
            divider(),
            context(f"`{COMMAND} help` shows everything you can do"),
        ],
    }


def _steps(found: Balance) -> list[Block]:
    """In their places, whatever there is to send; a link of a refused call leads to the first."""
    return [
        buttons.request(),
        buttons.transfer(),
        buttons.limits(),
        buttons.history(found.viewer.user_id),
        *([buttons.grant()] if roles.may_for_someone(found.viewer, Deed.GRANT) else []),
        *([buttons.advance()] if found.has_advance else []),
    ]


def _balance(found: Balance) -> list[Block]:
    if balances.is_empty(found):
        return [
            header("No tokens right now"),
            section("Ask for some: your approvers get a message at once."),
            *balances.small_print(found),
            *balances.use(found),
        ]
    unit = "token" if abs(found.available) == 1 else "tokens"
    exact = f"Exactly {amounts.exact(found.available)}"
    return [
        header(f"{amounts.short(found.available)} {unit} available"),
        *([context(exact)] if amounts.short(found.available) not in exact else []),
        *_share(found),
        *balances.small_print(found),
        *balances.use(found),
    ]


def _share(found: Balance) -> list[Block]:
    """How much of what there was is left: in figures, in words, and as a bar."""
    used = max(found.use.tokens, 0) if found.use else 0
    whole = max(found.balance, 0) + used
    if whole <= 0:
        return []
    left = max(found.available, 0)
    percent = left * _PERCENT // whole
    said = f"*{percent} %* left: {amounts.short(left)} of {amounts.short(whole)}"
    held = f", {amounts.short(found.held)} held" if found.held else ""
    return [section(f"{said}{held}\n{_bar(left, max(found.balance, 0) - left, whole)}")]


def _bar(left: int, held: int, whole: int) -> str:
    """What is left, what is held, what is gone; a little of something is not nothing."""
    first = _letters(left, whole)
    second = min(_letters(held, whole), _BAR - first)
    return "█" * first + "▒" * second + "░" * (_BAR - first - second)


def _letters(part: int, whole: int) -> int:
    return max(part * _BAR // whole, 1) if part > 0 else 0


def _open(shown: Home) -> list[Block]:
    if not shown.open_topups:
        return []
    return [
        divider(),
        section("*Your open requests*"),
        *(block for one in shown.open_topups for block in asking(one)),
    ]


def _week(shown: Home) -> list[Block]:
    """What was used by day and by model, as bars of letters; a chart comes as a message."""
    week = shown.week
    if not any(week.by_day.get(day) for day in week.days):
        said = "Nothing used. Calls show here within a second of coming in."
        return [divider(), section(f"*Your last 7 days*\n{said}")]
    by_day = [(_label(day), week.by_day.get(day, 0)) for day in week.days]
    whose = f"{Stretch.WEEK}:member:{shown.balance.viewer.user_id}"
    return [
        divider(),
        section(f"*Your last 7 days*\n{tokens(week.tokens)} used"),
        charts.letters(charts.figure_bars(by_day, *_by_model(week))),
        actions(buttons.most(whose), buttons.chart(whose)),
    ]


def _by_model(week: Week) -> list[list[tuple[str, int]]]:
    """Nothing where no call named one."""
    named = [(part.name, part.tokens) for part in week.models]
    if not named or all(name == UNNAMED for name, _ in named):
        return []
    rest = week.tokens - sum(used for _, used in named)
    return [[*named, *([("(others)", rest)] if rest > 0 else [])]]


def _label(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _lately(shown: Home) -> list[Block]:
    page = shown.history
    if not page.lines:
        return [section("*Lately*\nNothing yet. Whatever comes or goes will stand here.")]
    more = [context(f"`{COMMAND} history` shows more")] if page.older else []
    return [section("*Lately*"), *(block for one in page.lines for block in line(one)), *more]
