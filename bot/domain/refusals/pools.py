"""What a team's pool doesn't allow."""

from dataclasses import dataclass
from datetime import date

from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class PoolShort(Refusal):
    """A pool has less than was to leave it; nothing was moved."""

    team: str
    needed: int
    #: What it has available, or what its budget has left.
    available: int
    #: The day on which its budget begins anew, where that is what is short.
    budget_until: date | None = None


@dataclass(eq=False)
class NoPool(Refusal):
    """*Everyone* has no pool: the treasury pays for it."""
