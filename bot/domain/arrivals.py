"""Setting up: the three steps that an admin is shown first, and how each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bot.domain.directory import UserId
from bot.domain.periods import Period

#: What the form of an allowance suggests to begin with.
SUGGESTED_TOKENS = 1_000_000
_DAYS_A_WEEK = 7


class Step(StrEnum):
    """What an admin does first, in this order; each can be left out."""

    DIGEST = "digest"
    APPROVERS = "approvers"
    ALLOWANCE = "allowance"


class Stand(StrEnum):
    """How a step stands. What is done counts, also where it was skipped before."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What is set up, as the tables have it at this moment."""

    #: A channel to which a digest goes; *Everyone*'s first.
    channel: str | None = None
    #: Some of those who were named to approve.
    named: Sequence[UserId] = ()
    #: What *Everyone* gets regularly.
    tokens: int | None = None
    period: Period | None = None
    #: All rules that have not ended.
    allowances: int = 0
    skipped: frozenset[Step] = frozenset()

    def stand(self, step: Step) -> Stand:
        """How this step stands."""
        done = {
            Step.DIGEST: self.channel is not None,
            Step.APPROVERS: bool(self.named),
            Step.ALLOWANCE: self.allowances > 0,
        }
        if done[step]:
            return Stand.DONE
        return Stand.SKIPPED if step in self.skipped else Stand.OPEN

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do or to skip."""
        return all(self.stand(step) is not Stand.OPEN for step in Step)


def next_monday(today: date) -> date:
    """The day on which a suggested allowance starts: today, if it is one."""
    return today + timedelta(days=-today.weekday() % _DAYS_A_WEEK)
