"""Which team somebody means: by its id, by its name, by the channel they are in, or the only one.

Only teams for which they may do the deed are looked at, so that a name tells nobody more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import roles
from bot.domain.directory import Member, TeamId, UserId, WorkspaceId
from bot.domain.permission import require_for_someone
from bot.domain.refusals import TeamEnded, WhichTeam
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.storage import directory, teams
from bot.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks about which team: the one named, or that of the channel they are in."""

    actor: UserId
    typed: str = ""
    channel: str = ""
    #: A button names the team by its id.
    team_id: TeamId | None = None


def pick(tx: Transaction, workspace_id: WorkspaceId, asked: Asked, deed: Deed) -> Team:
    """The team that is meant. Raises `NotAllowed`, `WhichTeam`, `TeamEnded`."""
    person = directory.member(tx, workspace_id, asked.actor)
    require_for_someone(person, deed)
    try:
        return _picked(choosable(tx, workspace_id, person, deed), asked)
    except WhichTeam:
        if asked.team_id is not None and roles.may_for_team(person, deed, asked.team_id):
            _refuse_ended(tx, workspace_id, asked.team_id)
        raise


def pick_locked(tx: Transaction, workspace_id: WorkspaceId, asked: Asked, deed: Deed) -> Team:
    """The same, as whoever changed it last left it; who would change it too waits for us."""
    teams.lock(tx, workspace_id, pick(tx, workspace_id, asked, deed).team_id)
    return pick(tx, workspace_id, asked, deed)


def choosable(tx: Transaction, workspace_id: WorkspaceId, person: Member, deed: Deed) -> list[Team]:
    """The teams for which a person may do the deed, by name."""
    if not roles.may_for_someone(person, deed):
        return []
    every = teams.every(tx, workspace_id)
    return [one for one in every if roles.may_for_team(person, deed, one.team_id)]


def _refuse_ended(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> None:
    """Since the button or form was shown. Raises `TeamEnded`."""
    found = teams.team(tx, workspace_id, team_id)
    if found is not None and found.ended_at is not None:
        raise TeamEnded(found.name)


def _picked(mine: Sequence[Team], asked: Asked) -> Team:
    named = " ".join(asked.typed.split()).casefold()
    if asked.team_id is not None:
        fitting = [one for one in mine if one.team_id == asked.team_id]
    elif named:
        fitting = [one for one in mine if one.name.casefold() == named]
    else:
        here = [one for one in mine if one.channel_id and one.channel_id == asked.channel]
        fitting = here if len(here) == 1 else list(mine)
    if len(fitting) != 1:
        raise WhichTeam(asked.typed, tuple(one.name for one in mine))
    return fitting[0]
