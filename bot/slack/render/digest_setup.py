"""Setting a digest up: what is set, what was changed, and a channel that takes none."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from bot.domain.directory import Member
from bot.domain.notices import ChannelLost, DigestPlaced
from bot.domain.refusals import DigestTimeUnclear, NoChannelYet, NotAChannel, WhichTeam
from bot.domain.roles import Deed, may_for_someone
from bot.domain.teams import Team
from bot.slack.ids import COMMAND, VALUE, Action, Callback, Field
from bot.slack.render import days
from bot.slack.render.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    context,
    message,
    modal,
    plain,
    section,
)
from bot.slack.render.text import code, escape, listed, mention, team_name

#: Teams named in a refusal; more are found by `/tokens team`.
_NAMED_MAX = 8
_SPOKEN_NAME_MAX = 40


def digest_setup(
    viewer: Member, teams: Sequence[Team], *, more: int, wants_own: bool, is_unlisted: bool
) -> Message:
    """What is set, each with its buttons; whoever has no team to set up sees their own alone."""
    own = "You get your own week as a message." if wants_own else "You get no digest of your own."
    hidden = " You are never named in a team's digest." if is_unlisted else ""
    toggle = button(
        "Stop mine" if wants_own else "Send me mine weekly",
        Action.DIGEST_OWN,
        value="off" if wants_own else "on",
        spoken="Stop my own weekly digest" if wants_own else "Send me my own weekly digest",
    )
    hint = (
        f"`{COMMAND} digest show me` lets teams name you again"
        if is_unlisted
        else f"`{COMMAND} digest hide me` keeps you out of every list of people"
    )
    blocks = [block for team in teams for block in _team(team)]
    rest = (
        [context(f"{days.counted(more, 'more team')}: `{COMMAND} digest here Search` names one")]
        if more
        else []
    )
    if not may_for_someone(viewer, Deed.DIGEST):
        return message(f"{own}{hidden}", actions(toggle), context(hint))
    return message(
        "Weekly digests that you can set up.",
        *blocks,
        *rest,
        section(f"{own}{hidden}"),
        actions(toggle),
        context(
            f"`{COMMAND} digest here`, `now`, `preview`, `off`, `monday 9`, `leaderboard on`, each "
            "with a team's name where you have several",
            hint,
        ),
    )


def changed(team: Team) -> Message:
    """What is set now, after a change."""
    return message(_said(team), *_team(team)[1:])


def preview_comes(team: Team) -> Message:
    return message(f"The preview for {team_name(team.name)} comes to you as a message.")


def sent(team: Team) -> Message:
    return message(f"The digest of {team_name(team.name)} goes to <#{team.channel_id}> now.")


def own_chosen(*, wanted: bool) -> Message:
    if wanted:
        return message("Your own week comes every week as a message, to you alone.")
    return message("Your own digest stops.", context(f"`{COMMAND} digest me on` has it come again"))


def hiding_chosen(*, hidden: bool) -> Message:
    if hidden:
        return message("You are named in no digest from now on.")
    return message("Where a team shows its people, you may be named again.")


def channel_form(team: Team, *, week_on: str) -> View:
    """Which channel; the one that is set stands in it."""
    again = " The digest that could not be delivered is sent there at once." if week_on else ""
    field = {
        "type": "input",
        "block_id": Field.CHANNEL.value,
        "label": plain("Which channel?"),
        "hint": plain("A private one needs me in it: type /invite @tokenbot there."),
        "element": {
            "type": "conversations_select",
            "action_id": VALUE,
            "placeholder": plain("Choose a channel"),
            "filter": {"include": ["public", "private"], "exclude_bot_users": True},
            **({"initial_conversation": team.channel_id} if team.channel_id else {}),
        },
        "optional": False,
    }
    return modal(
        "Weekly digest",
        [section(f"Where does the digest of {team_name(team.name)} go?{again}"), field],
        callback_id=Callback.DIGEST_CHANNEL,
        submit="Choose",
        metadata=json.dumps({"team_id": team.team_id, "week_on": week_on}),
    )


def refused(refusal: WhichTeam | NotAChannel | NoChannelYet | DigestTimeUnclear) -> str:
    """Why a digest can't be set up so, and how it can."""
    match refusal:
        case WhichTeam(typed, teams):
            return _which(typed, teams)
        case NotAChannel():
            return (
                "A digest goes to a channel. Type this in the one that it should go to: "
                f"`{COMMAND} digest here`."
            )
        case NoChannelYet(team):
            return (
                f"The digest of {team_name(team)} has no channel yet. Type `{COMMAND} digest here` "
                f"in one, or look first with `{COMMAND} digest preview`."
            )
        case DigestTimeUnclear(typed):
            return (
                f"I can't read a day and an hour in {code(typed)}. Write a weekday and a full "
                f"hour: `{COMMAND} digest monday 9`."
            )
        case _:
            assert_never(refusal)


