"""Stand-ins in words: for who is away, for who stands in, and why a naming is refused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from bot.domain import leaves
from bot.domain.notices import StandInTold
from bot.domain.refusals import AwayFault, AwayRefused
from bot.domain.stand_ins import Phase, StandIn
from bot.slack.ids import COMMAND, Action
from bot.slack.render.blocks import Block, Message, actions, button, context, message, section
from bot.slack.render.text import code, day_at, mention, people, sentence

#: A time ends as the day after its last begins.
_JUST_BEFORE = timedelta(seconds=1)
#: Stand-ins, one after the other, that one message shows.
_NAMED_MAX = 20


def last_day(ends_at: datetime) -> str:
    """The last day of somebody's being away."""
    return day_at(ends_at - _JUST_BEFORE)


def away(named: Sequence[StandIn]) -> Message:
    """For the approver: who decides for them and when, and how to end it."""
    change = button("Change…", Action.OPEN_AWAY, spoken="Name another stand-in, or other days")
    if len(named) == 1:
        return message(_stands_in(named[0]), _meanwhile(), actions(_end(named[0]), change))
    return message(
        f"You named {len(named)} stand-ins, one after the other.",
        *(section(_stands_in(one), accessory=_end(one)) for one in named[:_NAMED_MAX]),
        *_later(len(named) - _NAMED_MAX),
        _meanwhile(),
        actions(change),
    )


def _later(count: int) -> list[Block]:
    """Those for whom a message has no room."""
    return [context(f"and {count} later: end one to see the next")] if count > 0 else []


def back(ended: Sequence[StandIn]) -> Message:
    """For the approver: requests reach them again."""
    if not ended:
        return message(
            f"Nobody stands in for you, so there is nothing to end. `{COMMAND} away` names someone."
        )
    whom = list(dict.fromkeys(one.stand_in for one in ended))
    who, stands = people(whom), "stands" if len(whom) == 1 else "stand"
    return message(
        f"{who} no longer {stands} in for you. Requests reach you again.",
        context("Requests that came meanwhile and are still open are on their way to you"),
    )


def stand_in_told(notice: StandInTold) -> Message:
    """For the stand-in: from when to when, and what it means; or that it is over."""
    whom = mention(notice.absent)
    starts_at, ends_at = (
        datetime.fromtimestamp(seconds, UTC) for seconds in (notice.starts_at, notice.ends_at)
    )
    match notice.phase:
        case Phase.NAMED:
            return message(
                f"{whom} named you as stand-in from {day_at(starts_at)} to {last_day(ends_at)}.",
                context(
                    "Requests to them reach you in that time, with buttons to decide",
                    "I write to you again when it begins",
                ),
            )
        case Phase.BEGUN:
            return message(
                f"You stand in for {whom} until {last_day(ends_at)}.",
                context(
                    "Requests to them reach you now, those still open too",
                    f"You decide and `{COMMAND} grant` for whom they may, but nothing of your own "
                    "or theirs",
                ),
            )
        case Phase.ENDED:
            return message(
                f"You no longer stand in for {whom}. Thank you for looking after it.",
                context("Requests that are still open go back to their approvers"),
            )


_FAULTS: Mapping[AwayFault, str] = MappingProxyType(
    {
        AwayFault.ONESELF: "That's you. Somebody else stands in for you: choose a colleague.",
        AwayFault.NOT_UNDERSTOOD: "{typed} doesn't fit here. {example}",
        AwayFault.NO_DAY: "{typed} is no day that I can read. {example}",
        AwayFault.STARTS_IN_THE_PAST: "{typed} is over. Begin today or later.",
        AwayFault.ENDS_IN_THE_PAST: "{typed} is over. End today or later.",
        AwayFault.ENDS_BEFORE_IT_STARTS: "{typed} comes before the first day. Swap the two?",
        AwayFault.TOO_FAR_AHEAD: "{typed} is more than a year ahead. Check the year.",
        AwayFault.TOO_LONG: (
            "{typed} is too far off: a stand-in stands in for {limit} days at most. For longer, "
            "ask whoever looks after tokenbot to name another approver."
        ),
    }
)


def refused(refusal: AwayRefused) -> str:
    """What is wrong with the stand-in or the days, and how to write them."""
    example = f"Write it like `{COMMAND} away @ben from 2026-12-01 to 2026-12-14`."
    limit = refusal.limit or leaves.DAYS_MAX
    said = _FAULTS[refusal.fault].format(typed=code(refusal.typed), example=example, limit=limit)
    return sentence(said)


def _stands_in(one: StandIn) -> str:
    return (
        f"{mention(one.stand_in)} stands in for you from {day_at(one.starts_at)} "
        f"to {last_day(one.ends_at)}."
    )


def _meanwhile() -> Block:
    return context(
        "Requests to you reach them meanwhile, those still open too",
        "They decide and grant for whom you may, but nothing of their own or yours",
    )


def _end(one: StandIn) -> Block:
    return button(
        "End",
        Action.END_AWAY,
        value=one.starts_at.isoformat(),
        spoken="End it: requests reach you again",
    )
