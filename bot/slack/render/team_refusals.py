"""Why a team can't be made or changed so, and how it can."""

from typing import assert_never

from bot.domain.refusals import (
    EveryoneStays,
    GroupDecides,
    GroupTaken,
    InAnotherTeam,
    NameFault,
    NobodyNamed,
    NotAGroup,
    NotAManager,
    NotInTeam,
    TeamEnded,
    TeamNameRefused,
    TeamNameTaken,
    ZoneUnknown,
)
from bot.domain.teams import NAME_MAX
from bot.slack.ids import COMMAND
from bot.slack.render.text import code, mention, team_name

TeamRefusal = (
    TeamNameRefused
    | TeamNameTaken
    | ZoneUnknown
    | EveryoneStays
    | TeamEnded
    | NobodyNamed
    | InAnotherTeam
    | NotInTeam
    | NotAManager
    | GroupDecides
    | GroupTaken
    | NotAGroup
)


def refused(refusal: TeamRefusal) -> str:
    """Sentences in mrkdwn, what was typed in them escaped."""
    match refusal:
        case TeamNameRefused(typed, fault):
            return _name(typed, fault)
        case TeamNameTaken(name):
            return f"There is a team {code(name)} already. Choose another name."
        case ZoneUnknown(typed, nearest):
            meant = f" Did you mean {code(nearest)}?" if nearest else ""
            return (
                f"I know no time zone {code(typed)}.{meant} Write it like `Europe/Berlin` or "
                "`America/New_York`."
            )
        case EveryoneStays():
            return (
                "Whoever is in no other team is in *Everyone*: it can't be renamed or ended, and "
                "nobody is put into it by hand. To take people out of a team, type "
                f"`{COMMAND} team remove` and the team."
            )
        case TeamEnded(team):
            return (
                f"The team {team_name(team)} has ended, so nothing was changed. `{COMMAND} team` "
                "shows the teams that there are."
            )
        case _:
            return _people(refusal)


def _people(  # noqa: PLR0911 (a case and a return for each)
    refusal: NobodyNamed
    | InAnotherTeam
    | NotInTeam
    | NotAManager
    | GroupDecides
    | GroupTaken
    | NotAGroup,
) -> str:
    match refusal:
        case NobodyNamed(team):
            return f"Whom? Name people of {team_name(team)} with @, as in `@ana @ben`."
        case InAnotherTeam(user_id, team):
            return (
                f"{mention(user_id)} is in {team_name(team)}, and everybody has one team that pays "
                "for them. An admin, or the manager of both teams, can move them: "
                f"`{COMMAND} team add`."
            )
        case NotInTeam(user_id, team):
            return (
                f"{mention(user_id)} isn't in {team_name(team)}, so there is nothing to take out."
            )
        case NotAManager(user_id, team):
            return f"{mention(user_id)} doesn't manage {team_name(team)}: nothing to take back."
        case GroupDecides(team, group):
            return (
                f"Who is in {team_name(team)} follows the group {code('@' + group)}. Change that "
                f"group in Slack, or let people come and go by hand: `{COMMAND} team unfollow "
                f"{team_name(team)}`."
            )
        case GroupTaken(group, team):
            return (
                f"The group {code('@' + group)} says who is in {team_name(team)} already, and "
                "everybody has one team that pays for them. Choose another group."
            )
        case NotAGroup(typed):
            what = f"{code(typed)} is no user group." if typed else "Which user group?"
            return f"{what} Name one with @, as in `{COMMAND} team follow ml-platform @ml-eng`."
        case _:
            assert_never(refusal)


def _name(typed: str, fault: NameFault) -> str:
    match fault:
        case NameFault.EMPTY:
            return f"What is the team called? Write `{COMMAND} team create ml-platform @ana @ben`."
        case NameFault.TOO_LONG:
            return f"A team's name has at most {NAME_MAX} characters; {code(typed)} has more."
        case NameFault.UNREADABLE:
            return (
                f"A team can't be called {code(typed)}: a name begins with a letter and has no "
                "quotes, backticks or angle brackets."
            )
        case _:
            assert_never(fault)
