"""The rules of advances told a second time, on plain dicts; nothing of `bot` is imported here.

Two people whose weeks a pool pays, and Cyd, whose weeks come from the treasury. What one takes in
advance is owed, and the next week is smaller by it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from tests.services.pools_model import WEEK, Funding, PoolsModel


@dataclass
class AdvancesModel(PoolsModel):
    """What each has, owes, and took in advance of which week."""

    has: dict[str, int] = field(default_factory=dict)
    owes: dict[str, int] = field(default_factory=dict)
    taken: set[tuple[str, date]] = field(default_factory=set)

    def advance(self, who: str, most: int, now: datetime) -> str:
        """How asking for one ends: `taken`, `again`, `owed`, `none` or `short`."""
        self.settle(who, now)
        tokens, week = min(most, self.weekly), self.next_week[who]
        if (who, week) in self.taken:
            return "again"
        if self.owes.get(who):
            return "owed"
        if not most:
            return "none"
        if who != "cyd":
            if self.refuses(tokens, now):
                return "short"
            self.leave(tokens, now)
        self.taken.add((who, week))
        self.owes[who] = tokens
        self.give(who, tokens)
        return "taken"

    def give(self, who: str, tokens: int) -> None:
        self.has[who] = self.has.get(who, 0) + tokens

    def settle(self, who: str, now: datetime) -> None:
        if who == "cyd":
            while self._has_begun(week := self.next_week[who], now):
                self.next_week[who] = week + WEEK
                self._credit(who, week)
            return
        begun, owed = self.next_week[who], self.owes.get(who, 0)
        while self._has_begun(week := self.next_week[who], now):
            if week not in self.fundings:
                starts = {**self.next_week, who: begun}
                debts = {**self.owes, who: owed}
                self._fund(week, starts, debts, now)
            funding = self.fundings[week]
            if funding.is_reserved and not funding.is_over:
                left = self.weekly - min(self.owes.get(who, 0), self.weekly)
                assert funding.rest >= left
                funding.credited += left
                self.leave(left, now)
                self._credit(who, week)
            self.next_week[who] = week + WEEK

    def settle_all(self, now: datetime) -> None:
        """In the order of their accounts."""
        for who in sorted(self.next_week):
            self.settle(who, now)

    def _credit(self, who: str, week: date) -> None:
        repaid = min(self.owes.get(who, 0), self.weekly)
        self.owes[who] = self.owes.get(who, 0) - repaid
        self.give(who, self.weekly - repaid)
        self.credited.add((who, week))

    def _fund(
        self, week: date, starts: dict[str, date], debts: dict[str, int], now: datetime
    ) -> None:
        """What all of the team need for a week, as if each week before had repaid what it can."""
        needed = 0
        for who in ("ana", "ben"):
            if starts[who] <= week:
                before = (week - starts[who]) // WEEK * self.weekly
                still = max(debts.get(who, 0) - before, 0)
                needed += self.weekly - min(still, self.weekly)
        self.fundings[week] = Funding(not self.refuses(needed, now), needed)
        if not self.fundings[week].is_reserved:
            self.told.add(week)

    def _make_good(self, week: date, funding: Funding, now: datetime) -> None:
        out = [who for who in ("ana", "ben") if (who, week) not in self.credited]
        needed = sum(self.weekly - min(self.owes.get(who, 0), self.weekly) for who in out)
        if out and not self.refuses(needed, now):
            funding.is_reserved, funding.needed = True, funding.credited + needed
            for who in out:
                self.next_week[who] = week
