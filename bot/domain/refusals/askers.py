"""Who asks, and why they may not."""

from dataclasses import dataclass

from bot.domain.directory import UserId
from bot.domain.refusals.refusal import Refusal
from bot.domain.roles import Deed


@dataclass(eq=False)
class NotAllowed(Refusal):
    """The actor's roles don't reach this deed for this subject."""

    deed: Deed
    subject: UserId | None = None


@dataclass(eq=False)
class ToOneself(Refusal):
    """A transfer whose two ends are one person."""


@dataclass(eq=False)
class SelfGrant(Refusal):
    """An approver who would credit themselves, by a grant or a reversal, while there are others."""

    deed: Deed


@dataclass(eq=False)
class OwnRequest(Refusal):
    """An approver who would decide their own request while there are others to ask."""
