"""Alerts that can't be set so."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.refusals.refusal import Refusal


class AlertFault(StrEnum):
    """Why what was typed sets no alerts."""

    NO_NUMBER = "no_number"
    OUT_OF_RANGE = "out_of_range"
    TOO_MANY = "too_many"
    NO_HOURS = "no_hours"
    SAME_HOUR = "same_hour"
    NOT_YES_OR_NO = "not_yes_or_no"


@dataclass(eq=False)
class AlertsRefused(Refusal):
    """`typed` is no percentage from 0 to 100, no two hours, or too many of them."""

    typed: str
    fault: AlertFault


@dataclass(eq=False)
class NoTeamToAlert(Refusal):
    """No team is called `typed`."""

    typed: str
