"""What is told because its time has come."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.allowances import AllowanceId
from bot.domain.directory import UserId
from bot.domain.ledger import AccountId, EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceBegun:
    """A rule credited the recipient for the first time; later credits of it are not told."""

    recipient: UserId
    allowance_id: AllowanceId
    entry_id: EntryId
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceUnfunded:
    """A pool or its budget has too little for a rule's period: nobody of the team was credited."""

    recipient: UserId
    allowance_id: AllowanceId
    #: The period's first day, as in 2026-03-01.
    period_on: str
    needed: int
    #: What the pool has, or what its budget has left.
    available: int
    #: The day on which its budget begins anew, where that is what is short.
    budget_until: str | None = None
    #: Who can fill the pool and raise its budget: the recipient alone where they can.
    admins: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LowBalance:
    """An account passed a threshold (`domain.alerts`); told with the figures of that moment."""

    recipient: UserId
    account: AccountId
    threshold: int
    #: The first day of the period.
    period_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensExpire:
    """Tokens of the recipient expire on this day, in UTC, unless they are used before."""

    recipient: UserId
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadReported:
    """An admin learns what could not be delivered since the last report: how many, by reason."""

    recipient: UserId
    reasons: Mapping[str, int]
