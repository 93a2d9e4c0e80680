"""A team as it stands, with what there is to do about it; and all teams, to choose from."""

import json
from collections.abc import Sequence

from bot.domain import amounts, roles
from bot.domain.allowances import SubjectKind
from bot.domain.directory import Member
from bot.domain.roles import Deed
from bot.domain.teams import Team, TeamView
from bot.slack.ids import COMMAND, Action, Callback
from bot.slack.render import buttons, days
from bot.slack.render.allowance_terms import how_much
from bot.slack.render.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    divider,
    facts,
    header,
    message,
    modal,
    section,
)
from bot.slack.render.digest_setup import choose_channel, when
from bot.slack.render.teams import (
    LISTED_MAX,
    allowance_button,
    first_of,
    making,
    named,
    open_button,
    people_button,
    settings_button,
    some_people,
    usage_button,
)
from bot.slack.render.text import code, escape, listed, team_name, tokens

#: Allowances of a team that its panel names.
_RULES_MAX = 10


def panel(viewer: Member, shown: TeamView) -> View:
    """A team as it stands, with what this person may do about it."""
    return modal(
        "Team",
        _team(viewer, shown),
        callback_id=Callback.TEAM,
        close="Close",
        metadata=json.dumps({"team_id": shown.team.team_id}),
    )


def panels(viewer: Member, found: Sequence[Team]) -> View:
    """The teams from which a person chooses one."""
    listing: list[Block] = [
        section(f"*{team_name(team.name)}*", accessory=open_button(team))
        for team in found[:LISTED_MAX]
    ]
    way = f"Close this and type `{COMMAND} team ml-platform` to open any of the others by its name"
    more = [context(way)] if len(found) > LISTED_MAX else []
    return modal(
        "Teams",
        [
            section(f"You see {days.counted(len(found), 'team')}{first_of(len(found))}."),
            *listing,
            *more,
            *making(viewer),
        ],
        callback_id=Callback.TEAM,
        close="Close",
    )


def own_team(shown: TeamView | None) -> Message:
    """For whoever looks after none: the team they are in, and who looks after it."""
    if shown is None or shown.team.is_everyone:
        decide = _deciders(shown) if shown else "Admins decide your requests."
        return message(
            f"You are in no team of your own, so you count to *Everyone*. {decide}",
            context(f"`{COMMAND} allowance` shows what comes to you"),
        )
    team = shown.team
    return message(
        f"You are in *{team_name(team.name)}*{_with_others(shown.people - 1)}.",
        section(_deciders(shown)),
        context(f"Days there are those of {escape(team.zone)}", f"`{COMMAND} allowance` has yours"),
    )


def _team(viewer: Member, shown: TeamView) -> list[Block]:
    team = shown.team
    place = f"<#{team.channel_id}>, {when(team)}" if team.channel_id else "No channel yet"
    leaders = "; names those who used most" if team.channel_id and team.shows_leaderboard else ""
    pool = "The treasury pays" if shown.pool is None else f"{tokens(shown.pool)}{_budget(shown)}"
    return [
        header(team.name),
        section(f"{named(shown)}."),
        facts(
            ("Managers", some_people(shown.managers) if shown.managers else "None: admins decide"),
            ("Pool", pool),
            ("Allowances", _rules(shown)),
            ("Time zone", escape(team.zone)),
            ("Weekly digest", f"{place}{leaders}"),
            ("User group", code("@" + team.usergroup_handle) if team.usergroup_id else "None"),
        ),
        *_steps(viewer, team),
    ]


def _budget(shown: TeamView) -> str:
    """What of its budget is spent: `Budget: 400k of 10M spent this month`."""
    if shown.budget is None:
        return ""
    whole, spent = amounts.short(shown.budget.budget.tokens), amounts.short(shown.budget.spent)
    return f"\nBudget: {spent} of {whole} spent this {shown.budget.budget.period}"


def _steps(viewer: Member, team: Team) -> list[Block]:
    if not roles.may_for_team(viewer, Deed.RUN_TEAM, team.team_id):
        return [*_usage(viewer, team), context("Managers and admins change it")]
    value = str(team.team_id)
    group = button(
        "Stop following the group",
        Action.TEAM_UNFOLLOW,
        value=value,
        spoken="Let people come and go by hand",
    )
    by_hand = [group] if team.usergroup_id else [people_button(team)]
    first = [*([] if team.is_everyone else by_hand), settings_button(team)]
    channel = choose_channel(f"{value}:", label="Channel for the digest…")
    naming = (
        [
            button(
                "Managers…",
                Action.TEAM_MANAGERS,
                value=value,
                spoken="Who looks after the team",
            )
        ]
        if roles.may_for_team(viewer, Deed.MAKE_TEAM, team.team_id)
        else []
    )
    return [
        divider(),
        *_usage(viewer, team),
        actions(*first, *naming, _policy_button(team)),
        actions(allowance_button(team), _all_allowances()),
        *_pool_steps(viewer, team),
        actions(channel, _preview_button(team)),
    ]


def _usage(viewer: Member, team: Team) -> list[Block]:
    """What most people open a team for, so it stands first."""
    may_see = roles.may_for_team(viewer, Deed.SEE_USAGE, team.team_id)
    return [actions(usage_button(team))] if may_see else []


def _preview_button(team: Team) -> Block:
    return button(
        "Preview the digest",
        Action.DIGEST_PREVIEW,
        value=str(team.team_id),
        spoken="Preview of the team's weekly digest",
    )


def _all_allowances() -> Block:
    return button("All allowances", Action.TEAM_ALLOWANCES, spoken="See, change and end allowances")


def _policy_button(team: Team) -> Block:
    return button(
        "Policy…",
        Action.POLICY_OPEN,
        value=team.team_id,
        spoken="What limits calls of the team's people",
    )


def _pool_steps(viewer: Member, team: Team) -> list[Block]:
    if team.is_everyone or not roles.may_for_team(viewer, Deed.FILL_POOL, team.team_id):
        return []
    value = str(team.team_id)
    return [
        actions(
            buttons.fill_pool(team.team_id),
            button(
                "Budget…",
                Action.TEAM_BUDGET,
                value=value,
                spoken="What may leave the team's pool in a period",
            ),
        )
    ]


def _with_others(count: int) -> str:
    if count < 1:
        return ", so far alone"
    return ", with 1 other" if count == 1 else f", with {count:,} others"


def _deciders(shown: TeamView) -> str:
    if not shown.managers:
        return "Admins decide your requests."
    verb = "decides" if len(shown.managers) == 1 else "decide"
    return f"{some_people(shown.managers)} {verb} your requests."


def _rules(shown: TeamView) -> str:
    said = [
        how_much(rule) + (" each" if rule.subject.kind is SubjectKind.TEAM else " into its pool")
        for rule in shown.rules[:_RULES_MAX]
    ]
    left_out = len(shown.rules) - _RULES_MAX
    return listed([*said, *([f"{left_out} more"] if left_out > 0 else [])]) if said else "None"
