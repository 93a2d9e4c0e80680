"""A team's week in sentences: what changed, against what, and what to do next."""

from bot.domain import amounts, headlines
from bot.domain.digests import PoolFacts, Requests, Week
from bot.domain.headlines import Change, Headline, Step
from bot.slack.ids import COMMAND
from bot.slack.render import days, text
from bot.slack.render.days import counted, waited
from bot.slack.render.text import number, team_name


def headline(week: Week) -> str:
    """One sentence; it says what happened, never whose doing it was."""
    found, name = headlines.headline(week), team_name(week.team)
    used, before = amounts.short(week.used), amounts.short(week.used_before)
    over = amounts.short(week.used - (week.allowance or 0))
    simple = {
        Change.POOL_EMPTY: f"The pool of {name} is empty.",
        Change.OVER_ALLOWANCE: (
            f"{name} used {used} tokens, {over} more than its allowances for a week."
        ),
        Change.QUIET: f"A quiet week in {name}: no tokens were used or moved.",
        Change.FIRST: f"The first week of use in {name}: {used} tokens.",
        Change.STOPPED: f"No use in {name} this time, after {before} tokens the week before.",
        Change.RESUMED: f"{name} used {used} tokens, after a week without use.",
    }
    match found.change:
        case Change.POOL_SHORT:
            return _runs_short(name, week.pool)
        case Change.MOVED:
            return _moved(week)
        case Change.ROSE | Change.FELL | Change.STEADY:
            return _compared(week, found)
        case other:
            return simple[other]


def _runs_short(name: str, pool: PoolFacts | None) -> str:
    until = f" until {days.day(pool.lasts_on)}" if pool and pool.lasts_on else " not long"
    fills = f", and it fills on {days.day(pool.fills_on)}" if pool and pool.fills_on else ""
    return f"The pool of {name} lasts{until} at this pace{fills}."


def _moved(week: Week) -> str:
    came, name = week.moves.came, team_name(week.team)
    if not came:
        return f"No tokens came to {name} this week; what moved stands below."
    before = week.moves_before.came
    against = f", after {amounts.short(before)} the week before" if before else ""
    return f"{amounts.short(came)} tokens came to {name}{against}."


def _compared(week: Week, found: Headline) -> str:
    used, name = amounts.short(week.used), team_name(week.team)
    mostly = f", mostly {text.code(found.part.name)}" if found.part else ""
    match found.change:
        case Change.ROSE:
            return f"Use in {name} rose by {found.percent:,} % to {used} tokens{mostly}."
        case Change.FELL:
            return f"Use in {name} fell by {found.percent} % to {used} tokens{mostly}."
        case _:
            return f"A week much like the one before in {name}: {used} tokens used."


def sentences(week: Week) -> list[str]:
    """Use, pool and requests, as far as there is anything to say."""
    found = []
    if week.has_use:
        found.append(_use(week))
    if week.pool is not None:
        found.append(_pool(week))
    if week.requests != Requests():
        found.append(_requests(week.requests))
    return found


def _use(week: Week) -> str:
    """Against the week before, a typical one, and the allowances."""
    against = [_against(week.used, week.used_before, "the week before")]
    if week.typical:
        against.append(_against(week.used, week.typical, "a typical week"))
    share = ""
    if week.allowance:
        percent = week.used * 100 // week.allowance
        share = (
            f" That is {percent:,} % of the {number(week.allowance)} that its allowances come to "
            "in a week."
        )
    return f"{number(week.used)} tokens used: {text.listed(against)}.{share}"


def _against(now: int, before: int, what: str) -> str:
    if not before:
        return f"none {what}"
    percent = headlines.percent(now, before)
    if not percent:
        return f"about as many as {what}"
    return f"{percent:,} % {'more' if now > before else 'less'} than {what}"


def _pool(week: Week) -> str:
    pool = week.pool
    if pool is None:
        return ""
    held = f"The pool has {number(pool.available)}."
    if pool.per_day is None:
        return f"{held} How long it lasts I can't say yet: that takes three days of grants."
    if pool.lasts_days is None:
        return f"{held} Nothing left it in two weeks."
    lasts = days.lasting(pool.lasts_days, pool.lasts_on)
    return f"{held[:-1]}; at {amounts.short(pool.per_day)} a day that lasts {lasts}."


def _requests(asked: Requests) -> str:
    found = [
        f"{counted(asked.asked, 'request')} for {amounts.short(asked.asked_tokens)} tokens; "
        f"{asked.approved} approved, {asked.denied} denied"
    ]
    if asked.wait_seconds is not None and asked.longest_seconds is not None:
        found.append(
            f"a decision took {waited(asked.wait_seconds)}, "
            f"the longest {waited(asked.longest_seconds)}"
        )
    return f"{', and '.join(found)}."


def next_step(week: Week) -> str:
    """What to do, or that there is nothing to do."""
    asked = week.requests
    match headlines.step(week):
        case Step.FILL_POOL:
            return "*Next:* an admin fills the pool, or grants from the treasury meanwhile."
        case Step.DECIDE:
            waits = f", the oldest for {waited(asked.open_seconds)}" if asked.open_seconds else ""
            what = "waits" if asked.open == 1 else "wait"
            return (
                f"*Next:* {counted(asked.open, 'request')} {what} for a decision{waits}. "
                "Approvers have them as messages."
            )
        case Step.LOOK_AT_ALLOWANCE:
            return (
                "*Next:* if this goes on, approvers see whether the allowances still fit; "
                f"`{COMMAND} request` asks for more until then."
            )
        case _:
            return "*Next:* nothing needs doing."
