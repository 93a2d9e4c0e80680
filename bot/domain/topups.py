"""Top-up requests: a member asks, an approver decides, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.directory import Member, UserId
from bot.domain.ledger import UNDO_WINDOW, EntryId, IdempotencyKey
from bot.domain.limits import Limit
from bot.domain.stand_ins import Absence, present

TopUpId = NewType("TopUpId", str)

#: Open requests a member may have; more would be noise to approvers.
OPEN_MAX = 3
#: Approvers who are asked when the team has no manager.
APPROVERS_ASKED_MAX = 5
#: Working hours after which approvers are reminded, and then the admins are asked.
REMINDED_AFTER = timedelta(hours=24)
ESCALATED_AFTER = timedelta(hours=72)
#: After so long an open request expires, weekends and all.
EXPIRES_AFTER = timedelta(days=14)
#: How far back an approver sees what the requester got and used.
LATELY = timedelta(days=30)


class TopUpState(StrEnum):
    """Where a request stands; it leaves `open` once."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


#: Where an approver's decision has put it, which they may undo for a minute.
DECIDED = frozenset({TopUpState.APPROVED, TopUpState.DENIED})


class Cause(StrEnum):
    """Why an approver gets a message about a request."""

    ASKED = "asked"
    #: They have it since a working day: the message before this one points here.
    REMINDER = "reminder"
    #: Those who were asked first didn't decide.
    ESCALATION = "escalation"
    #: Whoever had it is away, or is back, or has left.
    PASSED_ON = "passed_on"
    #: The pool of the requester's team has too little, and its manager asks the admins.
    POOL_SHORT = "pool_short"


class Urgency(StrEnum):
    """What the requester says of when they need it."""

    TODAY = "today"
    THIS_WEEK = "this_week"
    WHENEVER = "whenever"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """A request as it stands."""

    topup_id: TopUpId
    requester: UserId
    tokens: int
    note: str
    urgency: Urgency
    state: TopUpState
    asked_at: datetime
    decided_by: UserId | None = None
    decided_at: datetime | None = None
    decided_tokens: int | None = None
    decision_note: str = ""
    entry_id: EntryId | None = None
    #: How many decisions on it were undone: it is open again, or decided anew.
    reopened: int = 0

    @property
    def grant_key(self) -> IdempotencyKey:
        """What makes its grant one, whoever approves it; an undone approval was another."""
        return IdempotencyKey(f"topup:{self.topup_id}{f':{self.reopened}' * bool(self.reopened)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it was sent, and to whom."""

    topup: TopUp
    approvers: tuple[UserId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """That a call of the requester's was refused lately."""

    #: When they were told last, by which limit that was, and where it stands now.
    at: datetime
    by: Limit
    #: Where nothing refuses their calls for some hours.
    lifted_until: datetime | None
    lifted_by: str
    #: The id of the latest lift, in force or not; empty where there never was one.
    latest_lift: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A request with the facts that an approver decides by."""

    topup: TopUp
    available: int
    #: In and out of the account since `LATELY`.
    got_lately: int
    used_lately: int
    #: What refuses calls of the requester, if any was refused lately.
    refused: Refused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An approver's message about a request: the facts, and why it is theirs to decide."""

    dossier: Dossier
    #: When they get it.
    now: datetime
    cause: Cause = Cause.ASKED
    #: Those who were asked before an escalation.
    asked_before: tuple[UserId, ...] = ()
    #: The approvers for whom the recipient stands in.
    absences: tuple[Absence, ...] = ()

    @property
    def is_needless(self) -> bool:
        """A later message than the first says nothing of use once the request is closed."""
        return self.cause is not Cause.ASKED and self.dossier.topup.state is not TopUpState.OPEN


def approvers_asked(
    requester: Member, approvers: Sequence[Member], absences: Sequence[Absence] = ()
) -> list[Member]:
    """Who gets the request: the managers of the requester's team, else a few admins.

    Never the requester, except where nobody else could decide. Of those who are away the stand-ins;
    only where that leaves nobody, they themselves.
    """
    others = [a for a in approvers if a.user_id != requester.user_id]
    # A manager's own request goes to the admins, and not to those who look after it with them.
    is_manager = requester.team_id in requester.manages
    fellows = [a for a in others if requester.team_id in a.manages]
    managers = [] if is_manager else fellows
    admins = [a for a in others if a.is_admin]
    only_self = [a for a in approvers if a.user_id == requester.user_id and not others]
    here, admins_here = (present(some, requester, absences) for some in (managers, admins))
    asked = here or admins_here[:APPROVERS_ASKED_MAX]
    return asked or managers or admins[:APPROVERS_ASKED_MAX] or fellows or only_self


def is_decision(topup: TopUp, actor: UserId, made_at: datetime) -> bool:
    """Whether the request stands as this person decided it at that moment."""
    return topup.state in DECIDED and topup.decided_by == actor and topup.decided_at == made_at


def may_undo(topup: TopUp, actor: UserId, now: datetime) -> bool:
    """Whether the request stands as this person has decided it within the last minute."""
    made_at = topup.decided_at
    return (
        made_at is not None and is_decision(topup, actor, made_at) and now - made_at <= UNDO_WINDOW
    )
