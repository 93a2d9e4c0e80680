"""Limits on what is used: all that apply hold together, and the tightest refuses."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ledger import AccountId


class Measure(StrEnum):
    """What a limit counts."""

    #: What a person, or a team's pool for its services, has available.
    ALLOWANCE = "allowance"
    #: One call.
    REQUEST = "request"
    #: What a person uses in a day, a pace that protects the week.
    DAY = "day"
    #: What a person uses of some models.
    MODEL = "model"
    #: What a team uses for a project.
    PROJECT = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit, and where it stands."""

    measure: Measure
    #: The pattern of models, or the project; empty for the others.
    name: str = ""
    #: The time in which it counts, as in *a week*; empty where it has none.
    period: str = ""
    #: What there is in all, and what of it is used or held.
    most: int
    used: int = 0
    #: How much may be used beyond.
    grace: int = 0
    #: When it frees up by itself; None where nobody knows, or waiting won't help.
    frees_at: datetime | None = None
    #: What a caller may use instead.
    fallback_model: str = ""
    #: *Everyone*'s cap of a project, which counts all teams together.
    is_of_all: bool = False

    @property
    def left(self) -> int:
        """What may be used still; below zero where more was used than there is."""
        return self.most - self.used

    @property
    def room(self) -> int:
        """What one call may need at most, grace included."""
        return self.left + self.grace

    def fits(self, needed: int) -> bool:
        return needed <= self.room


@dataclass(eq=False)
class LimitReached(Exception):
    """A call that may not be made."""

    account: AccountId
    needed: int
    #: The tightest of those that refuse; of two alike, the first of the chain.
    limit: Limit
    #: All that apply, as they stand.
    chain: tuple[Limit, ...]
    #: A cheaper model that may be used instead; empty where none is named.
    fallback_model: str = ""
    #: Where in Slack whoever is refused asks for more; empty where nobody knows it.
    ask_at: str = ""


def tightest(chain: Iterable[Limit], needed: int) -> Limit | None:
    """What refuses so many tokens; None where all of it fits."""
    refusing = [limit for limit in chain if not limit.fits(needed)]
    return narrowest(refusing) if refusing else None


def narrowest(chain: Iterable[Limit]) -> Limit:
    """What a call meets first as it grows; of two alike, the first of the chain."""
    return min(chain, key=lambda limit: limit.room)


def exceeded(chain: Iterable[Limit], needed: int) -> Limit | None:
    """What so many tokens go beyond, whatever grace it has; None where all of it fits."""
    beyond = [limit for limit in chain if needed > limit.left]
    return min(beyond, key=lambda limit: limit.left, default=None)
