"""A team's week in sentences: what changed, against what, and what to do next."""

from bot.domain import amounts, headlines
from bot.domain.digests import Part, PoolFacts, Requests, Week
from bot.domain.directory import EVERYONE
from bot.domain.headlines import Change, Headline, Step
from bot.slack.ids import COMMAND
from bot.slack.render import days, text
from bot.slack.render.days import counted, waited
from bot.slack.render.text import number, team_name

_DOUBLED = 2
_MONTH_DAYS = 30


def headline(week: Week) -> str:
    """One sentence; it says what happened, never whose doing it was."""
    found, name = headlines.headline(week), _name(week)
    used, before = amounts.short(week.used), amounts.short(week.used_before)
    over = amounts.short(week.used - (week.allowance or 0))
    simple = {
        Change.POOL_EMPTY: f"The pool of {name} is empty.",
        Change.OVER_ALLOWANCE: (
            f"{name} used {used} tokens, {over} more than its allowances for a week."
        ),
        Change.QUIET: _quiet(week),
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
    if pool is None or pool.lasts_on is None:
        return f"The pool of {name} runs dry soon."
    dry = f"The pool of {name} runs dry about {days.day(pool.lasts_on)}"
    unfilled = headlines.days_unfilled(pool)
    if unfilled is None:
        return f"{dry} at this pace."
    return f"{dry}, {counted(unfilled, 'day')} before it fills."


def _name(week: Week) -> str:
    """The team; *Everyone* is no more than those in no other."""
    return f"{team_name(week.team)} (no team)" if week.team_id == EVERYONE else team_name(week.team)


def _quiet(week: Week) -> str:
    before = week.moves_before.came
    against = f"; {amounts.short(before)} came the week before" if before else ""
    return f"A quiet week in {_name(week)}: no tokens were used or moved{against}."


def _moved(week: Week) -> str:
    came, name = week.moves.came, _name(week)
    if not came:
        return f"No tokens came to {name} this week; what moved stands below."
    before = week.moves_before.came
    against = f", after {amounts.short(before)} the week before" if before else ""
    return f"{amounts.short(came)} tokens came to {name}{against}."


def _compared(week: Week, found: Headline) -> str:
    used, name = amounts.short(week.used), _name(week)
    if found.change is Change.STEADY:
        return f"A week much like the one before in {name}: {used} tokens used."
    rose = found.change is Change.ROSE
    how = _rose(week, found) if rose else f"fell by {found.percent} %"
    mostly = ""
    if found.part:
        kind = "in project " if found.is_project else ""
        turn = "rise" if rose else "fall"
        share = "all" if _is_all(found.part, week) else "most"
        mostly = f"; {share} of the {turn} is {kind}{text.code(found.part.name)}"
    return f"Use in {name} {how} to {used} tokens{mostly}."


def _is_all(part: Part, week: Week) -> bool:
    """Whether without it there would have been no change that way."""
    return abs(part.tokens - part.before) >= abs(week.used - week.used_before)


def _rose(week: Week, found: Headline) -> str:
    if week.used < _DOUBLED * week.used_before:
        return f"rose by {found.percent} %"
    return f"{'more than ' if week.used > _DOUBLED * week.used_before else ''}doubled"


def sentences(week: Week) -> list[str]:
    """Use, pool and requests, as far as there is anything to say."""
    found = []
    if week.has_use:
        found.append(_use(week))
    elif not week.moves.is_empty and week.typical is None:
        found.append("Use isn't metered here yet: this tells of the tokens that moved.")
    if week.pool is not None:
        found.append(_pool(week))
    return [*found, *_requests(week.requests)]


def _use(week: Week) -> str:
    """Against the week before, a typical one, and the allowances."""
    against = [_against(week.used, week.used_before, "the week before")]
    if week.typical:
        against.append(_against(week.used, week.typical, "a typical week"))
    share = f" That is {_share(week)} ({amounts.short(week.allowance)})." if week.allowance else ""
    return f"{number(week.used)} tokens used: {text.listed(against)}.{share}"


def _share(week: Week) -> str:
    return f"{headlines.share(week.used, week.allowance or 1):,} % of the week's allowances"


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
    leaves = f"{amounts.short(pool.per_day)} a day leaves it, allowances included"
    lasts = f": {_lasting(pool)}" if pool.available > 0 else ""
    return f"{held[:-1]}; {leaves}{lasts}."


def _lasting(pool: PoolFacts) -> str:
    """How far it goes, against the day on which it is filled where there is one."""
    fills = f" it fills on {days.day(pool.fills_on)}" if pool.fills_on else ""
    if fills and headlines.is_enough_until_filled(pool):
        return f"enough until{fills}"
    lasts = f"that lasts {days.lasting(pool.lasts_days or 0, pool.lasts_on)}"
    return f"{lasts};{fills}" if fills else lasts


def _requests(asked: Requests) -> list[str]:
    """What was asked and decided; what only waits is the next step's to say."""
    decided = asked.approved + asked.denied
    if not asked.asked and not decided:
        return []
    new = (
        f"{counted(asked.asked, 'request')} for {amounts.short(asked.asked_tokens)} tokens"
        if asked.asked
        else "No new requests"
    )
    return [f"{new}; {asked.approved} approved, {asked.denied} denied.{_waits(asked, decided)}"]


def _waits(asked: Requests, decided: int) -> str:
    """How long the decided ones waited: one by one where there are no more than two."""
    if asked.wait_seconds is None or asked.longest_seconds is None:
        return ""
    half, longest = waited(asked.wait_seconds), waited(asked.longest_seconds)
    if decided == 1:
        return f" It had waited {longest}."
    if decided == 2:  # noqa: PLR2004 (the lower half of two is the shorter)
        return f" They had waited {half} and {longest}."
    return f" Half of them had waited {half} at most, the longest {longest}."


def in_short(week: Week) -> str:
    """What a notification says after the headline and the next step."""
    found = [f"{_name(week)}, {days.week(week.week_on)}."]
    if week.has_use and week.allowance:
        found.append(f"Used: {_share(week)}.")
    if week.pool is not None:
        found.append(f"In the pool: {amounts.short(week.pool.available)}.")
    return " ".join(found)


def next_step(week: Week) -> str:
    """What to do, or that there is nothing to do."""
    waiting = _waiting(week.requests)
    match headlines.step(week):
        case Step.FILL_POOL:
            fill = f"an admin needs to fill the pool{_how_far(week.pool)}."
            return f"*Next:* {fill}{f' {text.sentence(waiting)}' if waiting else ''}"
        case Step.DECIDE:
            return f"*Next:* {waiting}"
        case Step.LOOK_AT_ALLOWANCE:
            return (
                "*Next:* if this goes on, approvers see whether the allowances still fit; "
                f"`{COMMAND} request` asks for more until then."
            )
        case _:
            return "*Next:* nothing needs doing."


def _how_far(pool: PoolFacts | None) -> str:
    """How much is enough, where its pace says that; a round figure, since a pace is a guess."""
    if pool is None or not pool.per_day:
        return ""
    unfilled = headlines.days_unfilled(pool)
    needed = amounts.short(headlines.needed_for(pool, unfilled or _MONTH_DAYS))
    if unfilled and pool.fills_on:
        return f"; about {needed} more lasts until it fills by itself on {days.day(pool.fills_on)}"
    return f"; at this pace about {needed} more lasts {_MONTH_DAYS} days"


def _waiting(asked: Requests) -> str:
    if not asked.open:
        return ""
    since = waited(asked.open_seconds) if asked.open_seconds else ""
    tokens = f" for {amounts.short(asked.open_tokens)} tokens" if asked.open_tokens else ""
    if asked.open == 1:
        waits = f"has waited {since} for a decision" if since else "waits for a decision"
        return f"a request{tokens} {waits}. Its approvers have it as a message."
    together = f"{tokens} together" if tokens else ""
    oldest = f", the oldest for {since}" if since else ""
    return (
        f"{asked.open:,} requests{together} wait for a decision{oldest}. "
        "Their approvers have them as messages."
    )
