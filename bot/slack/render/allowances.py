"""Allowances in words: what was set or would be, who gets what when, and what it replaces."""

from datetime import date

from bot.domain import amounts
from bot.domain.allowance_wishes import AllowanceWish, Preview, Started
from bot.domain.allowances import Allowance, SubjectKind, Terms
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.slack import carried
from bot.slack.ids import COMMAND, Action
from bot.slack.render import allowance_buttons as buttons
from bot.slack.render import allowance_terms as words
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    facts,
    message,
    quote,
    section,
)
from bot.slack.render.text import day, number, team_name


def allowance_started(started: Started) -> Message:
    """Who gets what when, by a rule that was just set."""
    preview = started.preview
    whom = words.whose(preview.allowance.subject, preview.team)
    again = [] if started.is_new else [context("Done already: nothing was set twice")]
    return message(
        f"{words.in_full(preview.allowance)} for {whom}{_since(preview)}.",
        *_details(preview),
        *again,
        actions(_end(preview), buttons.all_allowances()),
    )


def allowance_preview(preview: Preview, wish: AllowanceWish, key: IdempotencyKey) -> Message:
    """What would be set, before it is: *Start it* sets it."""
    return message(
        f"{_first_credit(preview)}. Nothing is set yet.",
        *_details(preview),
        actions(
            button(
                "Start it",
                Action.ALLOWANCE_START,
                value=carried.wish(wish, key),
                style="primary",
                spoken="Start the allowance",
            ),
            button("Cancel", Action.ALLOWANCE_CANCEL, spoken="Cancel: set nothing"),
        ),
    )


def allowance_differs(present: Preview, terms: Terms, wish: AllowanceWish | None = None) -> Message:
    """A rule as it is beside what was wished; *Change* changes what can be.

    `wish` is the whole of it where it was typed as a new one.
    """
    allowance = present.allowance
    whom = words.whose(allowance.subject, present.team)
    other_period = wish is not None and (wish.period, wish.vesting) != (allowance.period, None)
    before = allowance.terms_on(terms.from_on)
    columns = facts(
        ("Now", _both(before, allowance.period)),
        (f"From {day(terms.from_on)}", _both(terms, wish.period if wish else allowance.period)),
    )
    if other_period:
        return message(
            f"There is an allowance for {whom} already, every {allowance.period}.",
            columns,
            section("How often it comes can't be changed: end this one, then set the new one."),
            actions(_end(present), buttons.cancel("Keep it")),
        )
    if (before.tokens, before.carry_max) == (terms.tokens, terms.carry_max):
        return message(
            f"There is an allowance for {whom} already, just so: {words.in_full(allowance)}.",
            actions(*buttons.buttons_of(allowance, allowance.good_until(present.today))),
        )
    return message(
        f"There is an allowance for {whom} already. Change it from {day(terms.from_on)} on?",
        columns,
        _each(present, terms),
        context("Only the amount and the carry-over change; for anything else, end it first"),
        actions(
            button(
                f"Change from {terms.from_on:%a} {terms.from_on.day} {terms.from_on:%b}",
                Action.ALLOWANCE_CHANGE_TO,
                value=carried.terms(allowance.allowance_id, terms),
                style="primary",
                spoken=f"Change it from {day(terms.from_on)} on",
            ),
            buttons.cancel("Keep it"),
        ),
    )


def allowance_changed(preview: Preview) -> Message:
    """Who gets what when, by the new terms."""
    terms = preview.allowance.terms[-1]
    whom = words.whose(preview.allowance.subject, preview.team)
    return message(
        f"Changed: {words.in_full(preview.allowance)} for {whom} from {day(terms.from_on)} on.",
        *_details(preview),
        actions(_end(preview), buttons.all_allowances()),
    )


def _end(preview: Preview) -> Block:
    return buttons.end(preview.allowance, preview.allowance.good_until(preview.today))


