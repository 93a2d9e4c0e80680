"""A balance in words."""

from bot.domain import amounts, roles
from bot.domain import pace as pacing
from bot.domain.balances import Balance, Use
from bot.domain.participants import is_outsider
from bot.domain.roles import Deed
from bot.slack.render import buttons, days
from bot.slack.render.blocks import Block, Message, actions, context, message
from bot.slack.render.text import day, expiries, mention, tokens


def balance(found: Balance) -> Message:
    """What is available, and what can be done next."""
    return _own(found) if found.is_own else _of_other(found)


def is_empty(found: Balance) -> bool:
    return not found.balance and not found.held


def small_print(found: Balance) -> list[Block]:
    """What is held, what a negative figure means, what comes and what expires next."""
    lines = []
    if found.held:
        lines.append(f"{amounts.both(found.held)} held for calls under way")
        lines.append(f"{amounts.both(found.balance)} in all")
    if found.available < 0:
        lines.append("Below zero: the next tokens fill this up first")
    if found.coming:
        lines.append(f"Next: {amounts.both(found.coming.tokens)} on {day(found.coming.on)}")
    if found.expiring:
        lines.append(expiries(found.expiring))
    return [context(*lines)] if lines else []


def use(found: Balance) -> list[Block]:
    """What was used of the period, how fast tokens go, and how long the rest lasts."""
    return [context(*_used(found, found.use))] if found.use else []


def _used(found: Balance, lately: Use) -> list[str]:
    used = f"Used since {day(lately.since)}: {amounts.both(lately.tokens)}"
    if lately.pace is None:
        return [used, "Not enough days yet to say how long it lasts"]
    if not lately.pace.tokens:
        return [used, f"None in the last {pacing.WINDOW_DAYS} full days"]
    a_day = f"about {amounts.short(lately.pace.per_day)} a day"
    left = pacing.days_left(found.available, lately.pace)
    if left is None or found.available <= 0:
        return [used, a_day]
    until = pacing.lasts_until(found.available, lately.pace, lately.today)
    return [
        used,
        f"{a_day}, which lasts {days.lasting(left, until.isoformat() if until else None)}",
    ]


def _own(found: Balance) -> Message:
    if is_empty(found) and is_outsider(found.viewer):
        return message(
            "You have no tokens. Guests and people from other organisations take part only "
            "where an admin lets them in."
        )
    if is_empty(found):
        headline = (
            "You have no tokens right now. Ask for some: your approvers get a message at once."
        )
        steps = actions(buttons.request("Request tokens…"), *_advance(found))
        return message(headline, *small_print(found), *use(found), steps)
    headline = f"{tokens(found.available)} available to you."
    to_give = [buttons.transfer()] if found.available > 0 else []
    steps = actions(*to_give, buttons.request(), *_advance(found))
    return message(headline, *small_print(found), *use(found), steps)


def _advance(found: Balance) -> list[Block]:
    return [buttons.advance()] if found.has_advance else []


def _of_other(found: Balance) -> Message:
    name = mention(found.subject.user_id)
    headline = (
        f"{name} has no tokens right now."
        if is_empty(found)
        else f"{tokens(found.available)} available to {name}."
    )
    may_grant = roles.may(found.viewer, Deed.GRANT, found.subject)
    steps = [actions(buttons.grant(found.subject.user_id))] if may_grant else []
    return message(headline, *small_print(found), *use(found), *steps)
