"""What is told in words that need no look at anything but the notice."""

from bot.domain.notices import (
    DeadReported,
    EntryReversed,
    GroupLost,
    GroupRead,
    LiftTold,
    LimitMet,
    StandInTold,
    TeamTold,
    TokensReceived,
)
from bot.domain.teams import Team
from bot.slack.render import messages
from bot.slack.render.messages import Message


def said(
    notice: TokensReceived | EntryReversed | StandInTold | DeadReported | LimitMet | LiftTold,
) -> Message:
    """What says all of itself."""
    match notice:
        case TokensReceived():
            return messages.tokens_received(notice)
        case EntryReversed():
            return messages.entry_reversed(notice)
        case StandInTold():
            return messages.stand_in_told(notice)
        case DeadReported():
            return messages.dead_reported(notice)
        case LimitMet():
            return messages.limit_met(notice)
        case LiftTold():
            return messages.lift_told(notice)


def of_team(notice: TeamTold | GroupRead | GroupLost, team: Team) -> Message:
    """What is told of a team by its name."""
    match notice:
        case TeamTold():
            return messages.team_told(notice, team)
        case GroupRead():
            return messages.group_read(notice, team)
        case GroupLost():
            return messages.group_lost(notice, team)
