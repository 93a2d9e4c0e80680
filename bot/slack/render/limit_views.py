"""What limits somebody's calls, in words: what fits, each limit, the policy, and what to do."""

from collections.abc import Sequence
from typing import assert_never

from bot.domain import amounts, roles
from bot.domain.directory import UserId
from bot.domain.ledger import member_account
from bot.domain.limit_views import LimitView
from bot.domain.limits import Limit
from bot.domain.policies import Mode
from bot.domain.roles import Deed
from bot.slack.ids import COMMAND
from bot.slack.render import buttons, lifts, limit_words
from bot.slack.render.blocks import Block, Message, actions, context, message, section
from bot.slack.render.days import counted
from bot.slack.render.text import code, mention, moment, team_name, tokens

#: Of models and projects; with more, one names what one means.
_CAPS_MAX = 12
#: Names may be long, and a section takes 3,000 characters.
_LINES_MAX = 4


def limit_view(found: LimitView) -> Message:
    """The chain of limits, and the way to more."""
    return message(
        _headline(found),
        *_lines(found, found.general),
        *_lines(found, found.caps[:_CAPS_MAX]),
        section(_policy(found)),
        *_small_print(found),
        actions(*_ways(found)),
    )


def _headline(found: LimitView) -> str:
    whose, deciding = _whose(found), found.deciding
    lift = found.rules.lift
    if lift is not None:
        by = mention(UserId(lift.by))
        return f"Nothing refuses {whose} calls until {moment(lift.until)}: {by} lifted the limits."
    if found.rules.mode is Mode.OFF:
        return f"Nothing limits {whose} calls: they are counted, and none is refused."
    if found.rules.mode is Mode.WARN:
        return f"Nothing refuses {whose} calls. {_within(found)}"
    if not found.is_begun:
        return _nothing_yet(found)
    if deciding.room <= 0:
        why = limit_words.why_not(deciding, whose="you have" if found.is_own else "they have")
        return f"{_no_call(found)} fits now: {why}. {limit_words.frees(deciding)}".rstrip()
    return f"{_a_call(found)} may need up to {tokens(deciding.room)} now.{_tightest(found)}"


def _within(found: LimitView) -> str:
    left = found.deciding.left
    if left > 0:
        return f"One of up to {tokens(left)} is within the limits.{_tightest(found)}"
    return "A limit is reached, and they pass all the same."


def _nothing_yet(found: LimitView) -> str:
    if found.is_own:
        return (
            "You have no tokens yet, so no call of yours fits. Ask for some: your approvers get "
            "a message at once."
        )
    return f"{mention(found.subject.user_id)} has no tokens yet, so no call of theirs fits."


def _tightest(found: LimitView) -> str:
    """Which limit is the tightest; a cap may be, for calls that it concerns."""
    tightest = found.tightest
    if len(found.chain) == 1:
        return ""
    if tightest.room >= found.deciding.room:
        return f" The tightest limit: {limit_words.named(tightest)}."
    return f" Less fits where a cap is tighter: {limit_words.named(tightest)}."


def _lines(found: LimitView, some: Sequence[Limit]) -> list[Block]:
    lines = [_line(found, one) for one in some]
    parts = [lines[start : start + _LINES_MAX] for start in range(0, len(lines), _LINES_MAX)]
    return [section("\n".join(part)) for part in parts]


def _line(found: LimitView, limit: Limit) -> str:
    mark = " (the tightest)" if limit is found.tightest and len(found.chain) > 1 else ""
    return f"• {limit_words.named(limit)}: {limit_words.standing(limit)}{mark}"


def _policy(found: LimitView) -> str:
    policy = found.rules.policy
    said = f"The policy of {team_name(found.team)} is *{policy.mode}*: {_mode(policy.mode, found)}."
    if policy.fallback_model and policy.mode in {Mode.SOFT, Mode.HARD}:
        said += f" A tool that is refused may use {code(policy.fallback_model)} instead."
    return said


def _mode(mode: Mode, found: LimitView) -> str:
    match mode:
        case Mode.OFF:
            return "calls are counted, and none is refused"
        case Mode.WARN:
            whom = "you" if found.is_own else "them"
            return f"a call that doesn't fit passes, and I tell {whom} once in a period"
        case Mode.SOFT:
            return "calls pass up to a grace beyond what is available; then they are refused"
        case Mode.HARD:
            return "a call that doesn't fit is refused"
        case _:
            assert_never(mode)


def _small_print(found: LimitView) -> list[Block]:
    lines = []
    going = found.under_way
    if going.calls:
        held = "" if going.held == going.tokens else f", {amounts.both(going.held)} of it held"
        calls = f"{counted(going.calls, 'call')} under way may use {amounts.both(going.tokens)}"
        end = "it ends" if going.calls == 1 else "they end"
        lines.append(f"{calls}{held}: counted above as used until {end}")
    if found.about and not found.caps:
        lines.append(f"No cap is on {code(found.about)}")
    hidden = len(found.caps) - _CAPS_MAX
    if hidden > 0:
        lines.append(
            f"{counted(hidden, 'more cap')} with more left: `{COMMAND} why gpt-4o` shows those "
            "of a model or project"
        )
    return [context(*lines)] if lines else []


def _ways(found: LimitView) -> list[Block]:
    user_id = found.subject.user_id
    if found.is_own:
        is_stuck = found.refuses and found.deciding.room <= 0
        return [buttons.request(style="primary" if is_stuck else None), buttons.usage()]
    ways = []
    if found.may_lift and found.rules.lift is not None:
        ways = [lifts.end_button(user_id, found.latest_lift)]
    elif found.may_lift and found.refuses:
        ways = [lifts.lift_button(user_id, found.latest_lift)]
    if roles.may(found.viewer, Deed.GRANT, found.subject):
        ways.append(buttons.grant(user_id))
    return [*ways, buttons.usage(member_account(user_id))]


def _whose(found: LimitView) -> str:
    return "your" if found.is_own else f"{mention(found.subject.user_id)}'s"


def _a_call(found: LimitView) -> str:
    return f"A call{_about(found)} of {_of_whom(found)}"


def _no_call(found: LimitView) -> str:
    return f"No call{_about(found)} of {_of_whom(found)}"


def _about(found: LimitView) -> str:
    """Named only where a cap is on it; what it is, a model or a project, its cap says."""
    return f" for {code(found.about)}" if found.about and found.caps else ""


def _of_whom(found: LimitView) -> str:
    return "yours" if found.is_own else mention(found.subject.user_id)
