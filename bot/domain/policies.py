"""Policies: what a team's limits are, and what happens at them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.directory import EVERYONE, TeamId
from bot.domain.ledger import TOKENS_MAX, AccountId
from bot.domain.limits import Measure
from bot.domain.periods import Period, Span, span
from bot.domain.refusals import PolicyRefused
from bot.domain.usage import NAME_MAX

CapId = NewType("CapId", str)
LiftId = NewType("LiftId", str)

#: The most caps of a team: all are looked at before each call that they may concern.
CAPS_MAX = 20
PERCENT_MAX = 100
#: For how long an approver may lift a block.
LIFT = timedelta(hours=4)
LIFT_MAX = timedelta(hours=72)
#: What an emergency advance may be at most: it is repaid from one allowance.
ADVANCE_MAX = TOKENS_MAX


class CapPeriod(StrEnum):
    """In which time a cap counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def span(self, today: date) -> Span:
        """Its days, of which today is one."""
        if self is CapPeriod.DAY:
            return Span(today, today + timedelta(days=1))
        return span(today, Period(self.value))


class Mode(StrEnum):
    """What happens where a call fits no longer."""

    #: Nothing: usage is only metered.
    OFF = "off"
    #: The call passes, and the person is told once in a period.
    WARN = "warn"
    #: It passes up to a grace, then it is refused.
    SOFT = "soft"
    #: It is refused.
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for calls of a team's people; a team without one has that of *Everyone*."""

    mode: Mode = Mode.HARD
    #: What SOFT lets pass beyond what there is: tokens, or a part of the period's funds.
    grace_tokens: int = 0
    grace_percent: int = 0
    #: The most that one call may need.
    request_max: int | None = None
    #: The most that a person may use in a day, which protects the week: tokens, or a part of the
    #: period's funds.
    day_tokens: int | None = None
    day_percent: int | None = None
    #: What a caller may use instead, where it was refused another.
    fallback_model: str = ""
    #: What a person may take once in a period without asking, repaid from the next allowance.
    advance: int = 0

    @property
    def has_more_limits(self) -> bool:
        """Whether it knows any but that of what is available."""
        return (self.request_max, self.day_tokens, self.day_percent) != (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """The most that may be used of some models by each person, or for a project by the team."""

    cap_id: CapId
    team_id: TeamId
    measure: Measure
    #: Models by a pattern with `*`, or the project's name.
    name: str
    tokens: int
    period: CapPeriod
    fallback_model: str = ""

    @property
    def is_of_all(self) -> bool:
        """Whether it counts what all teams use together."""
        return self.measure is Measure.PROJECT and self.team_id == EVERYONE

    @property
    def place(self) -> tuple[Measure, str, CapPeriod]:
        """What it caps: a team has one of each."""
        return self.measure, self.name, self.period

    def __str__(self) -> str:
        otherwise = f", else {self.fallback_model}" if self.fallback_model else ""
        return f"{self.tokens} a {self.period} of {self.measure} {self.name}{otherwise}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """For so long nothing refuses a person's calls."""

    lift_id: LiftId
    account: AccountId
    until: datetime
    by: str

    def is_in_force(self, now: datetime) -> bool:
        return now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """What became of a wish to lift a block, or to end that."""

    #: In force from now on; None where the limits hold.
    lift: Lift | None
    #: What was in force before.
    before: Lift | None = None
    #: False where it was heard before, or somebody else was first.
    is_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All that holds for a call of somebody, when it is made."""

    team_id: TeamId
    policy: Policy
    caps: tuple[Cap, ...] = ()
    lift: Lift | None = None

    def as_of(self, now: datetime) -> "Rules":
        """With a lift counted while it lasts."""
        if self.lift is None or self.lift.is_in_force(now):
            return self
        return replace(self, lift=None)

    @property
    def is_plain(self) -> bool:
        """Whether whatever fits into what is available may be used, and nothing else."""
        is_hard = self.lift is None and self.policy.mode is Mode.HARD
        return is_hard and not self.caps and not self.policy.has_more_limits

    @property
    def mode(self) -> Mode:
        """Nothing is refused while a block is lifted."""
        return Mode.OFF if self.lift is not None else self.policy.mode


#: Of a figure that may be tokens or a part of something.
_ONE_FORM = "is in tokens or in percent, not in both"


def checked(policy: Policy) -> Policy:
    """The policy. Raises `PolicyRefused`."""
    for name, tokens in (
        ("grace_tokens", policy.grace_tokens),
        ("request_max", policy.request_max),
        ("day_tokens", policy.day_tokens),
        ("advance", policy.advance),
    ):
        if tokens is not None and not 0 <= tokens <= TOKENS_MAX:
            raise PolicyRefused(name, f"must be from 0 to {TOKENS_MAX}, not {tokens}")
    for name, percent in (
        ("grace_percent", policy.grace_percent),
        ("day_percent", policy.day_percent),
    ):
        if percent is not None and not 0 <= percent <= PERCENT_MAX:
            raise PolicyRefused(name, f"must be from 0 to {PERCENT_MAX}, not {percent}")
    if policy.grace_tokens and policy.grace_percent:
        raise PolicyRefused("grace_percent", _ONE_FORM)
    if policy.day_tokens is not None and policy.day_percent is not None:
        raise PolicyRefused("day_percent", _ONE_FORM)
    _check_fallback(policy.fallback_model)
    return policy


def checked_cap(cap: Cap) -> Cap:
    """The cap. Raises `PolicyRefused`."""
    if not 0 <= cap.tokens <= TOKENS_MAX:
        raise PolicyRefused("tokens", f"must be from 0 to {TOKENS_MAX}, not {cap.tokens}")
    if not cap.name.strip() or len(cap.name) > NAME_MAX or not cap.name.isprintable():
        raise PolicyRefused("name", f"has 1 to {NAME_MAX} printable characters")
    if cap.measure not in {Measure.MODEL, Measure.PROJECT}:
        raise PolicyRefused("measure", f"is model or project, not {cap.measure}")
    _check_fallback(cap.fallback_model)
    return cap


def of_team(cap: Cap, team_id: TeamId, cap_id: CapId) -> Cap:
    """The cap as a team's own."""
    return replace(cap, team_id=team_id, cap_id=cap_id, name=cap.name.strip())


def _check_fallback(model: str) -> None:
    """Empty where none is named. Raises `PolicyRefused`."""
    if len(model) > NAME_MAX or not model.isprintable() or model != model.strip():
        raise PolicyRefused("fallback_model", f"has at most {NAME_MAX} printable characters")
