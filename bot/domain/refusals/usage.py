"""Why usage can't be shown as somebody asked."""

from dataclasses import dataclass
from datetime import date

from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class PeriodUnclear(Refusal):
    """`typed` is no period that is shown; `nearest` is what was probably meant."""

    typed: str
    nearest: str | None


@dataclass(eq=False)
class CallUnknown(Refusal):
    """No call that the person may see has this id, or ends in it.

    Those before `kept_from`, if it is given, were deleted.
    """

    typed: str
    kept_from: date | None = None


@dataclass(eq=False)
class CallAmbiguous(Refusal):
    """Several calls end in what was typed."""

    typed: str
