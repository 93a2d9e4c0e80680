"""Warnings of low balances and of tokens that expire, and when one wants them."""

from typing import assert_never

from bot.domain import alerts as rules
from bot.domain import amounts
from bot.domain.alerts import PACE, Warned
from bot.domain.expiries import ExpiryTold
from bot.domain.funds import Funds
from bot.domain.periods import Period, span
from bot.domain.preferences import AlertChoice
from bot.domain.refusals import AlertFault, AlertsRefused, NoTeamToAlert
from bot.domain.teams import Team
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons
from bot.slack.render.blocks import Block, Message, actions, button, context, message, section
from bot.slack.render.text import (
    code,
    day_at,
    escape,
    listed,
    mention,
    moment,
    number,
    sentence,
    tokens,
)


def low_balance(told: Warned) -> Message:
    """What is left of how much, how long that lasts, and what to do."""
    mine = told.funds
    steps = [] if mine.is_pool else [buttons.request()]
    steps += [buttons.usage(mine.account), _mute(mine)]
    return message(_headline(told), _outlook(told), actions(*steps))


def tokens_expire(told: ExpiryTold) -> Message:
    """How many, and when; nothing is wrong with not having used them."""
    found = told.expiring
    give = button(
        "Give some to a colleague…",
        Action.GIVE_EXPIRING,
        value=found.expires_at.date().isoformat(),
        spoken="Give some of these tokens to a colleague, in a form",
    )
    return message(
        f"{tokens(found.tokens)} of yours expire {moment(found.expires_at)}.",
        section("Until then you can use them, or give some to a colleague."),
        context(
            f"You have {amounts.both(told.available)} available in all",
            "What expires first is used first",
        ),
        actions(give, buttons.usage(found.account)),
    )


def muted(until: str | None) -> Message:
    if until is None:
        return message("That period is over, and reminders are on again for the new one.")
    return message(
        f"No more reminders about this until {until}.",
        context(f"`{COMMAND} balance` always shows what is left"),
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


def _headline(told: Warned) -> str:
    mine = told.funds
    pool = f"The pool of {code(mine.team.name)} has " if mine.is_pool else ""
    if mine.available < 0:
        return f"{tokens(mine.available)}: you are below zero. The next tokens fill this up first."
    if mine.available == 0:
        used_up = f": {_period(mine)} {number(mine.total)} are used up" if mine.total > 0 else ""
        return f"{sentence(f'{pool}no tokens left')}{used_up}."
    left = f"{pool}{tokens(mine.available)} left"
    runs_out_at = mine.runs_out_at(told.now)
    if told.threshold != PACE or runs_out_at is None:
        return f"{left}: {mine.percent} % of {_period(mine)} {number(mine.total)}."
    return f"{left}. At this pace that lasts until about {day_at(runs_out_at)}."


def _period(mine: Funds) -> str:
    """`this month’s`, or `this period’s` where it is no calendar one."""
    for period in (Period.WEEK, Period.MONTH, Period.QUARTER, Period.YEAR):
        if mine.span == span(mine.span.start, period):
            return f"this {period.value}’s"
    return "this period’s"


def _outlook(told: Warned) -> Block:
    """How long the rest lasts, when the next tokens come, and what else there is to do."""
    mine, words = told.funds, []
    runs_out_at = mine.runs_out_at(told.now)
    if mine.available > 0 and mine.pace is not None and runs_out_at is not None:
        a_day = f"{amounts.short(mine.pace.per_day)} a day"
        is_said = told.threshold == PACE
        lasts = f"At {a_day} that lasts until about {day_at(runs_out_at)}."
        words.append(f"It is {a_day} lately." if is_said else lasts)
    if mine.next_at is not None and mine.next_at > told.now:
        words.append(f"The next allowance comes {moment(mine.next_at)}.")
    return section(" ".join([*words, _what_to_do(told)]))


def _what_to_do(told: Warned) -> str:
    if not told.funds.is_pool:
        return "If you need more, ask: your approvers hear at once."
    others = [mention(one) for one in told.admins if one != told.recipient]
    whom = listed(others, "or") if others and told.recipient not in told.admins else "An admin"
    empty = "Grants from it wait until it is filled up."
    ahead = "Once it is empty, grants from it wait."
    return f"{ahead if told.funds.available > 0 else empty} {whom} can add to it."


def _mute(mine: Funds) -> Block:
    return button(
        "Don’t remind me this period",
        Action.MUTE_ALERTS,
        value=f"{mine.period_on}:{mine.account}",
        spoken="Don’t remind me again in this period",
    )


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
