"""Why a team can't be made or changed as somebody said."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.directory import UserId
from bot.domain.refusals.refusal import Refusal


class NameFault(StrEnum):
    """What is wrong with a team's name."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    #: It begins as a person, a channel or a number does, or has a mark that would end it.
    UNREADABLE = "unreadable"


@dataclass(eq=False)
class TeamNameRefused(Refusal):
    """No team can be called so."""

    typed: str
    fault: NameFault


@dataclass(eq=False)
class TeamNameTaken(Refusal):
    """Another team has this name."""

    name: str


@dataclass(eq=False)
class ZoneUnknown(Refusal):
    """There is no such time zone."""

    typed: str
    #: The one that was probably meant.
    nearest: str | None = None


@dataclass(eq=False)
class EveryoneStays(Refusal):
    """*Everyone* holds whoever is in no other team: it can't be renamed, ended or filled."""


@dataclass(eq=False)
class TeamEnded(Refusal):
    """A button or a form is about a team that has ended since."""

    team: str


@dataclass(eq=False)
class NobodyNamed(Refusal):
    """A command about a team's people named none."""

    team: str


@dataclass(eq=False)
class InAnotherTeam(Refusal):
    """A manager may take people in who are in no other team; an admin moves them."""

    user_id: UserId
    #: The team they are in.
    team: str


@dataclass(eq=False)
class NotInTeam(Refusal):
    """Somebody is to leave a team in which they are not."""

    user_id: UserId
    team: str


@dataclass(eq=False)
class NotAManager(Refusal):
    """Somebody is to manage a team no longer, and does not."""

    user_id: UserId
    team: str


@dataclass(eq=False)
class GroupDecides(Refusal):
    """A user group of Slack's says who is in this team."""

    team: str
    #: The group's handle.
    group: str


@dataclass(eq=False)
class GroupTaken(Refusal):
    """Another team follows this user group already."""

    group: str
    team: str


@dataclass(eq=False)
class NotAGroup(Refusal):
    """`typed` stands where a user group belongs."""

    typed: str
