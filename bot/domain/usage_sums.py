"""Usage added up for dashboards: by day, model, project, team and member."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

#: Days that one question may span, and rows that one answer may have.
DAYS_MAX = 366
ROWS_MAX = 10_000


class By(StrEnum):
    """What usage is told apart by."""

    DAY = "day"
    MODEL = "model"
    PROJECT = "project"
    TEAM = "team"
    MEMBER = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Usage of what `parts` name, in the order in which it was asked for."""

    parts: tuple[str, ...]
    #: What was charged, in how many calls.
    tokens: int
    calls: int
    #: What was counted, by class.
    input_uncached: int
    cache_read: int
    cache_write: int
    output: int
    #: In billionths of a dollar, of those calls whose cost is known.
    cost_nano: int
    unpriced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which usage, added up how; `since` counts and `until` doesn't."""

    since: date
    until: date
    by: tuple[By, ...]
    limit: int
    #: The parts of the last row of the answer before.
    after: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Sums in the order of their parts; `has_more` where the limit cut them off."""

    rows: tuple[Sums, ...]
    has_more: bool
    #: What the teams of these rows are called.
    team_names: Mapping[str, str]
