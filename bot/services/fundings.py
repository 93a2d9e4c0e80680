"""Allowances that a pool pays: a team's credits of a day are reserved together, or none is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bot.domain import lots as spending
from bot.domain import periods
from bot.domain.allowances import Allowance, AllowanceId, Turn
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.dues import Due
from bot.domain.ledger import AccountId, AccountKind, account_kind, account_owner
from bot.domain.notices import AllowanceUnfunded
from bot.domain.topups import APPROVERS_ASKED_MAX
from bot.storage import (
    accounts,
    allowance_turns,
    allowances,
    dues,
    fundings,
    lots,
    outbox,
    roles,
)
from bot.storage.database import Database, Transaction
from bot.storage.fundings import Funding, FundingState


@dataclass(slots=True)
class Purse:
    """Says, while accounts are settled, whether pools pay, and then takes it from them."""

    tx: Transaction
    workspace_id: WorkspaceId
    now: datetime
    #: Settles what is due on a pool before anything is reserved on it.
    settle: Callable[[AccountId], None]
    _known: dict[tuple[AllowanceId, date], Funding] = field(default_factory=dict)

    def pays(self, allowance: Allowance, day: date) -> bool:
        """Whether there is enough for all of the team; the treasury has no end."""
        if not allowance.is_from_pool:
            return True
        key = (allowance.allowance_id, day)
        if key not in self._known:
            self._known[key] = self._funding(allowance, day)
        return self._known[key].state is FundingState.RESERVED

    def pay(self, made: Sequence[Due]) -> None:
        """Take what was credited from the pools, their soonest to expire first."""
        for pool in sorted({found for due in made if (found := _pool_of(due)) is not None}):
            mine = [due for due in made if _pool_of(due) == pool]
            live = lots.live(self.tx, self.workspace_id, pool)
            for due in mine:
                taken = spending.take(live, due.entry.postings[-1].tokens)
                lots.use(self.tx, self.workspace_id, taken, due.entry_id)
                live = spending.without(live, taken)
            total = sum(due.entry.postings[-1].tokens for due in mine)
            fundings.pay(self.tx, self.workspace_id, pool, total)
        for key, funding in sorted(self._known.items()):
            credited = sum(due.entry.postings[-1].tokens for due in made if due.credit == key)
            if credited:
                fundings.credit(self.tx, funding, credited)

    def _funding(self, allowance: Allowance, day: date) -> Funding:
        """The word on that day; whoever asks first gives it, and others wait for their commit."""
        found = fundings.of_day(self.tx, self.workspace_id, allowance.allowance_id, day)
        if found is not None:
            return found
        turns = allowance_turns.by_rule(self.tx, self.workspace_id, allowance.allowance_id)
        needed = sum(allowance.credit_on(day).tokens for turn in turns if turn.is_due_on(day))
        funding = Funding(
            workspace_id=self.workspace_id,
            allowance_id=allowance.allowance_id,
            period_on=day,
            pool=allowance.source,
            state=FundingState.SHORT,
            needed=needed,
        )
        if not fundings.put(self.tx, funding):  # somebody else was first
            return self._funding(allowance, day)
        self.settle(funding.pool)
        return self._reserved(allowance, funding)

    def _reserved(self, allowance: Allowance, funding: Funding) -> Funding:
        if fundings.reserve(self.tx, self.workspace_id, funding.pool, funding.needed, self.now):
            return _moved(self.tx, funding, FundingState.RESERVED)
        available = accounts.available(self.tx, self.workspace_id, funding.pool)
        for recipient in _answerable(self.tx, self.workspace_id, allowance):
            notice = AllowanceUnfunded(
                recipient=recipient,
                allowance_id=allowance.allowance_id,
                period_on=funding.period_on.isoformat(),
                needed=funding.needed,
                available=available,
            )
            outbox.add(self.tx, self.workspace_id, notice, self.now)
        return funding


@dataclass(frozen=True, slots=True)
class Glance:
    """The same question without an answer being made: what has been reserved is paid."""

    tx: Transaction
    workspace_id: WorkspaceId

    def pays(self, allowance: Allowance, day: date) -> bool:
        if not allowance.is_from_pool:
            return True
        found = fundings.of_day(self.tx, self.workspace_id, allowance.allowance_id, day)
        return found is not None and found.state is FundingState.RESERVED


def make_good(database: Database, now: datetime) -> None:
    """Try again what pools could not pay, and give back what nobody took; one query if none."""
    with database.reading() as tx:
        waiting = fundings.unfinished(tx)
    for funding in waiting:
        with database.writing() as tx:
            _make_good(tx, funding, now)


def _make_good(tx: Transaction, funding: Funding, now: datetime) -> None:
    workspace_id = funding.workspace_id
    allowance = allowances.locked(tx, workspace_id, funding.allowance_id)
    if allowance is None:
        return
    turns = allowance_turns.by_rule(tx, workspace_id, funding.allowance_id)
    zone = turns[0].zone if turns else None
    until = allowance.credit_on(funding.period_on).until
    is_over = zone is None or now >= periods.start_of(until, zone)
    if is_over:
        _lapse(tx, funding, now)
    elif funding.state is FundingState.SHORT:
        missed = [turn for turn in turns if turn.missed(funding.period_on)]
        _try_again(tx, allowance, funding, missed, now)


def _lapse(tx: Transaction, funding: Funding, now: datetime) -> None:
    """The period is over: what was short stays unpaid, what was left is given back."""
    if not fundings.change(tx, funding, state=FundingState.LAPSED, needed=funding.needed):
        return
    rest = funding.needed - funding.credited
    if funding.state is FundingState.RESERVED and rest:
        fundings.release(tx, funding.workspace_id, funding.pool, rest, now)


def _try_again(
    tx: Transaction,
    allowance: Allowance,
    funding: Funding,
    missed: Sequence[Turn],
    now: datetime,
) -> None:
    """Turn those who went without back to the day, once the pool has enough for all of them."""
    tokens = allowance.credit_on(funding.period_on).tokens
    needed = tokens * len(missed)
    # Members' accounts before the pool's, which is the order of all locks.
    dues.states(tx, funding.workspace_id, [turn.account for turn in missed], lock=True)
    if not needed:
        return
    if not fundings.reserve(tx, funding.workspace_id, funding.pool, needed, now):
        return
    # The rule is locked, and whoever settles one of its days first waits for our row.
    fundings.change(tx, funding, state=FundingState.RESERVED, needed=funding.credited + needed)
    allowance_turns.put(
        tx,
        funding.workspace_id,
        [
            replace(
                turn,
                next_on=funding.period_on,
                next_at=periods.start_of(funding.period_on, turn.zone),
            )
            for turn in missed
        ],
    )


def _moved(tx: Transaction, funding: Funding, state: FundingState) -> Funding:
    fundings.change(tx, funding, state=state, needed=funding.needed)
    return replace(funding, state=state)


def _answerable(tx: Transaction, workspace_id: WorkspaceId, allowance: Allowance) -> list[UserId]:
    """The managers of the pool's team, and a few admins."""
    team = account_owner(allowance.source)
    approvers = roles.approvers(tx, workspace_id)
    managers = [one.user_id for one in approvers if team in one.manages]
    admins = [one.user_id for one in approvers if one.is_admin][:APPROVERS_ASKED_MAX]
    return list(dict.fromkeys([*managers, *admins]))


def _pool_of(due: Due) -> AccountId | None:
    if due.credit is None:
        return None
    source = due.entry.postings[-1].source
    return source if account_kind(source) is AccountKind.POOL else None
