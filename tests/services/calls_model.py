"""The rules of the books with calls that are held for, once more on plain values.

Of `bot` nothing is imported here either.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.services.books_model import BooksModel
from tests.services.holds_model import Account, Kept

#: She has a weekly allowance that expires, and gives nothing to others.
ZOE = "UZOE"
DAY = timedelta(days=1)
#: Of an account with which nothing has happened.
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Call:
    """A call that was held for: `said` is what it was settled with, once it was."""

    who: str
    promised: int
    first_end: datetime
    end: str = ""
    said: int = 0


@dataclass
class CallsModel(BooksModel):
    """Who has what, and what of it is held for calls."""

    accounts: dict[str, Account] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    settlements: list[tuple[str, int]] = field(default_factory=list)
    #: How the policy meets what does not fit, and by how much it may be more.
    mode: str = "hard"
    grace: int = 0

    def available(self, one: str) -> int:
        return self._account(one).available

    def pass_until(self, now: datetime) -> None:
        """Let happen what falls due by then."""
        for one in self.accounts:
            self._account(one).pass_until(now)
        self.overdrawn &= self.below_zero

    def refuses_hold(self, who: str, tokens: int) -> bool:
        if self.mode in {"off", "warn"}:
            return False
        if self.mode == "hard":
            return self.available(who) < tokens
        kept = self._account(who).holds
        beyond = sum(self.calls[name].promised - one.tokens for name, one in kept.items())
        return self.available(who) - beyond + self.grace < tokens

    def hold(self, name: str, who: str, tokens: int, until: datetime) -> int:
        """So much is held; less than asked where more was let pass than there is."""
        held = min(max(self.available(who), 0), tokens)
        self._account(who).holds[name] = Kept(until, held)
        self.calls[name] = Call(who, tokens, until)
        return held

    def refuses_settlement(self, name: str, tokens: int, *, is_final: bool) -> str | None:
        call = self.calls[name]
        if not call.end:
            return None
        if is_final and call.end == "settled":
            return "EventRefused" if tokens != call.said else None
        return "HoldEnded"

    def settle(self, name: str, tokens: int, *, is_final: bool) -> None:
        """Charged whole, whatever is held, and however late; the same again charges nothing."""
        call = self.calls[name]
        if call.end:
            return
        self.settlements += [(call.who, tokens)] if tokens else []
        with self._changing(call.who) as account:
            account.use(tokens)
            kept = account.holds.get(name)
            if kept is not None:
                kept.tokens = max(kept.tokens - tokens, 0)
                call.promised = max(call.promised - tokens, 0)
            if is_final:
                call.end, call.said = "settled", tokens
                account.end(name)
            account.expire()
        self.overdrawn |= self.below_zero

    def void(self, name: str) -> None:
        """One that is past its end stays as it is, to be settled late."""
        call = self.calls[name]
        account = self._account(call.who)
        if name in account.holds:
            call.end = "voided"
            account.end(name)

    def refuses_longer(self, name: str, until: datetime) -> str | None:
        kept = self._account(self.calls[name].who).holds.get(name)
        if kept is None:
            return "HoldEnded"
        return "HoldRefused" if max(until, kept.until) > self.calls[name].first_end + DAY else None

    def extend(self, name: str, until: datetime) -> None:
        kept = self._account(self.calls[name].who).holds[name]
        kept.until = max(kept.until, until)

    def held(self, one: str) -> int:
        return self._account(one).held if one in self.accounts else 0

    @contextmanager
    def _changing(self, one: str) -> Iterator[Account]:
        """Their account; of all but Zoe the balance is kept with what people do."""
        account = self._account(one)
        yield account
        if one != ZOE:
            self.balance[one] = account.balance

    def _account(self, one: str) -> Account:
        account = self.accounts.get(one) or Account(BEFORE)
        if one != ZOE:
            account.balance = self.balance[one]
        return account
