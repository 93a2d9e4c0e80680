"""Who comes into a team and who leaves it, and what that takes along."""

import json

from bot.domain.directory import EVERYONE, TeamId
from bot.domain.moves import Moving
from bot.slack.ids import Action
from bot.slack.render import days
from bot.slack.render.allowance_terms import how_much
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    message,
)
from bot.slack.render.blocks import lines as lines_of
from bot.slack.render.teams import leave_button, some_people
from bot.slack.render.text import mention, number, team_name

_LABEL_MAX = 40
#: Of what a move takes along; each rule and each team it is about has a line.
_LINES_MAX = 40
#: People whose tokens that go back are shown one by one.
_SHOWN_MAX = 10


def moving(seen: Moving) -> Message:
    """Who would come and go and what that takes along, before it is done."""
    value = json.dumps(
        {"team": seen.team.team_id, "in": list(seen.joining), "out": list(seen.leaving)},
        separators=(",", ":"),
    )
    what = " and ".join(_moves(seen, would=True))
    return message(
        f"{what[:1].upper()}{what[1:]}. Nothing is changed yet.",
        *_consequences(seen),
        actions(
            button(
                "Do it",
                Action.TEAM_MOVE,
                value=value,
                style="primary",
                spoken=f"Change who is in {seen.team.name[:_LABEL_MAX]}",
            ),
            leave_button(),
        ),
    )


def moved(seen: Moving) -> Message:
    """Who came and went."""
    if not seen.joining and not seen.leaving:
        return message(f"All of them are in *{team_name(seen.team.name)}* already.")
    what = " and ".join(_moves(seen, would=False))
    return message(f"{what[:1].upper()}{what[1:]}.", *_consequences(seen))


def _moves(seen: Moving, *, would: bool) -> list[str]:
    name = f"*{team_name(seen.team.name)}*"
    verb = "would " if would else ""
    come, go = ("come", "leave") if would else ("came", "left")
    parts = []
    if seen.joining:
        parts.append(f"{some_people(seen.joining)} {verb}{come} to {name}")
    if seen.leaving:
        parts.append(f"{some_people(seen.leaving)} {verb}{go} {name}")
    return parts


def _consequences(seen: Moving) -> list[Block]:
    """What each loses and gets: by rule, and what goes back at once."""
    lines: list[str] = []
    for team_id in dict.fromkeys(team.team_id for team in seen.before.values()):
        rules = seen.rules.get(team_id, ())
        who = [one for one, team in seen.before.items() if team.team_id == team_id]
        name = next(team.name for team in seen.before.values() if team.team_id == team_id)
        lines.extend(
            f"{some_people(who)}: no more {how_much(rule)} of {team_name(name)}; what they have "
            f"of it {'goes back' if rule.returns_on_leaving else 'stays theirs until it expires'}."
            for rule in rules
        )
    rest = len(seen.going_back) - _SHOWN_MAX
    if rest > 0:
        total = number(sum(one.tokens for one in seen.going_back))
        lines.append(f"{total} unspent go back in all.")
    lines.extend(
        f"{number(one.tokens)} of {mention(one.user_id)} unspent go back to {_source(one.source)}."
        for one in seen.going_back[:_SHOWN_MAX]
    )
    if rest > 0:
        left = sum(one.tokens for one in seen.going_back[_SHOWN_MAX:])
        lines.append(f"{number(left)} of {days.counted(rest, 'other')} go back too.")
    joined = seen.rules.get(seen.team.team_id, ()) if seen.joining else ()
    lines.extend(
        f"{some_people(seen.joining)}: from now on {how_much(rule)} of {team_name(seen.team.name)}."
        for rule in joined
    )
    away = seen.rules.get(TeamId(EVERYONE), ()) if seen.leaving else ()
    lines.extend(
        f"{some_people(seen.leaving)}: from now on {how_much(rule)} of Everyone." for rule in away
    )
    left_out = len(lines) - _LINES_MAX
    more = [f"and {left_out} more"] if left_out > 0 else []
    return lines_of([*(f"• {line}" for line in lines[:_LINES_MAX]), *more])


def _source(account: str) -> str:
    return "the team's pool" if account.startswith("pool:") else "the treasury"
