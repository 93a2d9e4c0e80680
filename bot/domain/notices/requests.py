"""What approvers and requesters are told of requests."""

from dataclasses import dataclass

from bot.domain.directory import UserId
from bot.domain.notices.messages import MessageRef
from bot.domain.stand_ins import Phase
from bot.domain.topups import Cause, TopUpId


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpAsked:
    """An approver's copy of a request, with its buttons; the newest is the one that has them."""

    recipient: UserId
    topup_id: TopUpId
    cause: Cause = Cause.ASKED
    #: Those who were asked before an escalation.
    asked_before: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpCopyChanged:
    """That copy must show what became of the request. `message` names a copy nobody recorded."""

    recipient: UserId
    topup_id: TopUpId
    message: MessageRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpDecided:
    """The requester learns of the decision."""

    recipient: UserId
    topup_id: TopUpId
    #: Their first tokens ever: the message adds how to see them.
    is_first: bool = False
    #: Which decision: how many were undone before it.
    reopened: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpReopened:
    """That message, which told the requester of a decision, must say that it was undone."""

    recipient: UserId
    topup_id: TopUpId
    message: MessageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStale:
    """A list of open requests that somebody has open is out of date."""

    recipient: UserId
    view_id: str
    #: What they look for, as JSON.
    chosen: str
    #: How often it was drawn before.
    drawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInTold:
    """Somebody is to stand in for an approver, does from now on, or does no longer."""

    recipient: UserId
    absent: UserId
    phase: Phase
    #: Seconds since 1970.
    starts_at: int
    ends_at: int
