"""Policies of teams: what holds, its buttons, and what was changed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from bot.domain import patterns, roles
from bot.domain.directory import TeamId
from bot.domain.limits import Measure
from bot.domain.policies import Cap, Mode, Policy
from bot.domain.policy_views import Capped, TeamPolicy
from bot.domain.refusals import CapUnknown, PolicyRefused, PolicyUnclear
from bot.domain.roles import Deed
from bot.slack import carried
from bot.slack.ids import COMMAND, Action, Callback
from bot.slack.render.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    confirm,
    context,
    facts,
    message,
    modal,
    section,
)
from bot.slack.render.text import code, listed, number, sentence, team_name, tokens

#: Models that a new cap counts, named in a line.
_MODELS_NAMED_MAX = 5
#: Of *Everyone*'s caps, which can't be changed here.
_CAPS_NAMED_MAX = 5
#: In a refusal, which is a sentence or two.
_CAPS_MEANT_MAX = 2

PolicyRefusal = PolicyRefused | PolicyUnclear | CapUnknown
#: What each field is called where it is refused.
_FIELD_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "grace_tokens": "The grace",
        "grace_percent": "The grace",
        "request_max": "The most for a call",
        "day_tokens": "The daily pace",
        "day_percent": "The daily pace",
        "advance": "The advance",
        "fallback_model": "The other model",
        "tokens": "A cap",
        "name": "A model or project",
        "measure": "What is capped",
        "cap": "That cap",
        "hours": "The number of hours",
    }
)


def policy(seen: TeamPolicy, *, headline: str = "") -> Message:
    """What holds for a team's calls, with what this person may do about it."""
    return message(headline or _mode_of(seen), *_details(seen))


def panel(seen: TeamPolicy) -> View:
    """The same over the team's panel."""
    found = policy(seen)
    return modal("Policy", found["blocks"], callback_id=Callback.DONE, close="Close")


def changed(seen: TeamPolicy) -> Message:
    """What holds from now on."""
    return policy(seen, headline=f"Set, and it holds from the next call on. {_mode_of(seen)}")


def as_everyone(seen: TeamPolicy) -> Message:
    name = team_name(seen.team.name)
    if seen.team.is_everyone:
        return policy(seen, headline=f"*{name}* is as it was at first. {_mode_of(seen)}")
    return policy(seen, headline=f"*{name}* goes by the policy of *Everyone* again.")


def capped(done: Capped) -> Message:
    """What is capped from now on, what the cap came in place of, and what it counts."""
    cap, before = done.cap, done.before
    replaced = f", in place of {number(before.tokens)}" if before is not None else ""
    notes = []
    if cap.measure is Measure.MODEL:
        notes.append(_counts(done.models))
        if cap.fallback_model and patterns.is_match(cap.name, cap.fallback_model):
            other = code(cap.fallback_model)
            notes.append(f"{other} is one of those models itself, so it ends with them")
    headline = f"Capped, from the next call on: {_cap(cap)}{replaced}."
    small_print = [context(*notes)] if notes else []
    return message(headline, *small_print, *_details(done.seen))


def uncapped(seen: TeamPolicy, cap: Cap | None) -> Message:
    """What is capped no longer, and how it would be again."""
    if cap is None:
        return policy(seen, headline="That cap was gone already.")
    typed = f"{COMMAND} policy {typed_name(seen)} cap {in_words(cap)}"
    again = f"To have it again, type `{typed}`." if "`" not in typed else ""
    return policy(seen, headline=f"No cap any more: {_cap(cap)}. {again}".strip())


def refused(refusal: PolicyRefusal) -> str:
    """Why it can't hold so, and how to say it."""
    match refusal:
        case PolicyRefused(field, why):
            return f"{_FIELD_WORDS[field]} {why}."
        case PolicyUnclear(typed, expected, nearest):
            if not typed:
                return f"One part is left to say: add {expected}."
            meant = f" Did you mean `{nearest}`?" if nearest else ""
            return f"I can't read {code(typed)} there.{meant} It could be {expected}."
        case CapUnknown(typed, known):
            if not known:
                return f"There is no cap of {code(typed)}, and no other."
            which = listed([code(one) for one in known[:_CAPS_MEANT_MAX]], "or")
            return f"Which cap is meant by {code(typed)}? There is {which}."
        case _:
            assert_never(refusal)


def in_words(cap: Cap) -> str:
    """A cap as it is typed."""
    project = "project " if cap.measure is Measure.PROJECT else ""
    name = f'"{cap.name}"' if " " in cap.name else cap.name
    fallback = f" fallback {cap.fallback_model}" if cap.fallback_model else ""
    return f"{project}{name} {cap.tokens} a {cap.period}{fallback}"


def typed_name(seen: TeamPolicy) -> str:
    """A team's name as it is typed."""
    name = seen.team.name
    return f'"{name}"' if " " in name else name


def _mode_of(seen: TeamPolicy) -> str:
    """`*search*: a call that doesn't fit is refused.`"""
    return f"*{team_name(seen.team.name)}*: {_mode(seen.policy)}"