def _both(terms: Terms, period: Period) -> str:
    kept = "all" if terms.carry_max is None else amounts.short(terms.carry_max)
    return f"{number(terms.tokens)} every {period}\ncarries over: {kept if kept != '0' else 'none'}"


def _since(preview: Preview) -> str:
    starts_on = preview.allowance.starts_on
    return ", from today" if starts_on == preview.today else f", from {day(starts_on)}"


def _first_credit(preview: Preview) -> str:
    """`12 people get 500k each, 6M in all, on Mon 30 Nov 2026, then every week`."""
    allowance = preview.allowance
    on, first = preview.credits[0]
    when = "today" if on == preview.today else f"on {day(on)}"
    then = _then(preview)
    if allowance.subject.kind is not SubjectKind.TEAM:
        whom = words.whose(allowance.subject, preview.team)
        return f"{whom[0].upper()}{whom[1:]} gets {number(first)} {when}, {then}"
    people = f"{preview.people} {'person gets' if preview.people == 1 else 'people get'}"
    total = number(first * preview.people)
    return (
        f"{people} {number(first)} each, {total} in all, {when}, {then}: "
        f"{words.whose(allowance.subject, preview.team)}"
    )


def _then(preview: Preview) -> str:
    """How it goes on; the parts of a package that come together at its cliff are more than one."""
    allowance, following = preview.allowance, preview.credits[1:]
    if not following:
        return "once"
    if allowance.vesting is None:
        return f"then every {allowance.period}"
    return f"then {amounts.short(following[0][1])} every {allowance.period}"


def _details(preview: Preview) -> list[Block]:
    """Why, what comes when, and every condition in plain words."""
    allowance = preview.allowance
    return [
        *quote(allowance.note),
        section(f"*What comes when*\n{_schedule(preview)}"),
        context(*_conditions(preview)),
    ]


def _schedule(preview: Preview) -> str:
    is_team = preview.allowance.subject.kind is SubjectKind.TEAM
    lines = []
    for position, (on, count) in enumerate(preview.credits):
        when = f"today, {day(on)}" if on == preview.today else day(on)
        each = f" each, {amounts.short(count * preview.people)} in all" if is_team else ""
        good = ""
        if position == 0 and preview.good_until is not None:
            good = f", good until {day(preview.good_until)}"
        lines.append(f"• {when}: {amounts.short(count)}{each}{good}")
    if preview.has_more:
        lines.append("• and so on")
    return "\n".join(lines)


def _conditions(preview: Preview) -> list[str]:
    allowance = preview.allowance
    source = (
        f"From the pool of {team_name(preview.team.name)}, when it has enough for all"
        if allowance.is_from_pool
        else "From the treasury"
    )
    last = [f"The last day is {day(_day_before(allowance.ends_on))}"] if allowance.ends_on else []
    part = ["Whoever comes mid-period gets a part"] if allowance.is_prorated else []
    back = ["What a leaver has left of it goes back"] if allowance.returns_on_leaving else []
    package = [f"{words.how_much(allowance)}{_cliff(allowance)}"] if allowance.vesting else []
    left = words.carry(allowance.terms[-1], allowance)
    return [*package, left, source, *last, *part, *back, f"Days in {preview.team.zone}"]


def _cliff(allowance: Allowance) -> str:
    cliff = allowance.vesting.cliff if allowance.vesting else 0
    return f", the first {cliff} of them together" if cliff > 1 else ""


def _each(present: Preview, terms: Terms) -> Block:
    """What a change comes to for all whom the rule credits."""
    if present.allowance.subject.kind is not SubjectKind.TEAM:
        return context(words.carry(terms, present.allowance))
    total = amounts.short(terms.tokens * present.people)
    each = f"{present.people} people, {total} in all each {present.allowance.period}"
    return context(each, words.carry(terms, present.allowance))


def _day_before(on: date) -> date:
    return date.fromordinal(on.toordinal() - 1)


def cancelled() -> Message:
    """After *Cancel* or *Keep it*."""
    return message(f"Nothing was changed. `{COMMAND} allowance` shows what there is.")
