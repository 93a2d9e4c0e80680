"""What Home shows to approvers and admins: requests to decide, their teams, what is not set up."""

from collections.abc import Sequence
from typing import assert_never

from bot.domain import amounts
from bot.domain.directory import EVERYONE
from bot.domain.home import NEAR_DAYS, Glance, Home, Queue, Step, Waiting
from bot.slack.ids import COMMAND, Action
from bot.slack.render import allowance_buttons, buttons, days
from bot.slack.render.blocks import Block, button, context, divider, quote, section
from bot.slack.render.digest_setup import choose_channel
from bot.slack.render.teams import open_button
from bot.slack.render.text import mention, moment, team_name, tokens
from bot.slack.render.topups import deciding, urgency


def queue(waiting: Queue | None) -> list[Block]:
    """The oldest requests with their buttons, and how many more there are."""
    if waiting is None:
        return []
    if not waiting.count:
        return [
            divider(),
            section("*Waiting for you*\nNothing: every request that came to you is decided."),
        ]
    more = waiting.count - len(waiting.first)
    counted = days.counted(waiting.count, "open request")
    order = ", the oldest first" if waiting.count > 1 else ""
    return [
        divider(),
        section(f"*Waiting for you*\n{counted}{order}"),
        *(block for one in waiting.first for block in _request(one)),
        *([section(f"And {more:,} more", accessory=buttons.all_requests())] if more else []),
    ]


def glances(shown: Home) -> list[Block]:
    """Each team in a few lines; who sees none gets nothing."""
    if not shown.glances:
        return []
    more = days.counted(shown.more_teams, "more team")
    rest = [context(f"{more}: `{COMMAND} team`")] if shown.more_teams else []
    heading = "Your team" if len(shown.glances) == 1 and not shown.more_teams else "Your teams"
    return [
        divider(),
        section(f"*{heading}, the last 7 days*"),
        *(_glance(one) for one in shown.glances),
        *rest,
    ]


def missing(steps: Sequence[Step]) -> list[Block]:
    """What nobody has set up, each with the form that does it."""
    if not steps:
        return []
    return [divider(), section("*Still to set up*"), *(_step(step) for step in steps)]


def _request(one: Waiting) -> list[Block]:
    topup = one.topup
    return [
        section(f"{mention(topup.requester)} asks for {tokens(topup.tokens)}."),
        *quote(topup.note),
        context(
            f"Has {amounts.short(one.available)} available",
            f"Needed {urgency(topup.urgency)}",
            f"Asked {moment(topup.asked_at)}",
        ),
        deciding(topup),
    ]


def _glance(one: Glance) -> Block:
    team = one.team
    people = "1 person" if one.people == 1 else f"{one.people:,} people"
    pool = [] if one.pool is None else [f"{amounts.short(one.pool)} left in the pool"]
    used = f"{amounts.short(one.used)} used" if one.used else "Nothing used"
    figures = " · ".join([used, *pool, people])
    lines = [f"*{team_name(team.name)}*", figures, *_near(one)]
    return section("\n".join(lines), accessory=open_button(team))


def _near(one: Glance) -> list[str]:
    """Who may need tokens soon, so that nobody has to ask late."""
    if not one.near:
        return []
    named = [f"{mention(near.user_id)} {amounts.short(near.available)}" for near in one.near]
    more = one.near_count - len(one.near)
    named += [f"{more:,} more"] if more else []
    return [f"Less than {NEAR_DAYS} days left at this pace: {', '.join(named)}"]


def _step(step: Step) -> Block:
    match step:
        case Step.CHANNEL:
            return section(
                "*A channel for the weekly digest*\nUntil there is one, no digest is sent.",
                accessory=choose_channel(f"{EVERYONE}:"),
            )
        case Step.APPROVERS:
            return section(
                "*Approvers*\nUntil somebody is named, Slack's admins decide all requests.",
                accessory=button(
                    "Choose approvers…",
                    Action.TEAM_MANAGERS,
                    value=EVERYONE,
                    spoken="Choose who decides requests",
                ),
            )
        case Step.ALLOWANCE:
            return section(
                "*An allowance for everyone*\nUntil there is one, people have what they are given.",
                accessory=allowance_buttons.new(f"team:{EVERYONE}"),
            )
        case _:
            assert_never(step)
