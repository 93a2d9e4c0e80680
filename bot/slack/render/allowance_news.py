"""News of allowances: the first credit for whom it is, and that a pool has too little."""

from datetime import date, timedelta

from bot.domain import amounts
from bot.domain.allowance_wishes import Preview
from bot.domain.allowances import SubjectKind
from bot.domain.ledger import member_account
from bot.domain.notices import AllowanceBegun, AllowanceUnfunded
from bot.slack.ids import Action
from bot.slack.render import allowance_buttons, buttons, days, text
from bot.slack.render import allowance_terms as words
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    context,
    message,
    section,
    written_by,
)
from bot.slack.render.text import mention, near, number, people, receipt_id, team_name, tokens


def allowance_begun(notice: AllowanceBegun, preview: Preview) -> Message:
    """For whom a rule credits for the first time: what is there now, until when, and what comes."""
    allowance = preview.allowance
    terms, giver = allowance.terms[-1], mention(allowance.created_by)
    is_whole = allowance.vesting is None and notice.tokens == terms.tokens
    if allowance.vesting is not None:
        # Rounding moves a token from part to part, never a part.
        parts = round(notice.tokens * allowance.vesting.parts / terms.tokens)
        of_it = days.counted(parts, "part")
        then = f"{of_it} of a package of {words.how_much(allowance)}, from {giver}"
    elif is_whole:
        then = f"and again every {allowance.period}: an allowance from {giver}"
    else:
        rest = f"for the rest of this {allowance.period}"
        then = f"{rest}; then {words.how_much(allowance)}: an allowance from {giver}"
    # Where none of it carries over, its last day has said what becomes of the rest.
    left = [] if terms.carry_max == 0 else [words.carry(terms, allowance)]
    return message(
        f"{tokens(notice.tokens)} are yours now, {then}.",
        *written_by(allowance.created_by, allowance.note),
        *_good_and_next(notice, preview),
        context(*left, f"Receipt {receipt_id(notice.entry_id)}"),
        actions(buttons.usage(member_account(notice.recipient))),
        spoken=text.spoken(allowance.note),
    )


def allowance_unfunded(notice: AllowanceUnfunded, preview: Preview) -> Message:
    """For those who can fill the pool, or raise its budget."""
    missing = number(notice.needed - notice.available)
    on, name = _near(date.fromisoformat(notice.period_on), preview), team_name(preview.team.name)
    what = "pool" if notice.budget_until is None else "budget"
    was = "was not paid" if _is_for_nobody(notice, preview) else "was not paid to all"
    which = "part" if preview.allowance.vesting else "allowance"
    return message(
        f"{missing} too little in the {what} of {name}: the {which} of {on} {was}.",
        section(" ".join([_needed(notice, preview), _way_out(notice, missing), *_after(preview)])),
        *_otherwise(notice, preview),
        actions(
            *_paying(notice, preview),
            *_changing(preview),
            allowance_buttons.end(
                preview.allowance,
                preview.allowance.good_until(preview.today),
                label="End the allowance…",
            ),
        ),
    )


def _good_and_next(notice: AllowanceBegun, preview: Preview) -> list[Block]:
    """`This week’s 2M can be used until the end of Sun 8 March; the next comes Mon 9 March.`"""
    allowance, good_until = preview.allowance, preview.good_until
    is_lost = allowance.terms[-1].carry_max == 0
    next_on = allowance.next_after(preview.today)
    said = []
    if is_lost and good_until is not None:
        its = f"This {allowance.period}’s {amounts.short(notice.tokens)}"
        said.append(f"{its} can be used until the end of {_near(good_until, preview)}")
    if next_on is not None:
        following = amounts.short(allowance.credit_on(next_on).tokens)
        said.append(f"the next {following} comes {_near(next_on, preview)}")
    return [section(f"{text.sentence('; '.join(said))}.")] if said else []


