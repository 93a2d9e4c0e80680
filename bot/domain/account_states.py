"""An account with all that can fall due on it, and as it is once that was settled."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.advances import OpenAdvance, Repayment
from bot.domain.allowances import AllowanceId, Turn
from bot.domain.holds import HoldId, OpenHold
from bot.domain.ledger import AccountId, Entry, EntryId
from bot.domain.lots import Lot, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """An account with all that can fall due on it."""

    account: AccountId
    balance: int
    held: int
    lots: tuple[Lot, ...] = ()
    turns: tuple[Turn, ...] = ()
    #: Those that are open; what else is held is reserved for allowances.
    holds: tuple[OpenHold, ...] = ()
    #: What is owed of advances, the oldest first.
    advances: tuple[OpenAdvance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One entry that fell due, and what it does to lots."""

    entry_id: EntryId
    entry: Entry
    #: The moment at which it was due.
    at: datetime
    uses: tuple[Taken, ...] = ()
    #: What it credits that expires.
    lot: Lot | None = None
    #: The rule and the day of a credit, and whether it is the account's first by it.
    credit: tuple[AllowanceId, date] | None = None
    is_first: bool = False
    #: What of advances it takes back out of that credit.
    repaid: tuple[Repayment, ...] = ()

    @property
    def left_source(self) -> int:
        """What left the source of a credit, less what came back there of advances."""
        credit = self.entry.postings[-1]
        back = sum(one.tokens for one in self.repaid if one.owed_to == credit.source)
        return credit.tokens - back


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An account after all that was due: entries, lots and turns as they are then."""

    account: AccountId
    balance: int
    held: int
    #: Holds that ended, unsettled, by then.
    ended: tuple[HoldId, ...]
    dues: tuple[Due, ...]
    lots: tuple[Lot, ...]
    turns: tuple[Turn, ...]
    #: Turns that are not as they were.
    moved_turns: tuple[Turn, ...]
    #: Lots whose expiry was moved, since they carried over.
    carried: tuple[Lot, ...]
    #: What is still owed of advances.
    advances: tuple[OpenAdvance, ...]
    #: Turns of a day whose credit its source could not pay.
    unpaid: tuple[tuple[AllowanceId, date], ...]
    next_due_at: datetime | None

    @property
    def expiring(self) -> int:
        return sum(lot.remaining for lot in self.lots)
