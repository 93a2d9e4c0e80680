"""Warnings of low balances and of tokens that expire, and when one wants them."""

from datetime import timedelta
from typing import assert_never

from bot.domain import alerts as rules
from bot.domain.alerts import PACE, Warned
from bot.domain.expiries import ExpiryTold
from bot.domain.funds import Funds
from bot.domain.periods import Period, span
from bot.domain.preferences import AlertChoice
from bot.domain.refusals import AlertFault, AlertsRefused, NoTeamToAlert
from bot.domain.teams import Team
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons, outlooks
from bot.slack.render.blocks import Block, Message, actions, button, context, message, section
from bot.slack.render.text import (
    code,
    escape,
    listed,
    moment,
    near,
    number,
    people,
    sentence,
    tokens,
)


def low_balance(told: Warned) -> Message:
    """What is left of how much, when that ends and more comes, and what to do."""
    mine = told.funds
    return message(
        _headline(told),
        section(" ".join([*outlooks.outlook(told), _what_to_do(told)])),
        actions(*_more(told), buttons.usage(mine.account), _mute(mine)),
    )


def tokens_expire(told: ExpiryTold) -> Message:
    """How many, and when; nothing is wrong with not having used them."""
    found = told.expiring
    # Midnight of a day reads as the end of it.
    last_minute = found.expires_at - timedelta(minutes=1)
    give = button(
        "Give some to a colleague…",
        Action.GIVE_EXPIRING,
        value=found.expires_at.date().isoformat(),
        spoken="Give some of these tokens to a colleague, in a form",
    )
    return message(
        f"{_of_yours(told)} can be used until {moment(last_minute)}; then they expire.",
        section(
            "Nothing to do if you don’t need them. You can give some to a colleague, who can use "
            "them until then too."
        ),
        context("What expires first is used first"),
        actions(give, buttons.usage(found.account)),
    )


def muted(mine: Funds | None) -> Message:
    """What is silent until when, and what isn't."""
    if mine is None:
        return message("That period is over: nothing was muted, and alerts of the new one come.")
    what, still = "your tokens run low, not even when none are left", "Tokens that expire are"
    look = f"`{COMMAND} balance` always shows what you have"
    if mine.is_pool:
        what = f"the pool of {code(mine.team.name)} runs low, not even when it is empty"
        still = "Whoever else looks after it is"
        look = f"`{COMMAND} team` always shows what it has"
    return message(
        f"Quiet until {_end(mine)}: I don’t tell you again that {what}.",
        context(f"{still} still told", look),
    )


def alert_choice(choice: AlertChoice) -> Message:
    """What holds from now on."""
    if not rules.percentages(choice.thresholds):
        return message(
            _told_at(choice.thresholds), context(f"To have them again: `{COMMAND} alerts default`")
        )
    return message(
        f"{_told_at(choice.thresholds)} {_quiet(choice)}",
        context(
            "That nothing is left is told at any hour",
            f"`{COMMAND} alerts` changes it, `{COMMAND} alerts off` ends it",
        ),
    )


def team_alerts(team: Team) -> Message:
    whom = f"for the pool of {code(team.name)}, and for its members who chose nothing themselves"
    if team.is_everyone:  # which has no pool
        whom = "for all who are in no other team and chose nothing themselves"
    if not rules.percentages(team.thresholds):
        return message(f"No alerts any more: {whom}.")
    return message(f"Alerts when {_percentages(team.thresholds)} is left: {whom}.")


def refused(refusal: AlertsRefused | NoTeamToAlert) -> str:
    """Why alerts are not set so, and how to write it."""
    match refusal:
        case NoTeamToAlert(typed):
            what = f"No team is called {code(typed)}." if typed.strip() else "Which team?"
            return (
                f"{what} Type its name and the percentages: `{COMMAND} alerts team Search 25 10 0`."
            )
        case AlertsRefused(typed, fault):
            return sentence(_fault(code(typed), fault))
        case _:
            assert_never(refusal)


def stored_as_typed(stored: str | None) -> str:
    """`20 5 0`, as it stands in the form and is typed."""
    return " ".join(str(one) for one in rules.percentages(stored))


def _of_yours(told: ExpiryTold) -> str:
    """What expires, of how much; holds may leave less available than that."""
    expiring, available = told.expiring.tokens, told.available
    if expiring < available:
        return f"{number(expiring)} of the {tokens(available)} that you have"
    all_of = ", all that you have," if expiring == available else " of yours"
    return f"{tokens(expiring)}{all_of}"


