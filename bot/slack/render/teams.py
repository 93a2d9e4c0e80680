"""Teams: one as it stands, all of them, and what was changed."""

import json
from collections.abc import Sequence

from bot.domain import roles
from bot.domain.directory import Member, UserId
from bot.domain.roles import Deed
from bot.domain.teams import Team, TeamView
from bot.slack.ids import COMMAND, Action
from bot.slack.render import days
from bot.slack.render.blocks import (
    Block,
    Message,
    actions,
    button,
    confirm,
    context,
    message,
    section,
)
from bot.slack.render.blocks import lines as lines_of
from bot.slack.render.digest_setup import when
from bot.slack.render.text import code, escape, listed, mention, number, team_name, tokens

#: Teams in a list; more are found by their names.
LISTED_MAX = 20
_LABEL_MAX = 40
#: People named in a line.
_NAMED_MAX = 5


def team_list(viewer: Member, found: Sequence[TeamView]) -> Message:
    """All teams in lines, each with what its manager would look for first."""
    lines = [f"• {_line(one)}" for one in found[:LISTED_MAX]]
    return message(
        f"{days.counted(len(found), 'team')}{first_of(len(found))}.",
        *lines_of(lines),
        context(f"`{COMMAND} team ml-platform` opens any of them by its name"),
        *making(viewer),
    )


def first_of(count: int) -> str:
    """`; here are the first 20 by name`, where there are more than are listed."""
    return f"; here are the first {LISTED_MAX} by name" if count > LISTED_MAX else ""


def created(made: TeamView) -> Message:
    """What there is now, and what comes next."""
    team = made.team
    name = team_name(team.name)
    inside = named(made) if made.people else "nobody is in it yet"
    typed = typed_name(team)
    return message(
        f"*{name}* is there: {inside}; {_managers(made)}.",
        actions(
            people_button(team),
            settings_button(team),
            allowance_button(team),
        ),
        context(
            f"Its days are those of {escape(team.zone)}",
            f"`{COMMAND} team zone {typed} Europe/Berlin` changes that",
            f"`{COMMAND} digest here {typed}` in its channel",
        ),
    )


def managers_changed(shown: TeamView) -> Message:
    if shown.team.is_everyone:  # it has no pool
        verb = "decides" if len(shown.managers) == 1 else "decide"
        who = f"{some_people(shown.managers)} {verb}" if shown.managers else "Admins decide"
        return message(
            f"{who} the requests of everyone without a team of their own.",
            context(f"`{COMMAND} team` shows all teams, and who looks after each"),
        )
    return message(
        f"*{team_name(shown.team.name)}*: {_managers(shown)}.",
        context("They decide its requests, grant from its pool and see its people's figures"),
    )


def renamed(team: Team, before: str) -> Message:
    return message(f"*{team_name(before)}* is called *{team_name(team.name)}* now.")


def settings_changed(team: Team) -> Message:
    """What is set now."""
    place = f"<#{team.channel_id}>, {when(team)}" if team.channel_id else "none yet"
    shown = "may name those who used most" if team.shows_leaderboard else "names nobody"
    return message(
        f"*{team_name(team.name)}* goes by the days of {escape(team.zone)}.",
        section(f"Weekly digest: {place}; it {shown}."),
        context("Allowances keep their days, which begin in this zone from now on"),
    )


def ended(before: TeamView) -> Message:
    back = f" {number(before.pool)} went from its pool back to the treasury." if before.pool else ""
    return message(
        f"*{team_name(before.team.name)}* has ended. {_back(before)}{back}",
        context("What they have stays theirs. The history keeps all of it"),
    )


def _back(before: TeamView) -> str:
    return f"{_count(before.people)} back in *Everyone*." if before.people else "Nobody was in it."


def to_end(shown: TeamView) -> Message:
    """What ending a team takes along, before it is done."""
    team = shown.team
    lines = [
        f"{_count(shown.people)} back in *Everyone*; who looks after that decides their requests.",
        *([f"{number(shown.pool)} of its pool go back to the treasury."] if shown.pool else []),
        *(["Its allowances credit nobody any more."] if shown.rules else []),
        *(["Its weekly digest stops."] if team.channel_id else []),
    ]
    return message(
        f"End *{team_name(team.name)}*? Nothing is changed yet.",
        section("\n".join(f"• {line}" for line in lines)),
        actions(
            button(
                "End the team",
                Action.TEAM_END,
                value=str(team.team_id),
                style="danger",
                spoken=f"End the team {team.name[:_LABEL_MAX]}",
                confirm=confirm(
                    "End the team?",
                    f"{team_name(team.name)} can't be brought back.",
                    yes="End it",
                    no="Keep it",
                ),
            ),
            leave_button(),
        ),
    )


