"""Holds: tokens reserved for a call before it is made, until it is settled, voided or too late."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.ledger import TOKENS_MAX, AccountId

HoldId = NewType("HoldId", str)

#: How long a hold stands unless its caller says otherwise, and at most.
TTL = timedelta(minutes=10)
TTL_MAX = timedelta(days=1)
#: How much longer a hold may be made to stand, all extensions together (docs/ledger.md).
EXTENDED_MAX = timedelta(days=1)
#: Open holds of one account: a caller that never settles must not fill the books.
OPEN_MAX = 1_000


class HoldState(StrEnum):
    """What became of a hold. One that is past its end counts no more, whatever its row says."""

    OPEN = "open"
    SETTLED = "settled"
    VOIDED = "voided"
    EXPIRED = "expired"


@dataclass(eq=False)
class HoldRefused(ValueError):
    """A hold that can't be as it was asked for."""

    #: What was said of it, by its name in the API.
    field: str
    why: str

    def __str__(self) -> str:
        return f"{self.field} {self.why}"


@dataclass(eq=False)
class HoldEnded(Exception):
    """A hold that was settled, voided or too late can't be changed as if it were open."""

    hold_id: HoldId
    state: HoldState


@dataclass(eq=False)
class HoldUnknown(Exception):
    """There is no such hold, or it is not the caller's."""

    hold_id: str


@dataclass(eq=False)
class TooManyHolds(Exception):
    """The account has as many open holds as there may be."""

    account: AccountId
    most: int = OPEN_MAX


@dataclass(frozen=True, slots=True)
class OpenHold:
    """What a hold keeps of an account's tokens, and until when."""

    hold_id: HoldId
    tokens: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold as it stands."""

    hold_id: HoldId
    account: AccountId
    state: HoldState
    #: What was asked for; what of it its call may use still; and what of that is held, which is
    #: less where more was let pass than there was.
    tokens: int
    promised: int
    held: int
    created_at: datetime
    expires_at: datetime
    #: What its settlements were charged so far.
    settled: int = 0
    #: Whether it was settled after its end: it was charged all the same.
    is_late: bool = False

    def is_open(self, now: datetime) -> bool:
        """Whether it holds anything at that time."""
        return self.state is HoldState.OPEN and now < self.expires_at


def check_tokens(tokens: int) -> int:
    """What can be held. Raises `HoldRefused`."""
    if not 0 < tokens <= TOKENS_MAX:
        raise HoldRefused("amount", f"must be from 1 to {TOKENS_MAX}, not {tokens}")
    return tokens


def ttl(seconds: int | None) -> timedelta:
    """How long a hold stands. Raises `HoldRefused`."""
    if seconds is None:
        return TTL
    most = TTL_MAX // timedelta(seconds=1)
    if not 0 < seconds <= most:
        raise HoldRefused("ttl_seconds", f"must be from 1 to {most}, not {seconds}")
    return timedelta(seconds=seconds)


def extended(hold: Hold, first_end: datetime, wanted: timedelta, now: datetime) -> Hold:
    """The hold, which is to stand so long from now. Raises `HoldRefused` and `HoldEnded`.

    `first_end` is when it was to end at first; it never ends earlier than it does already.
    """
    if not hold.is_open(now):
        is_past = hold.state is HoldState.OPEN
        raise HoldEnded(hold.hold_id, HoldState.EXPIRED if is_past else hold.state)
    until = max(now + wanted, hold.expires_at)
    if until > first_end + EXTENDED_MAX:
        hours = EXTENDED_MAX // timedelta(hours=1)
        raise HoldRefused(
            "ttl_seconds",
            f"extensions of a hold come to {hours} hours at most; make another hold instead",
        )
    return replace(hold, expires_at=until)


def happened(said: datetime, hold: Hold, now: datetime) -> datetime:
    """When a hold's call was made, whatever its caller's clock says: after the hold, and by now."""
    return min(max(said, hold.created_at), now)


def settled(hold: Hold, charged: int, *, is_final: bool, now: datetime) -> Hold:
    """The hold once what it was for was charged. Raises `HoldEnded`.

    A part frees as much as it was charged, and a correction that gives something back frees
    nothing; the last part frees the rest. After its end it is charged all the same: the call was
    made.
    """
    if hold.state in {HoldState.VOIDED, HoldState.SETTLED}:
        raise HoldEnded(hold.hold_id, hold.state)
    is_late = hold.is_late or not hold.is_open(now)
    total = hold.settled + charged
    if is_final:
        after = replace(hold, state=HoldState.SETTLED, promised=0, held=0)
    else:
        freed = max(charged, 0)
        after = replace(
            hold, promised=max(hold.promised - freed, 0), held=max(hold.held - freed, 0)
        )
    return replace(after, settled=total, is_late=is_late)


def voided(hold: Hold, now: datetime) -> Hold:
    """The hold once nothing is held for it. Raises `HoldEnded` where it was settled.

    One that is past its end has expired: its call may still be settled, late.
    """
    hold = as_of(hold, now)
    if hold.state is HoldState.SETTLED:
        raise HoldEnded(hold.hold_id, hold.state)
    if hold.state is not HoldState.OPEN:
        return hold
    return replace(hold, state=HoldState.VOIDED, promised=0, held=0)


def as_of(hold: Hold, now: datetime) -> Hold:
    """The hold as it counts at that time, whether or not its row says so yet."""
    if hold.state is HoldState.OPEN and not hold.is_open(now):
        return replace(hold, state=HoldState.EXPIRED, promised=0, held=0)
    return hold
