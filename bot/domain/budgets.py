"""What may leave a pool in one period: a new period is a new count, and nothing is ever reset."""

from dataclasses import dataclass
from datetime import date

from bot.domain.ledger import EntryKind
from bot.domain.periods import ANCHOR, Period, Span, span

#: What counts as spent when it leaves; usage and transfers never leave a pool (DESIGN §10.8).
COUNTED = frozenset({EntryKind.ISSUE, EntryKind.GRANT, EntryKind.ALLOWANCE, EntryKind.ADVANCE})
#: What gives back when it comes in; and so does what an allowance's entry takes back of an advance.
GIVING_BACK = frozenset({EntryKind.REVERSAL, EntryKind.RETURN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The budget that an account has in every period."""

    tokens: int
    period: Period
    anchor_on: date = ANCHOR

    def span(self, day: date) -> Span:
        """The period in which a day lies."""
        return span(day, self.period, self.anchor_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """A budget in one period: how much of it is spent, and when the next begins."""

    budget: Budget
    spent: int
    until: date

    @property
    def left(self) -> int:
        return max(self.budget.tokens - self.spent, 0)
