"""What people hear of their teams, when somebody else changed something."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from bot.domain.directory import UserId
from bot.domain.notices import GroupLost, GroupRead, TeamNews, TeamTold
from bot.domain.teams import Team
from bot.slack.ids import COMMAND
from bot.slack.render.blocks import Message, actions, context, message, section
from bot.slack.render.teams import open_button, people_button, typed_name
from bot.slack.render.text import code, mention, team_name

#: Who moved people because a user group has them, or has them no longer.
BY_GROUP = UserId("user group")


def team_told(notice: TeamTold, team: Team) -> Message:
    """To whom it happened."""
    name = f"*{team_name(team.name)}*"
    by_group = notice.actor == BY_GROUP
    why = "a user group of Slack's says so" if by_group else f"{mention(notice.actor)} did that"
    match notice.news:
        case TeamNews.JOINED:
            words = f"You are in {name} now. Whoever looks after it decides your requests."
            hint = f"`{COMMAND} allowance` shows what comes to you"
        case TeamNews.LEFT:
            words = (
                f"You are no longer in {name}. What you have stays yours, unless its allowance "
                "takes back what is left of it."
            )
            hint = f"`{COMMAND} history` shows whether something went back"
        case TeamNews.MANAGES:
            words = (
                f"You look after {name} now: you decide its people's requests, grant from its "
                "pool, set its allowances and see its figures."
            )
            hint = f"`{COMMAND} team {typed_name(team)}` opens it"
        case TeamNews.MANAGES_NO_MORE:
            words = f"You no longer look after {name}. Thank you for doing so."
            hint = f"`{COMMAND} help` shows what you can do"
        case _:
            assert_never(notice.news)
    opened = notice.news is TeamNews.MANAGES
    return message(words, *([actions(open_button(team))] if opened else []), context(why, hint))


def group_read(notice: GroupRead, team: Team) -> Message:
    """To whoever chose the group."""
    group = code("@" + notice.handle)
    others = "1 person of it stays" if notice.elsewhere == 1 else f"{notice.elsewhere:,} stay"
    stay = f" {others} in another team, which pays for them." if notice.elsewhere else ""
    return message(
        f"*{team_name(team.name)}* follows {group}: {notice.came:,} came, {notice.went:,} left."
        f"{stay}",
        actions(open_button(team)),
    )


def group_lost(notice: GroupLost, team: Team) -> Message:
    """To whoever can choose another."""
    why = _WHY_LOST.get(notice.why, f"Slack says {code(notice.why)}")
    return message(
        f"*{team_name(team.name)}* no longer follows {code('@' + notice.handle)}: {why}.",
        section("Whoever is in the team stays. Name people by hand, or follow another group."),
        actions(people_button(team), open_button(team)),
        context(f"`{COMMAND} team follow {typed_name(team)} @group`"),
    )


_WHY_LOST: Mapping[str, str] = MappingProxyType(
    {
        "no_such_subteam": "the group is gone, or was turned off",
        "empty": "nobody is in the group any more",
        "missing_scope": (
            "I lack the permission `usergroups:read`; whoever installed me can add it and reinstall"
        ),
        "plan_upgrade_required": "this workspace's plan has no user groups",
    }
)
