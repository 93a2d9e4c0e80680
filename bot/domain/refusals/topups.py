"""Why a request is not sent, decided or withdrawn."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.refusals.refusal import Refusal
from bot.domain.topups import TopUp


@dataclass(eq=False)
class TopUpUnknown(Refusal):
    """No such request, or nothing open to withdraw."""


@dataclass(eq=False)
class TopUpClosed(Refusal):
    """The request was decided, withdrawn or expired before."""

    topup: TopUp


@dataclass(eq=False)
class TooManyOpen(Refusal):
    """A member has at most `limit` open requests."""

    limit: int


@dataclass(eq=False)
class NoApprover(Refusal):
    """There is nobody who could decide a request."""


class DecisionFault(StrEnum):
    """What stands in the way of deciding several requests, or of undoing what was decided."""

    #: None was selected.
    NOTHING_SELECTED = "nothing_selected"
    #: Whoever decided has a minute to undo it.
    TOO_LATE = "too_late"
    #: The requester has used, sent or lost some of what they got.
    SPENT = "spent"
    #: It was undone before, or taken back, or decided anew.
    CHANGED = "changed"


@dataclass(eq=False)
class DecisionRefused(Refusal):
    """Nothing is decided, or the decision stays."""

    fault: DecisionFault
    topup: TopUp | None = None
    #: What the requester has left, where that is less than they got.
    available: int = 0
