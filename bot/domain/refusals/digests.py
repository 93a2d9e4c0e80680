"""Why a digest can't be set up or sent as somebody said."""

from dataclasses import dataclass

from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class WhichTeam(Refusal):
    """No team was named where there are several, or none that is called so."""

    typed: str
    #: Those the person may choose from.
    teams: tuple[str, ...]


@dataclass(eq=False)
class NotAChannel(Refusal):
    """The command was typed in a direct message."""


@dataclass(eq=False)
class NoChannelYet(Refusal):
    """A digest was to be sent, and nobody has chosen where to."""

    team: str


@dataclass(eq=False)
class DigestTimeUnclear(Refusal):
    """`typed` is no weekday and hour."""

    typed: str
