"""What pools would pay, for whoever only looks at an account on which something is due."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.domain.allowances import Allowance
from bot.domain.directory import WorkspaceId
from bot.domain.ledger import AccountId
from bot.services.fundings import due_on
from bot.storage import budgets, fundings
from bot.storage.database import Transaction
from bot.storage.fundings import FundingState


@dataclass(slots=True)
class Glance:
    """Says what a `Purse` would, were it asked now; nothing is reserved."""

    tx: Transaction
    workspace_id: WorkspaceId
    now: datetime
    #: What a pool has once what is due on it is settled.
    available: Callable[[AccountId], int]
    _promised: Counter[AccountId] = field(default_factory=Counter)

    def pays(self, allowance: Allowance, day: date, coming_back: int) -> bool:
        """As `Purse.pays`; other rules that the pool pays on that day are not looked at."""
        if not allowance.is_from_pool:
            return True
        found = fundings.of_day(self.tx, self.workspace_id, allowance.allowance_id, day)
        if found is not None:
            return found.state is FundingState.RESERVED
        pool, tokens = allowance.source, allowance.credit_on(day).tokens - coming_back
        self._promised[pool] += max(due_on(self.tx, self.workspace_id, allowance, day), tokens)
        wanted = self._promised[pool]
        return wanted <= self.available(pool) and budgets.allows(
            self.tx, self.workspace_id, pool, wanted, self.now
        )
