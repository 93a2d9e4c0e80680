"""Allowances in a list: an approver's, a person's, a team's; and what became of one."""

from bot.domain import amounts
from bot.domain.allowance_lists import Listed, Listing
from bot.domain.allowances import AllowanceState, SubjectKind
from bot.domain.balances import Balance
from bot.slack.ids import COMMAND, Action
from bot.slack.render import allowance_buttons as buttons
from bot.slack.render import allowance_terms as words
from bot.slack.render.blocks import Block, Message, actions, button, context, message, section
from bot.slack.render.buttons import request
from bot.slack.render.text import day, expiries, mention, sentence

_EXAMPLE = f"`{COMMAND} allowance @ana 2M weekly`"


def allowances(listing: Listing) -> Message:
    """All that an approver may set, a page of them; or those of whom they asked about."""
    if not listing.rules:
        return _none(listing)
    of = listing.of
    headline = (
        "*Allowances* that you can change."
        if of is None
        else f"*Allowances* of {words.whose(of.subject, of.team)}."
    )
    return message(
        headline,
        *(block for one in listing.rules for block in line(one)),
        actions(*_turning(listing), buttons.new()),
    )


def own_allowances(listing: Listing, balance: Balance) -> Message:
    """A member's own: what comes when, and what expires when."""
    if not listing.rules:
        return message(
            "You have no allowance: tokens reach you by grants and transfers. Ask for some, or "
            "ask an approver for an allowance.",
            *([context(sentence(expiries(balance.expiring)))] if balance.expiring else []),
            actions(request("Request tokens…")),
        )
    coming = balance.coming
    headline = (
        f"*{amounts.both(coming.tokens)}* for you on {day(coming.on)}."
        if coming
        else "No more is to come of your allowances."
    )
    return message(
        headline,
        *(section(_said(one, is_own=True)) for one in listing.rules),
        *([context(sentence(expiries(balance.expiring)))] if balance.expiring else []),
        actions(request()),
    )


def allowance_paused(one: Listed) -> Message:
    """After *Pause*."""
    return message(
        f"Paused: {_named(one)}. There is no credit until it is resumed; what was credited "
        f"{_stays_good(one)}.",
        actions(*buttons.buttons_of(one.allowance, one.good_until), buttons.all_allowances()),
    )


def allowance_resumed(one: Listed) -> Message:
    """After *Resume*."""
    when = f"The next credit is on {day(one.next_on)}" if one.next_on else "No credit is to come"
    return message(
        f"Resumed: {_named(one)}. {when}; what was missed is not made up for.",
        actions(*buttons.buttons_of(one.allowance, one.good_until), buttons.all_allowances()),
    )


def allowance_ended(one: Listed) -> Message:
    """After *End…*."""
    return message(
        f"Ended: {_named(one)}. {words.stays(one.allowance, one.good_until)}",
        actions(buttons.all_allowances()),
    )


def allowance_to_end(one: Listed) -> Message:
    """What ending it means, before it is done."""
    return message(
        f"End {_named(one)}? {words.stays(one.allowance, one.good_until)}",
        actions(buttons.end_now(one.allowance), buttons.cancel("Keep it")),
    )


def line(one: Listed) -> list[Block]:
    """A rule with what can be done about it."""
    said = section(_said(one, is_own=False))
    if not one.may_set:
        return [said]
    return [said, actions(*buttons.buttons_of(one.allowance, one.good_until))]


def _said(one: Listed, *, is_own: bool) -> str:
    allowance = one.allowance
    head = f"*{words.how_much(allowance)}*"
    if not is_own:
        head = f"{head} for {words.whose(allowance.subject, one.team)}"
    elif allowance.subject.account is None:
        head = f"{head} as a member of {words.team(one.team)}"
    parts = [words.carry(allowance.terms[-1], allowance), _next(one)]
    if is_own:
        parts.append(f"from {mention(allowance.created_by)}")
    return f"{head}\n{' · '.join(parts)}"


def _next(one: Listed) -> str:
    if one.allowance.state is AllowanceState.ENDED:
        return "ended"
    if one.allowance.state is AllowanceState.PAUSED:
        return "paused"
    if one.next_on is None:
        return "nothing more to come"
    return f"next {amounts.short(one.next_tokens)} on {day(one.next_on)}"


def _named(one: Listed) -> str:
    return f"{words.how_much(one.allowance)} for {words.whose(one.allowance.subject, one.team)}"


def _stays_good(one: Listed) -> str:
    return "stays" if one.good_until is None else f"stays good until {day(one.good_until)}"


def _none(listing: Listing) -> Message:
    of = listing.of
    if of is None and listing.start:
        return message(
            "No more allowances: that was the last page.", actions(buttons.all_allowances())
        )
    if of is None:
        return message(f"No allowances yet. Set the first: {_EXAMPLE}.", actions(buttons.new()))
    steps = [actions(buttons.new(str(of.subject)))] if listing.viewer.is_approver else []
    is_team = of.subject.kind is SubjectKind.TEAM
    whom = f"the members of {words.team(of.team)}" if is_team else words.whose(of.subject, of.team)
    return message(f"No allowance is set for {whom}.", *steps)


def _turning(listing: Listing) -> list[Block]:
    length, start = len(listing.rules), listing.start
    more = button(
        "More",
        Action.ALLOWANCES_PAGE,
        value=str(start + length),
        spoken="Show more allowances",
    )
    first = button("First", Action.ALLOWANCES_FIRST, spoken="Show the first allowances")
    return [*([more] if listing.has_more else []), *([first] if start else [])]
