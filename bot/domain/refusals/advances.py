"""Why somebody can't take an advance."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.refusals.refusal import Refusal


class AdvanceFault(StrEnum):
    """What is in the way."""

    #: The team's policy has none.
    NOT_OFFERED = "not_offered"
    #: No allowance comes that could repay it.
    NO_ALLOWANCE = "no_allowance"
    #: Something of an earlier one is still owed.
    OWED = "owed"


@dataclass(eq=False)
class AdvanceRefused(Refusal):
    """No advance now; `owed` is what is still to be repaid of an earlier one."""

    fault: AdvanceFault
    owed: int = 0
