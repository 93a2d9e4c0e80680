"""Why an allowance is not set as wished."""

from dataclasses import dataclass
from datetime import date

from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class NotASchedule(Refusal):
    """`typed` can't be read as a part of an allowance: a period, a day, a word that begins one."""

    typed: str
    #: What could stand there.
    expected: str


@dataclass(eq=False)
class AllowanceInPast(Refusal):
    """An allowance that would begin before today."""

    starts_on: date
    today: date


@dataclass(eq=False)
class AllowanceEndsTooSoon(Refusal):
    """An allowance whose last day comes before its first credit."""

    first_on: date
    ends_on: date


@dataclass(eq=False)
class AllowanceExists(Refusal):
    """There is a rule for this subject already: it can be changed from `changes_on`."""

    allowance_id: str
    changes_on: date


@dataclass(eq=False)
class AllowanceUnknown(Refusal):
    """No such rule, or none for whom was named, or it has ended."""

    typed: str = ""


@dataclass(eq=False)
class VestingRefused(Refusal):
    """A package of so many parts, or with such a cliff, can't be."""

    parts: int
    cliff: int
    parts_max: int


@dataclass(eq=False)
class SubjectUnknown(Refusal):
    """Nobody, and no team, is called so; `nearest` is a team that nearly is."""

    typed: str
    nearest: str | None = None