def _headline(told: Warned) -> str:
    mine = told.funds
    pool = f"The pool of {code(mine.team.name)}" if mine.is_pool else ""
    if mine.available < 0:
        stands = f"{pool or 'Your balance'} stands at {tokens(mine.available)}"
        return f"{stands}. What comes next fills that up first."
    has = f"{pool} has " if pool else ""
    if mine.available == 0:
        return f"{sentence(f'{has}no tokens left')}{_of_what(mine)}."
    left = f"{has}{tokens(mine.available)} left"
    early = outlooks.early_end(told) if told.threshold == PACE else None
    return f"{left}. {early}" if early else f"{left}: {mine.percent} % of {_whole(mine)}."


def _of_what(mine: Funds) -> str:
    """After *no tokens left*: of how much; what expired can't be told from what went before."""
    if mine.total > 0:
        return f" of {_whole(mine)}"
    went = "it had was paid out" if mine.is_pool else "you had is used up"
    return f": what {went} or has expired"


def _whole(mine: Funds) -> str:
    return f"{_period(mine)} {number(mine.total)}"


def _period(mine: Funds) -> str:
    """`this month’s`, or `this period’s` where it is no calendar one."""
    for period in (Period.WEEK, Period.MONTH, Period.QUARTER, Period.YEAR):
        if mine.span == span(mine.span.start, period):
            return f"this {period.value}’s"
    return "this period’s"


def _what_to_do(told: Warned) -> str:
    mine = told.funds
    if not mine.is_pool:
        if mine.available < 0:
            again = (
                f"You can use tokens again once more than {number(-mine.available)} have come in"
            )
            return f"{again}; if you need some before, request so many and more."
        return "If you need more, request it: your approvers decide."
    whom = people(told.admins, "or") or "an admin"
    others = "" if told.may_fill else f" Ask {whom} to fill it."
    when = "Once it is empty" if mine.available > 0 else "Until it is filled"
    wait = f"{when}, grants, approvals and allowances from it wait"
    return f"{wait}; people keep what they have.{others}"


def _more(told: Warned) -> list[Block]:
    """The way to more tokens, for whoever has one."""
    mine = told.funds
    if not mine.is_pool:
        more = [buttons.advance()] if told.has_advance else []
        return [buttons.request(style="primary"), *more]
    return [buttons.fill_pool(mine.team.team_id, style="primary")] if told.may_fill else []


def _mute(mine: Funds) -> Block:
    return button(
        f"Quiet until {_end(mine)}",
        Action.MUTE_ALERTS,
        value=f"{mine.period_on}:{mine.account}",
        spoken=f"Don’t tell me this again until {_end(mine)}",
    )


def _end(mine: Funds) -> str:
    """The first day of the next period."""
    return near(mine.span.end, mine.span.start)


def _told_at(stored: str | None) -> str:
    if not rules.percentages(stored):
        return "No alerts: I don’t tell you when tokens run low or expire."
    return (
        f"I tell you when {_percentages(stored)} is left of a period’s tokens, and earlier when "
        "they would run out before the next allowance."
    )


def _percentages(stored: str | None) -> str:
    at = [f"*{one} %*" if one else "*nothing*" for one in rules.percentages(stored)]
    return listed(at, "or")


def _quiet(choice: AlertChoice) -> str:
    quiet, chosen = choice.quiet, choice.person.preferences
    zone = f"({escape(str(quiet.zone))})"
    hours = f"{chosen.quiet_from:02}:00 to {chosen.quiet_to:02}:00"
    if chosen.quiet_from == chosen.quiet_to:
        return f"Quiet on weekends {zone}." if chosen.has_quiet_weekends else "No quiet hours."
    weekends = " and on weekends" if chosen.has_quiet_weekends else ""
    return f"Quiet from {hours}{weekends} {zone}."


def _fault(typed: str, fault: AlertFault) -> str:
    match fault:
        case AlertFault.NO_NUMBER:
            return f"{typed} is no percentage. Write numbers from 0 to 100, as `30 10 0`."
        case AlertFault.OUT_OF_RANGE:
            return f"{typed} is more than all of it. Percentages go from 0 to 100, as `30 10 0`."
        case AlertFault.TOO_MANY:
            return f"{typed} are too many: {rules.THRESHOLDS_MAX} alerts fit. Choose fewer."
        case AlertFault.NO_HOURS:
            return f"{typed} are no hours. Write two full hours from 0 to 23, as `20-8`."
        case AlertFault.SAME_HOUR:
            return (
                f"{typed} is no time at all. For no quiet hours type `{COMMAND} alerts quiet off`."
            )
        case AlertFault.NOT_YES_OR_NO:
            return f"{typed} is neither `on` nor `off`."
        case _:
            assert_never(fault)