def kept() -> Message:
    return message("Nothing was changed.")


def to_follow(team: Team, inside: int, *, usergroup_id: str, handle: str) -> Message:
    """Before a user group takes over: whoever isn't in it leaves."""
    value = json.dumps({"team": team.team_id, "id": usergroup_id, "handle": handle})
    group = code("@" + handle)
    return message(
        f"Let {group} say who is in *{team_name(team.name)}*? Nothing is changed yet.",
        section(
            f"Of the {days.counted(inside, 'member')} it has, those who aren't in {group} leave. "
            "They keep what they have, but what an allowance that gives back has left goes back. "
            "Whoever is in another team stays there."
        ),
        actions(
            button(
                "Follow the group",
                Action.TEAM_FOLLOW,
                value=value,
                style="primary",
                spoken="Let the user group say who is in the team",
            ),
            leave_button(),
        ),
    )


def follows(team: Team) -> Message:
    group = code("@" + team.usergroup_handle)
    return message(
        f"*{team_name(team.name)}* follows {group} from now on. I read the group and tell you who "
        "came and went.",
        context(f"`{COMMAND} team unfollow {typed_name(team)}` ends that"),
    )


def unfollowed(team: Team) -> Message:
    return message(
        f"*{team_name(team.name)}* follows no user group any more. Whoever is in it stays.",
        context(f"People come and go by hand: `{COMMAND} team add {typed_name(team)} @ana`"),
    )


def making(viewer: Member) -> list[Block]:
    if not roles.may_for_someone(viewer, Deed.MAKE_TEAM):
        return []
    return [actions(button("New team…", Action.TEAM_NEW, spoken="Make a new team"))]


def open_button(team: Team) -> Block:
    spoken = f"Open the team {team.name[:_LABEL_MAX]}"
    return button("Open", Action.TEAM_OPEN, value=str(team.team_id), spoken=spoken)


def people_button(team: Team) -> Block:
    spoken = f"Who is in {team.name[:_LABEL_MAX]}"
    return button("People…", Action.TEAM_PEOPLE, value=str(team.team_id), spoken=spoken)


def settings_button(team: Team) -> Block:
    spoken = f"Settings of {team.name[:_LABEL_MAX]}"
    return button("Settings…", Action.TEAM_SETTINGS, value=str(team.team_id), spoken=spoken)


def _line(one: TeamView) -> str:
    pool = "" if one.pool is None else f", pool {tokens(one.pool)}"
    managers = f", {some_people(one.managers)}" if one.managers else ""
    return f"*{team_name(one.team.name)}*: {inside(one.people)}{pool}{managers}"


def named(shown: TeamView) -> str:
    """`3 people: @ana, @ben and @mia`, `40 people: @ana, @ben and 38 more`."""
    if not shown.people:
        return "Nobody is in it yet"
    if not shown.shown:
        return inside(shown.people)
    rest = shown.people - len(shown.shown)
    names = [mention(user_id) for user_id in shown.shown]
    return f"{inside(shown.people)}: {listed([*names, *([f'{rest:,} more'] if rest else [])])}"


def inside(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _count(count: int) -> str:
    return "1 person is" if count == 1 else f"{count:,} people are"


def _managers(shown: TeamView) -> str:
    if not shown.managers:
        return "nobody manages it, so admins decide"
    return f"{some_people(shown.managers)} look{'s' if len(shown.managers) == 1 else ''} after it"


def typed_name(team: Team) -> str:
    """Its name as one types it: in quotes where it has spaces."""
    name = team_name(team.name)
    return f'"{name}"' if " " in name else name


def leave_button() -> Block:
    return button("Cancel", Action.TEAM_KEEP, spoken="Cancel: leave everything as it is")


def allowance_button(team: Team) -> Block:
    spoken = f"A new allowance for {team.name[:_LABEL_MAX]}"
    value = f"team:{team.team_id}"
    return button("New allowance…", Action.OPEN_ALLOWANCE, value=value, spoken=spoken)


def usage_button(team: Team) -> Block:
    """Its last seven days, from where other days are a click away."""
    spoken = f"Usage of {team.name[:_LABEL_MAX]}"
    return button("Usage", Action.TEAM_USAGE, value=f"team:{team.team_id}", spoken=spoken)


def some_people(user_ids: Sequence[UserId]) -> str:
    """The first few by name, the others counted."""
    named, rest = user_ids[:_NAMED_MAX], len(user_ids) - _NAMED_MAX
    more = [f"{rest:,} more"] if rest > 0 else []
    return listed([*(mention(one) for one in named), *more])
