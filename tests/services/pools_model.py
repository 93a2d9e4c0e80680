"""The rules of a team's pool told a second time, on plain dicts; nothing of `bot` is imported here.

Two people with a weekly allowance that the pool pays, grants from it, and a budget. What left it is
a list of moments, and a budget's count is what of them lies in the period, by the calendar.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


@dataclass
class Funding:
    """A week that the pool should pay."""

    is_reserved: bool
    needed: int
    credited: int = 0
    is_over: bool = False

    @property
    def rest(self) -> int:
        return self.needed - self.credited if self.is_reserved and not self.is_over else 0


@dataclass
class PoolsModel:
    """What is in the pool, what has left it, and who was credited for which week."""

    weekly: int
    first: date
    zone: str = "UTC"
    balance: int = 0
    budget: tuple[int, str] | None = None
    #: When how much left the pool; less than nothing where it came back.
    moves: list[tuple[datetime, int]] = field(default_factory=list)
    fundings: dict[date, Funding] = field(default_factory=dict)
    next_week: dict[str, date] = field(default_factory=dict)
    credited: set[tuple[str, date]] = field(default_factory=set)
    #: Weeks of which somebody heard that they could not be paid.
    told: set[date] = field(default_factory=set)

    @property
    def held(self) -> int:
        return sum(one.rest for one in self.fundings.values())

    def span(self, now: datetime) -> tuple[date, date]:
        """The budget's period, by the team's calendar."""
        assert self.budget is not None
        today = self._day(now)
        if self.budget[1] == "week":
            monday = today - timedelta(days=today.weekday())
            return monday, monday + WEEK
        months = 3 if self.budget[1] == "quarter" else 1
        first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
        return first, (first + timedelta(days=31 * months)).replace(day=1)

    def spent(self, now: datetime) -> int:
        begins, ends = self.span(now)
        return self.held + sum(
            tokens for at, tokens in self.moves if begins <= self._day(at) < ends
        )

    def refuses(self, tokens: int, now: datetime) -> bool:
        if self.balance - self.held < tokens:
            return True
        return self.budget is not None and self.spent(now) + tokens > self.budget[0]

    def leave(self, tokens: int, now: datetime) -> None:
        """So much goes to a member, or comes back."""
        self.balance -= tokens
        self.moves.append((now, tokens))

    def settle(self, who: str, now: datetime) -> None:
        """The weeks that have begun for somebody, the oldest first."""
        while self._has_begun(week := self.next_week[who], now):
            if week not in self.fundings:
                due = sum(following <= week for following in self.next_week.values())
                needed = self.weekly * due
                self.fundings[week] = Funding(not self.refuses(needed, now), needed)
                if not self.fundings[week].is_reserved:
                    self.told.add(week)
            if self.fundings[week].rest:
                self.fundings[week].credited += self.weekly
                self.leave(self.weekly, now)
                self.credited.add((who, week))
            self.next_week[who] = week + WEEK

    def tick(self, now: datetime) -> None:
        self.settle_all(now)
        for week, funding in sorted(self.fundings.items()):
            if funding.is_over or (funding.is_reserved and not funding.rest):
                continue
            if self._has_begun(week + WEEK, now):
                funding.is_over = True
            elif not funding.is_reserved:
                self._make_good(week, funding, now)
        self.settle_all(now)

    def settle_all(self, now: datetime) -> None:
        for who in sorted(self.next_week):
            self.settle(who, now)

    def _make_good(self, week: date, funding: Funding, now: datetime) -> None:
        out = [who for who in self.next_week if (who, week) not in self.credited]
        needed = self.weekly * len(out)
        if not self.refuses(needed, now):
            funding.is_reserved, funding.needed = True, funding.credited + needed
            for who in out:
                self.next_week[who] = week

    def _has_begun(self, day: date, now: datetime) -> bool:
        return self._day(now) >= day

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()