def _needed(notice: AllowanceUnfunded, preview: Preview) -> str:
    """Who needs how much together, and what there is."""
    allowance, needed = preview.allowance, number(notice.needed)
    everybody = days.counted(preview.people, "member")
    if allowance.subject.kind is not SubjectKind.TEAM:
        who = f"{words.whose(allowance.subject, preview.team)} needs {needed}"
    elif _is_for_nobody(notice, preview):
        who = f"None of its {everybody} has it: together they need {needed}"
    else:
        each = allowance.credit_on(date.fromisoformat(notice.period_on)).tokens
        waiting = notice.needed // max(each, 1)
        need = "and needs" if waiting == 1 else "and together need"
        who = f"{waiting:,} of its {everybody} had nothing yet {need} {needed}"
    if notice.budget_until is None:
        return f"{who}, and the pool has {number(notice.available)}."
    until = _near(date.fromisoformat(notice.budget_until), preview)
    left = f"by its budget only {number(notice.available)} may leave it until {until}"
    return f"{who}. The pool has enough, but {left}."


def _is_for_nobody(notice: AllowanceUnfunded, preview: Preview) -> bool:
    """Whoever was paid before there was too little is not among those who need it."""
    each = preview.allowance.credit_on(date.fromisoformat(notice.period_on)).tokens
    is_for_team = preview.allowance.subject.kind is SubjectKind.TEAM
    return not is_for_team or notice.needed == each * preview.people


def _way_out(notice: AllowanceUnfunded, missing: str) -> str:
    others = people(notice.admins)
    been = "has been" if len(notice.admins) == 1 else "have been"
    who = f"{others} {been} told and can" if others else "Ask an admin to"
    who = "You can" if notice.recipient in notice.admins else who
    if notice.budget_until is None:
        return f"{who} fill it with {missing}."
    return f"{who} raise the budget by {missing}, which then counts for every period."


def _after(preview: Preview) -> list[str]:
    """What is due next, so that whoever fills the pool can fill it for longer than this once."""
    allowance = preview.allowance
    next_on = allowance.next_after(preview.today)
    if next_on is None:
        return []
    heads = preview.people if allowance.subject.kind is SubjectKind.TEAM else 1
    comes = allowance.credit_on(next_on).tokens * heads  # none while it is paused
    this = "part" if allowance.vesting else allowance.period
    due = f"the next {number(comes)} are due {_near(next_on, preview)}"
    return [f"That pays this {this}; {due}."] if comes else []


def _otherwise(notice: AllowanceUnfunded, preview: Preview) -> list[Block]:
    """What happens once there is enough, and if there never is."""
    on = date.fromisoformat(notice.period_on)
    until = preview.allowance.payable_until(on)
    if until is None:  # the last part of a package
        return [context("Once there is enough, it is paid within a minute")]
    end = _near(until - timedelta(days=1), preview)
    unpaid = "this part" if preview.allowance.vesting else f"this {preview.allowance.period}"
    return [
        context(
            "Once there is enough, it is paid within a minute",
            f"If there isn’t by the end of {end}, {unpaid} stays unpaid",
        )
    ]


def _changing(preview: Preview) -> list[Block]:
    """A package's total stays as it is."""
    if preview.allowance.vesting is not None:
        return []
    return [allowance_buttons.change(preview.allowance, "Change the allowance…")]


def _paying(notice: AllowanceUnfunded, preview: Preview) -> list[Block]:
    """The way to more, for whoever may go it."""
    if notice.recipient not in notice.admins:
        return []
    team_id = preview.team.team_id
    if notice.budget_until is None:
        return [buttons.fill_pool(team_id, style="primary")]
    return [
        button(
            "Raise the budget…",
            Action.TEAM_BUDGET,
            value=team_id,
            style="primary",
            spoken="Raise what may leave the team's pool in a period",
        )
    ]


def _near(on: date, preview: Preview) -> str:
    return near(on, preview.today)
