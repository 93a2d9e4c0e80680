"""What an account with lots and holds has, step by step; it shares no code with the product."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

WEEK = timedelta(days=7)


@dataclass
class Lot:
    """Tokens that are good until a moment."""

    until: datetime
    left: int


@dataclass
class Kept:
    """What an open hold keeps, and until when."""

    until: datetime
    tokens: int


@dataclass
class Account:
    """Told what happens in the order of time, it does by itself what falls due before."""

    now: datetime
    balance: int = 0
    lots: list[Lot] = field(default_factory=list)
    holds: dict[str, Kept] = field(default_factory=dict)
    #: So much each Monday, good until the next.
    weekly: int = 0
    next_monday: datetime | None = None

    @property
    def held(self) -> int:
        return sum(kept.tokens for kept in self.holds.values())

    @property
    def available(self) -> int:
        return self.balance - self.held

    def pass_until(self, now: datetime) -> None:
        """Let happen, in its order, what was due by then."""
        while True:
            moments = [kept.until for kept in self.holds.values()]
            moments += [lot.until for lot in self.lots if lot.left and lot.until > self.now]
            moments += [self.next_monday] if self.next_monday else []
            at = min(moments, default=None)
            if at is None or at > now:
                break
            self._happen(at)
        self.now = now

    def _happen(self, at: datetime) -> None:
        self.now = at
        self.holds = {name: kept for name, kept in self.holds.items() if kept.until > at}
        self.expire()
        if self.next_monday == at:
            self.next_monday = at + WEEK
            self.get(self.weekly, [Lot(at + WEEK, self.weekly)])

    def expire(self) -> None:
        """What is past its time goes, as far as no hold keeps it."""
        free = max(0, self.available)
        for lot in self._in_order():
            if lot.until <= self.now:
                part = min(lot.left, free)
                lot.left -= part
                free -= part
                self.balance -= part

    def use(self, tokens: int) -> None:
        """Whatever it costs, the soonest to expire first."""
        self.balance -= tokens
        _take(self._in_order(), tokens)

    def give(self, tokens: int) -> list[Lot]:
        """To somebody else, with its expiry; what expired and is kept for calls stays."""
        self.balance -= tokens
        return _take([lot for lot in self._in_order() if lot.until > self.now], tokens)

    def give_back(self, tokens: int) -> None:
        """Of a gift that didn't expire: what doesn't expire goes first."""
        lasting = max(self.balance - sum(lot.left for lot in self.lots), 0)
        self.balance -= tokens
        others = [lot for lot in self._in_order() if lot.until > self.now]
        _take(others, max(tokens - lasting, 0))

    def get(self, tokens: int, lots: list[Lot]) -> None:
        """A debt is repaid first, by the soonest to expire."""
        self.balance += tokens
        repaid = tokens - min(tokens, max(self.balance, 0))
        for lot in sorted(lots, key=lambda lot: lot.until):
            part = min(lot.left, repaid)
            repaid -= part
            if lot.left > part:
                self.lots.append(Lot(lot.until, lot.left - part))

    def end(self, name: str) -> None:
        """Keep nothing for a call any more."""
        self.holds.pop(name, None)
        self.expire()

    def _in_order(self) -> list[Lot]:
        self.lots = sorted((lot for lot in self.lots if lot.left), key=lambda lot: lot.until)
        return self.lots


def _take(lots: list[Lot], tokens: int) -> list[Lot]:
    taken = []
    for lot in lots:
        part = min(lot.left, tokens)
        if part:
            lot.left -= part
            tokens -= part
            taken.append(Lot(lot.until, part))
    return taken