def placed(notice: DigestPlaced, team: Team) -> Message:
    """The first word in a channel: what will come, when, and who wanted it."""
    return message(
        f"The weekly digest of {team_name(team.name)} comes here from now on: {when(team)}.",
        context(
            f"Chosen by {mention(notice.actor)}",
            f"`{COMMAND} digest preview` shows it before, `{COMMAND} digest off` ends it",
        ),
    )


def channel_lost(notice: ChannelLost, team: Team) -> Message:
    """For whoever can choose another channel."""
    why, mend = _WHY_LOST.get(
        notice.why, (f"Slack says `{escape(notice.why)}`", "See the channel's settings in Slack")
    )
    what = "could not be delivered" if notice.week_on else "can't come there"
    of_week = f" of {days.week(notice.week_on)}" if notice.week_on else ""
    ways = (
        f"{mend} and choose it again, or choose another: the digest is then sent at once."
        if notice.week_on
        else f"{mend}, or choose another channel."
    )
    value = f"{notice.team_id}:{notice.week_on}"
    return message(
        f"The digest of {team_name(team.name)}{of_week} {what}: <#{notice.channel}> {why}.",
        section(ways),
        actions(choose_channel(value)),
        context(f"`{COMMAND} digest off` ends the digest"),
    )


def choose_channel(value: str, label: str = "Choose a channel…") -> Block:
    """`value` is the team's id and, after a colon, the week to be sent again."""
    return button(
        label,
        Action.DIGEST_CHANNEL,
        value=value,
        spoken="Choose the channel that the digest goes to",
    )


def when(team: Team) -> str:
    """`Mondays at 09:00 (Europe/Berlin)`."""
    weekday = days.WEEKDAYS[team.digest_weekday]
    return f"{weekday}s at {team.digest_hour:02}:00 ({escape(team.zone)})"


_INVITE = "Type `/invite @tokenbot` there"
#: Why a channel takes nothing, and what to do about it.
_WHY_LOST: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "is_archived": ("is archived", "Unarchive it"),
        "channel_not_found": (
            "was deleted, or is private without me in it",
            "If it is private, type `/invite @tokenbot` there",
        ),
        "not_in_channel": ("doesn't have me in it", _INVITE),
        "restricted_action": (
            "lets only some people write, and not me",
            "Let me write there",
        ),
    }
)


def _team(team: Team) -> list[Block]:
    value = str(team.team_id)
    name = team.name[:_SPOKEN_NAME_MAX]
    steps = [
        button("Preview", Action.DIGEST_PREVIEW, value=value, spoken=f"Preview of {name}"),
        choose_channel(f"{value}:"),
    ]
    if team.channel_id:
        off = button("Turn off", Action.DIGEST_OFF, value=value, spoken=f"No digest of {name}")
        steps.append(off)
    return [section(_said(team)), actions(*steps)]


def _said(team: Team) -> str:
    name = team_name(team.name)
    if team.channel_id is None:
        return f"No weekly digest of *{name}*, until a channel is chosen."
    people = ", and names those who used most" if team.shows_leaderboard else ""
    return f"The weekly digest of *{name}* goes to <#{team.channel_id}>, {when(team)}{people}."


def _which(typed: str, teams: Sequence[str]) -> str:
    named = [code(team) for team in teams[:_NAMED_MAX]]
    more = f" and {len(teams) - _NAMED_MAX:,} more" if len(teams) > _NAMED_MAX else ""
    choice = f"{', '.join(named)}{more}" if more else listed(named, "or")
    unknown = f"No team of yours is called {code(typed)}." if typed.strip() else "Which team?"
    return f"{unknown} Name one: {choice}."
