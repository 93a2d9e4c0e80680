"""Refusals of holds as problems: what does not fit, where it stands, and what to do."""

from datetime import datetime
from typing import Any, assert_never

from bot.api.problems import Problem
from bot.domain.holds import HoldEnded, HoldRefused, HoldState, HoldUnknown, TooManyHolds
from bot.domain.limits import Limit, LimitReached, Measure
from bot.domain.refusals import BalanceOutOfRange, KeyReused
from bot.domain.usage_events import EventRefused
from bot.services.authorizing import NotWithinReach, UserUnknown

AnyHoldRefusal = (
    LimitReached
    | TooManyHolds
    | HoldRefused
    | HoldEnded
    | HoldUnknown
    | UserUnknown
    | NotWithinReach
    | KeyReused
    | BalanceOutOfRange
    | EventRefused
)


def problem_for(refusal: AnyHoldRefusal) -> Problem:
    """The problem that tells of a refusal."""
    match refusal:
        case LimitReached():
            return _reached(refusal)
        case HoldUnknown():
            detail = "No hold that this key may see has this id."
            return Problem(404, "hold-unknown", "No such hold", detail)
        case UserUnknown():
            detail = (
                f"Nobody here is called {refusal.name}, and calls of people whom nobody knows are "
                "refused. Whoever it is types /tokens link in Slack; an admin may link them too."
            )
            return Problem(404, "person-unknown", "Nobody like that here", detail)
        case NotWithinReach():
            detail = (
                f"{refusal.name} is nobody whom this key may hold for; tokenbot api-key list shows "
                "whose tokens it may hold."
            )
            return Problem(403, "not-for-this-key", "Not with this key", detail)
        case HoldRefused() | EventRefused():
            return Problem(422, "not-a-hold", "It can't be so", f"{str(refusal).strip()}.")
        case TooManyHolds() | HoldEnded() | KeyReused() | BalanceOutOfRange():
            return _in_the_way(refusal)
        case _:
            assert_never(refusal)


def _in_the_way(refusal: TooManyHolds | HoldEnded | KeyReused | BalanceOutOfRange) -> Problem:
    match refusal:
        case TooManyHolds():
            detail = (
                f"{refusal.most:,} holds of theirs are open, the most there may be. Settle or void "
                "those whose calls are over; else they end by themselves."
            )
            return Problem(409, "too-many-holds", "Too many open holds", detail)
        case HoldEnded():
            members = {"state": refusal.state.value}
            detail = _ended(refusal.state)
            return Problem(409, "hold-ended", "The hold has ended", detail, members=members)
        case KeyReused():
            detail = f"The idempotency key {refusal.key} came before with other content."
            return Problem(409, "key-reused", "The key is used", detail)
        case BalanceOutOfRange():
            detail = "The balance would be beyond what the books can hold; nothing was charged."
            return Problem(409, "out-of-range", "More than the books can hold", detail)
        case _:
            assert_never(refusal)


def _ended(state: HoldState) -> str:
    match state:
        case HoldState.SETTLED:
            return "It was settled by another usage event. Report what else was used at /v1/usage."
        case HoldState.VOIDED:
            return "It was voided. Report what was used all the same at /v1/usage."
        case _:
            return "It has expired. Make another; its call can still be settled."


def _reached(refusal: LimitReached) -> Problem:
    limit, chain = refusal.limit, refusal.chain
    allowance = next((one for one in chain if one.measure is Measure.ALLOWANCE), None)
    next_at = allowance.frees_at if allowance else None
    members: dict[str, Any] = {
        "needed": refusal.needed,
        "available": max(allowance.left, 0) if allowance else 0,
        "limit": told(limit),
        "limits": [told(one) for one in chain],
        "next_allowance_at": _moment(next_at),
        "fallback_model": refusal.fallback_model or None,
        "slack_url": refusal.ask_at or None,
    }
    return Problem(
        402,
        "limit-reached",
        "It does not fit",
        _words(refusal),
        members=members,
    )


def _words(refusal: LimitReached) -> str:
    """One sentence for a person: it is what their editor or terminal shows."""
    limit = refusal.limit
    left = max(limit.room, 0)
    some, are = f"{left:,}" if left else "nothing", "are" if left > 1 else "is"
    whole = f"{limit.most:,} a {limit.period}"
    needed = f"This call needs {refusal.needed:,} token{'' if refusal.needed == 1 else 's'}"
    match limit.measure:
        case Measure.ALLOWANCE if limit.grace and limit.left <= 0:
            why = f"and {some} of the grace {are} left"
        case Measure.ALLOWANCE:
            grace = f", the grace of {limit.grace:,} included" if limit.grace else ""
            why = f"and {some} {are} available{grace}"
        case Measure.REQUEST:
            why = f"and one call may need {limit.most:,} at most"
        case Measure.DAY:
            why = f"and {some} of today's {limit.most:,} {are} left"
        case Measure.MODEL:
            why = f"and {some} of {whole} for {limit.name} {are} left"
        case Measure.PROJECT:
            whose = "all teams'" if limit.is_of_all else "the team's"
            why = f"and {some} of {whose} {whole} for the project {limit.name} {are} left"
        case _:
            assert_never(limit.measure)
    return f"{needed}, {why}. {_way_out(limit)} What limits you: /tokens why."


def _way_out(limit: Limit) -> str:
    """What helps; more tokens alone help only where they are what lacks."""
    if limit.measure is Measure.REQUEST:
        return "Make it smaller, or ask to have that lifted, in Slack: /tokens request."
    when = f"on {limit.frees_at:%-d %B, %H:%M} UTC." if limit.frees_at else ""
    if limit.measure is Measure.ALLOWANCE:
        more = f"More come {when} " if when else ""
        return f"{more}Ask for more in Slack: /tokens request."
    anew = f"That begins anew {when} " if when else ""
    return f"{anew}If you can't wait, ask to have it lifted, in Slack: /tokens request."


def told(limit: Limit) -> dict[str, Any]:
    """A limit as it stands."""
    return {
        "limit": limit.measure.value,
        "name": limit.name,
        "period": limit.period,
        "most": limit.most,
        "used": limit.used,
        "left": limit.left,
        "grace": limit.grace,
        "frees_at": _moment(limit.frees_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
