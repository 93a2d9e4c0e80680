"""What people are told of limits that their calls met."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.domain.directory import UserId
from bot.domain.limits import Limit, Measure


class Met(StrEnum):
    """What became of a call that does not fit."""

    REFUSED = "refused"
    #: It passed, since the policy only warns.
    WARNED = "warned"
    #: It passed by the policy's grace.
    GRACED = "graced"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitMet:
    """A call of the recipient's did not fit. All is as it was then."""

    recipient: UserId
    met: Met
    needed: int
    model: str
    #: The tightest limit that it does not fit.
    measure: Measure
    name: str
    #: The time in which that counts.
    span: str
    most: int
    used: int
    grace: int
    #: Seconds since 1970.
    frees_at: int | None
    at: int
    #: Whether an advance is on offer, which may let the next call pass.
    has_advance: bool = False
    #: A cap of all teams together.
    is_of_all: bool = False

    @property
    def limit(self) -> Limit:
        return Limit(
            measure=self.measure,
            name=self.name,
            period=self.span,
            most=self.most,
            used=self.used,
            grace=self.grace,
            frees_at=None if self.frees_at is None else datetime.fromtimestamp(self.frees_at, UTC),
            is_of_all=self.is_of_all,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftTold:
    """An approver lifted what refuses the recipient's calls, or ended that."""

    recipient: UserId
    actor: UserId
    #: Seconds since 1970; None where the limits hold again.
    until: int | None


def limit_met(
    recipient: UserId,
    met: Met,
    limit: Limit,
    *,
    needed: int,
    model: str,
    now: datetime,
    has_advance: bool = False,
) -> LimitMet:
    """That a call met a limit, as the outbox keeps it."""
    return LimitMet(
        recipient=recipient,
        met=met,
        needed=needed,
        model=model,
        measure=limit.measure,
        name=limit.name,
        span=limit.period,
        most=limit.most,
        used=limit.used,
        grace=limit.grace,
        frees_at=None if limit.frees_at is None else int(limit.frees_at.timestamp()),
        at=int(now.timestamp()),
        has_advance=has_advance,
        is_of_all=limit.is_of_all,
    )
