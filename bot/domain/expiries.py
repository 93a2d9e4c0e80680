"""Tokens that expire soon, and whether that is worth a message."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.directory import UserId
from bot.domain.ledger import AccountId
from bot.domain.periods import Period

#: So long before they expire people are told, or at the last hour before that isn't quiet.
NOTICE = timedelta(days=2)
#: Lots are looked at so long before: a notice, and the longest that hours and weekends are quiet.
LOOKED_AT = timedelta(days=6)

_PART_OF_LOTS = 20
_PART_OF_AVAILABLE = 10
_PER_CENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A lot with the rule that made it, if one did."""

    account: AccountId
    tokens: int
    remaining: int
    expires_at: datetime
    allowance_id: str | None = None
    #: None too where the rule makes no further lot.
    period: Period | None = None
    #: What carries over to the next period; None for all of it.
    carry_max: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """What of an account expires at a moment, unless it is used before."""

    account: AccountId
    #: Less what carries over.
    tokens: int
    #: What the lots held when they were new.
    size: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryTold:
    """What a notice of tokens that expire says, as things stand when it is delivered."""

    recipient: UserId
    expiring: Expiring
    available: int


def expiring(lots: Iterable[Lot]) -> Expiring | None:
    """Of the lots of one account and day, what carries over nowhere and is renewed by no week.

    A weekly allowance that is not used up would tell every week; it comes again in two days.
    """
    kept = [lot for lot in lots if lot.period is not Period.WEEK and lot.carry_max is not None]
    by_rule: dict[str | None, list[Lot]] = {}
    for lot in kept:
        by_rule.setdefault(lot.allowance_id, []).append(lot)
    tokens = sum(_lost(found) for found in by_rule.values())
    if tokens <= 0:
        return None
    return Expiring(
        account=kept[0].account,
        tokens=tokens,
        size=sum(lot.tokens for lot in kept),
        expires_at=min(lot.expires_at for lot in kept),
    )


def is_worth_telling(found: Expiring, available: int) -> bool:
    """A fifth of the lots, or a tenth of all one has: a few tokens are no news."""
    is_much_of_lots = found.tokens * _PER_CENT >= _PART_OF_LOTS * found.size
    return is_much_of_lots or found.tokens * _PER_CENT >= _PART_OF_AVAILABLE * available


def _lost(lots: list[Lot]) -> int:
    carried = lots[0].carry_max or 0
    return max(0, sum(lot.remaining for lot in lots) - carried)
