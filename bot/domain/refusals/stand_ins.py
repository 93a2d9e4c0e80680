"""Why somebody is not named a stand-in."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.refusals.refusal import Refusal


class AwayFault(StrEnum):
    """What is wrong with the days or the stand-in that an approver named."""

    ONESELF = "oneself"
    NOT_UNDERSTOOD = "not_understood"
    NO_DAY = "no_day"
    STARTS_IN_THE_PAST = "starts_in_the_past"
    ENDS_IN_THE_PAST = "ends_in_the_past"
    ENDS_BEFORE_IT_STARTS = "ends_before_it_starts"
    TOO_FAR_AHEAD = "too_far_ahead"
    TOO_LONG = "too_long"


@dataclass(eq=False)
class AwayRefused(Refusal):
    """`typed` is what was meant to be a day, or words; `limit` the most days there may be."""

    fault: AwayFault
    typed: str = ""
    limit: int = 0
