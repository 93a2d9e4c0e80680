"""The funds of an account in its current period, and how long they last."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.directory import UserId
from bot.domain.ledger import AccountId, AccountKind, account_kind
from bot.domain.pace import Pace
from bot.domain.periods import Period, Span, day_of, span
from bot.domain.teams import Team


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The allowance that comes next to an account: its period, and in which zone that begins."""

    period: Period
    anchor_on: str
    zone: ZoneInfo
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What an account has, and what left it since its period began."""

    account: AccountId
    #: A pool's own; a member's, whose thresholds and zone hold where they chose none.
    team: Team
    balance: int
    held: int
    #: Expired tokens don't count.
    gone: int
    span: Span
    #: In which the period's days begin.
    zone: ZoneInfo
    next_at: datetime | None
    pace: Pace | None

    @property
    def is_pool(self) -> bool:
        return account_kind(self.account) is AccountKind.POOL

    @property
    def available(self) -> int:
        return self.balance - self.held

    @property
    def total(self) -> int:
        """Available at the start of the period, and what was credited in it."""
        return self.balance + self.gone

    @property
    def percent(self) -> int:
        """How much of it is available, cut and never rounded up."""
        if self.available <= 0 or self.total <= 0:
            return 0
        return self.available * 100 // self.total

    @property
    def period_on(self) -> str:
        """The period's first day, by which it is known."""
        return self.span.start.isoformat()

    def runs_out_at(self, now: datetime) -> datetime | None:
        """When nothing is left at this pace; None where that isn't known, or is far off."""
        lasts = self.pace.lasts(self.available) if self.pace else None
        return now + lasts if lasts is not None else None


def current_span(turn: Turn | None, team: Team, now: datetime) -> tuple[Span, ZoneInfo]:
    """The period of the allowance that comes next, else the month in the paying team's zone."""
    if turn is None:
        return span(day_of(now, team.clock), Period.MONTH), team.clock
    return span_of(turn, now), turn.zone


def span_of(turn: Turn, now: datetime) -> Span:
    """The period of an allowance in which a moment lies."""
    return span(day_of(now, turn.zone), turn.period, date.fromisoformat(turn.anchor_on))


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was used of an account, day by day, for somebody who looks."""

    viewer: UserId
    funds: Funds
    #: Full days, oldest first; then today so far.
    days: tuple[tuple[date, int], ...]
    now: datetime
