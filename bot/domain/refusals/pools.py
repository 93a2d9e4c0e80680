"""What a team's pool doesn't allow."""

from dataclasses import dataclass

from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class PoolShort(Refusal):
    """A pool has less than was to leave it; nothing was moved."""

    team: str
    needed: int
    #: What it has available.
    available: int


@dataclass(eq=False)
class NoPool(Refusal):
    """*Everyone* has no pool: the treasury pays for it."""