def _mode(held: Policy) -> str:
    match held.mode:
        case Mode.HARD:
            return "a call that doesn’t fit is refused."
        case Mode.SOFT if held.grace_percent:
            beyond = f"{held.grace_percent} % of the period’s funds"
            return f"calls may go {beyond} past the end, then they are refused."
        case Mode.SOFT:
            return f"calls may go {tokens(held.grace_tokens)} past the end, then they are refused."
        case Mode.WARN:
            return "nothing is refused; whoever goes past the end is told once in a period."
        case Mode.OFF:
            return "nothing is refused, use is only counted."
        case _:
            assert_never(held.mode)


def _details(seen: TeamPolicy) -> list[Block]:
    held = seen.policy
    own = [] if seen.is_own or seen.team.is_everyone else ["As *Everyone*; none of its own"]
    unread = held.mode is Mode.OFF and (seen.caps or held.has_more_limits)
    idle = ["While the mode is `off`, no limit here refuses anything"] if unread else []
    notes = [*own, *idle]
    return [
        facts(
            ("Mode", code(held.mode)),
            ("One call", f"at most {tokens(held.request_max)}" if held.request_max else "any size"),
            ("A day", _pace(held)),
            ("Instead of refusing", code(held.fallback_model) if held.fallback_model else "–"),
            ("Advance", f"up to {tokens(held.advance)}" if held.advance else "none"),
        ),
        *([context(*notes)] if notes else []),
        *_caps(seen),
        *_steps(seen),
    ]


def _pace(held: Policy) -> str:
    """It is there for the days after: nobody uses up a week on its Monday."""
    why = "by each person; it protects the week"
    if held.day_percent is not None:
        return f"at most {held.day_percent} % of the period’s funds {why}"
    if held.day_tokens is not None:
        return f"at most {tokens(held.day_tokens)} {why}"
    return "any pace"


def _caps(seen: TeamPolicy) -> list[Block]:
    may = roles.may_for_team(seen.viewer, Deed.RUN_TEAM, seen.team.team_id)
    own = [
        section(sentence(_cap(cap)), accessory=_drop(seen.team.team_id, cap) if may else None)
        for cap in seen.caps
    ]
    of_all = [_cap(cap) for cap in seen.caps_of_all[:_CAPS_NAMED_MAX]]
    more = len(seen.caps_of_all) - len(of_all)
    rest = [f"and {more} more"] if more > 0 else []
    beside = [context(f"By *Everyone*’s caps too: {'; '.join([*of_all, *rest])}")] if of_all else []
    return [*own, *beside]


def _cap(cap: Cap) -> str:
    """`1M of gpt-4* a week for each person, then gpt-4o-mini`"""
    team = "for all teams together" if cap.is_of_all else "for all of the team"
    whose = team if cap.measure is Measure.PROJECT else "for each person"
    what = f"project {code(cap.name)}" if cap.measure is Measure.PROJECT else code(cap.name)
    then = f", then {code(cap.fallback_model)}" if cap.fallback_model else ""
    return f"{number(cap.tokens)} of {what} a {cap.period} {whose}{then}"


def _counts(models: Sequence[str]) -> str:
    """Which of the models used lately it counts."""
    if not models:
        return "None of the models used in the last 30 days is one of them; it waits for one"
    named = [code(model) for model in models[:_MODELS_NAMED_MAX]]
    more = len(models) - len(named)
    rest = [f"{more:,} more"] if more else []
    return f"Of the models used in the last 30 days it counts {listed([*named, *rest])}"


def _drop(team_id: TeamId, cap: Cap) -> Block:
    question = confirm(
        "Remove the cap?",
        "It stops at once. Nothing else changes.",
        yes="Remove it",
        no="Keep it",
    )
    return button(
        "Remove",
        Action.CAP_DROP,
        value=carried.cap(team_id, cap.cap_id),
        confirm=question,
        spoken=f"Remove the cap of {cap.name[:40]}",
    )


def _steps(seen: TeamPolicy) -> list[Block]:
    team = seen.team
    if not roles.may_for_team(seen.viewer, Deed.RUN_TEAM, team.team_id):
        return [context("Managers and admins change it")]
    question = confirm(
        "Use Everyone’s policy?",
        "The team’s own is forgotten; its caps stay.",
        yes="Use it",
        no="Keep ours",
    )
    default = button(
        "Use Everyone’s",
        Action.POLICY_DEFAULT,
        value=team.team_id,
        confirm=question,
        spoken="Let the policy of Everyone hold for this team",
    )
    return [
        actions(
            button("Change…", Action.POLICY_CHANGE, value=team.team_id, spoken="Change the policy"),
            button(
                "Add a cap…",
                Action.CAP_ADD,
                value=team.team_id,
                spoken="Cap models, or a project, of the team",
            ),
            *([default] if seen.is_own and not team.is_everyone else []),
        )
    ]
