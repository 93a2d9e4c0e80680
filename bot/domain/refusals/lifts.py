"""Why a block is not lifted as somebody typed it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.refusals.refusal import Refusal


class LiftFault(StrEnum):
    """What is wrong with the hours."""

    NOT_HOURS = "not hours"
    ZERO = "zero"
    NEGATIVE = "negative"
    TOO_LONG = "too long"


@dataclass(eq=False)
class LiftRefused(Refusal):
    """`typed` says no hours for which a block may be lifted."""

    typed: str
    fault: LiftFault
