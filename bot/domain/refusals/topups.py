"""Why a request is not sent, decided or withdrawn."""

from dataclasses import dataclass

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
