"""What falls due on an account: lots that expire, periods that begin, holds that end.

`settle` tells all of it up to a moment, in the order in which it would have happened; whoever asks
late gets the same answer as whoever asks in time. The tick, a spend that is refused because
something is due, and the figure of a balance all come from here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.domain import advances, due_keys, periods
from bot.domain import lots as spending
from bot.domain.account_states import AccountState, Due, Settled
from bot.domain.advances import OpenAdvance, Repayment
from bot.domain.allowances import Allowance, AllowanceId, Credit, Turn
from bot.domain.directory import UserId
from bot.domain.holds import HoldId, OpenHold
from bot.domain.ledger import (
    BALANCE_MAX,
    EXPIRED,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
    Posting,
)
from bot.domain.lots import Lot, LotId, Taken

#: The actor of what happens by a rule.
CLOCK = UserId("clock")


#: Makes an id of a moment.
NewId = Callable[[datetime], str]
#: Whether the source of a rule pays the credits of a day, of which so many tokens come back to it
#: at once for an advance.
Pays = Callable[[Allowance, date, int], bool]


def settle(state: AccountState, now: datetime, *, new_id: NewId, pays: Pays) -> Settled:
    """All that is due by now. What holds still cover of an expired lot stays until they end."""
    work = _Work(state, now, new_id, pays)
    while (at := work.next_at()) is not None and at <= now:
        work.happen(at)
    return work.settled(next_due_at=at)


@dataclass(slots=True)
class _Work:
    """An account on its way through what is due."""

    state: AccountState
    now: datetime
    new_id: NewId
    pays: Pays
    balance: int = field(init=False)
    held: int = field(init=False)
    lots: dict[LotId, Lot] = field(init=False)
    holds: dict[HoldId, OpenHold] = field(init=False)
    turns: dict[AllowanceId, Turn] = field(init=False)
    advances: tuple[OpenAdvance, ...] = field(init=False)
    #: Expired, but for what open holds cover.
    covered: set[LotId] = field(default_factory=set)
    #: Carried over to a later expiry.
    carried: set[LotId] = field(default_factory=set)
    ended: list[HoldId] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)
    unpaid: list[tuple[AllowanceId, date]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.balance = self.state.balance
        self.held = self.state.held
        self.advances = self.state.advances
        self.holds = {hold.hold_id: hold for hold in self.state.holds}
        self.lots = {lot.lot_id: lot for lot in self.state.lots}
        self.turns = {turn.allowance.allowance_id: turn for turn in self.state.turns}

    def next_at(self) -> datetime | None:
        """The earliest end of a lot, period or hold."""
        moments = [lot.expires_at for lot in self._open_lots()]
        moments += [hold.expires_at for hold in self.holds.values()]
        moments += [turn.next_at for turn in self.turns.values() if turn.next_at is not None]
        return min(moments, default=None)

    def happen(self, at: datetime) -> None:
        """What is due at one moment: holds, each rule's period in one entry, what else expires."""
        self._end_holds(at)
        for allowance_id in sorted(self.turns):
            turn = self.turns[allowance_id]
            if turn.is_due_by(at) and turn.next_on is not None:
                self._begin_period(turn, turn.next_on, at)
        if ended := [lot for lot in self._open_lots() if lot.expires_at <= at]:
            self._expire(ended, at)

    def settled(self, *, next_due_at: datetime | None) -> Settled:
        """The account as it is then."""
        lots = spending.in_order(lot for lot in self.lots.values() if lot.remaining)
        turns = tuple(self.turns.values())
        return Settled(
            account=self.state.account,
            balance=self.balance,
            held=self.held,
            ended=tuple(self.ended),
            dues=tuple(self.dues),
            lots=tuple(lots),
            turns=turns,
            moved_turns=tuple(
                after
                for before, after in zip(self.state.turns, turns, strict=True)
                if after is not before
            ),
            carried=tuple(lot for lot in lots if lot.lot_id in self.carried),
            advances=self.advances,
            unpaid=tuple(self.unpaid),
            next_due_at=next_due_at,
        )

    def _open_lots(self) -> list[Lot]:
        return [
            lot for lot in self.lots.values() if lot.remaining and lot.lot_id not in self.covered
        ]

    def _end_holds(self, at: datetime) -> None:
        """Nothing is kept for them any longer: what they covered of expired lots expires now."""
        ended = [hold for hold in self.holds.values() if hold.expires_at <= at]
        if not ended:
            return
        for hold in ended:
            self.held -= hold.tokens
            self.ended.append(hold.hold_id)
            del self.holds[hold.hold_id]
        freed = [self.lots[lot_id] for lot_id in sorted(self.covered)]
        self.covered.clear()
        self._expire(freed, at)

    def _begin_period(self, turn: Turn, day: date, at: datetime) -> None:
        """Expiry, carry-over and the next credit of one rule are one entry."""
        allowance = turn.allowance
        left = [
            lot
            for lot in spending.in_order(self._open_lots())
            if lot.allowance_id == allowance.allowance_id and lot.expires_at <= at
        ]
        credit = allowance.credit_on(day)
        if credit.until < day or credit.next_on == day:  # it would be credited for ever
            raise ValueError(f"{allowance.allowance_id} has a period without end from {day} on")
        going = self._carry(left, allowance.carry_max_on(day), credit.until, turn)
        is_due = credit.tokens > 0 and turn.takes_part
        repaid = self._repaid_by(allowance, credit) if is_due and self.advances else ()
        coming_back = sum(one.tokens for one in repaid if one.owed_to == allowance.source)
        is_paid = is_due and self._fits(credit.tokens) and self.pays(allowance, day, coming_back)
        if is_due and not is_paid:
            self.unpaid.append((allowance.allowance_id, day))
        uses = self._expired(going)
        if is_paid:
            self._credit(turn, day, credit, uses=uses, repaid=repaid, at=at)
        else:
            self._lapse(uses, at)
        self.turns[allowance.allowance_id] = turn.moved(
            next_on=credit.next_on,
            next_at=_start(credit.next_on, turn),
            paid_until=credit.until if is_paid else turn.paid_until,
        )

    def _repaid_by(self, allowance: Allowance, credit: Credit) -> tuple[Repayment, ...]:
        """What a credit takes back of advances; the parts of a package stay whole."""
        if allowance.vesting is not None:
            return ()
        return advances.repayments(self.advances, credit.tokens)

    def _carry(
        self, left: list[Lot], most: int | None, until: date, turn: Turn
    ) -> list[tuple[Lot, int]]:
        """Move what carries over to the next period's end; what of each lot does not, is told.

        The oldest expire first, so that what is carried is what came last.
        """
        staying = sum(lot.remaining for lot in left) if most is None else most
        going = []
        for lot in reversed(left):
            kept = min(lot.remaining, staying)
            staying -= kept
            if lot.remaining > kept:
                going.append((lot, lot.remaining - kept))
            if kept:
                self.carried.add(lot.lot_id)
                self.lots[lot.lot_id] = replace(lot, expires_at=periods.start_of(until, turn.zone))
        return going[::-1]

    def _expired(self, going: list[tuple[Lot, int]]) -> list[Taken]:
        """What may go of what should: what open holds cover stays payable by them."""
        free = max(0, self.balance - self.held)
        uses = []
        for lot, tokens in going:
            part = min(tokens, free)
            free -= part
            if part:
                uses.append(Taken(lot, part))
                self.lots[lot.lot_id] = self.lots[lot.lot_id].less(part)
            if part < tokens:
                self.covered.add(lot.lot_id)
        return uses

    def _expire(self, lots: list[Lot], at: datetime) -> None:
        self._lapse(self._expired([(lot, lot.remaining) for lot in spending.in_order(lots)]), at)

    def _fits(self, tokens: int) -> bool:
        return self.balance + tokens <= BALANCE_MAX

    def _credit(
        self,
        turn: Turn,
        day: date,
        credit: Credit,
        *,
        uses: list[Taken],
        repaid: tuple[Repayment, ...],
        at: datetime,
    ) -> None:
        allowance, account = turn.allowance, self.state.account
        key = due_keys.credit(allowance.allowance_id, account, day)
        posting = Posting(allowance.source, account, credit.tokens)
        entry_id, entry = self._entry(
            key,
            EntryKind.ALLOWANCE,
            uses=uses,
            repaid=repaid,
            credited=posting,
            note=allowance.note,
        )
        kept = credit.tokens - sum(one.tokens for one in repaid)
        good = min(kept, max(self.balance, 0))  # a debt is repaid first
        if repaid:
            self.advances = advances.after(self.advances, repaid)
        until = _start(credit.expires_on, turn)
        lot = None
        if until is not None and good:
            lot = Lot(
                lot_id=LotId(self.new_id(self.now)),
                account=account,
                entry_id=entry_id,
                remaining=good,
                expires_at=until,
                allowance_id=allowance.allowance_id,
            )
            self.lots[lot.lot_id] = lot
        self.dues.append(
            Due(
                entry_id=entry_id,
                entry=entry,
                at=at,
                uses=tuple(uses),
                lot=lot,
                credit=(allowance.allowance_id, day),
                is_first=turn.paid_until is None,
                repaid=repaid,
            )
        )

    def _lapse(self, uses: list[Taken], at: datetime) -> None:
        """What expires and is followed by no credit."""
        if uses:
            entry_id, entry = self._entry(due_keys.expiry(uses[0]), EntryKind.EXPIRY, uses=uses)
            self.dues.append(Due(entry_id=entry_id, entry=entry, at=at, uses=tuple(uses)))

    def _entry(
        self,
        key: IdempotencyKey,
        kind: EntryKind,
        *,
        uses: list[Taken],
        repaid: tuple[Repayment, ...] = (),
        credited: Posting | None = None,
        note: str = "",
    ) -> tuple[EntryId, Entry]:
        """The next entry; the balance is as it leaves it."""
        account = self.state.account
        gone = [Posting(account, EXPIRED, use.tokens) for use in uses]
        gone += [Posting(account, one.owed_to, one.tokens) for one in repaid]
        postings = (*gone, credited) if credited is not None else tuple(gone)
        # A microsecond apart, so that their ids and times are in the order of what happened.
        now = self.now + timedelta(microseconds=len(self.dues))
        self.balance += credited.tokens if credited is not None else 0
        self.balance -= sum(posting.tokens for posting in gone)
        entry = Entry(kind=kind, actor=CLOCK, postings=postings, note=note, key=key, now=now)
        return EntryId(self.new_id(now)), entry


def _start(day: date | None, turn: Turn) -> datetime | None:
    return None if day is None else periods.start_of(day, turn.zone)
