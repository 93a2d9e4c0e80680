"""Allowances that a pool pays: a team's credits of a day are reserved together, or none is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby, takewhile
from zoneinfo import ZoneInfo

from bot.domain import lots as spending
from bot.domain import periods
from bot.domain.account_states import Due
from bot.domain.allowances import Allowance, AllowanceId, AllowanceState, Turn
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import AccountId, AccountKind, account_kind, account_owner
from bot.domain.notices import AllowanceUnfunded
from bot.domain.topups import APPROVERS_ASKED_MAX
from bot.storage import (
    accounts,
    advances,
    allowance_turns,
    allowances,
    budgets,
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
    #: As it stands in the books: what is given meanwhile counts as reserved until it is written.
    _known: dict[tuple[AllowanceId, date], Funding] = field(default_factory=dict)
    _given: dict[tuple[AllowanceId, date], int] = field(default_factory=dict)

    def pays(self, allowance: Allowance, day: date, coming_back: int) -> bool:
        """Whether there is enough for all of the team, so that this account is credited now.

        The treasury has no end. What comes back at once for an advance needn't be there.
        """
        if not allowance.is_from_pool:
            return True
        key = (allowance.allowance_id, day)
        tokens = allowance.credit_on(day).tokens - coming_back
        funding = self._known.get(key) or self._funding(allowance, day)
        given = self._given.get(key, 0)
        if funding.state is FundingState.RESERVED and funding.rest - given < tokens:
            funding = self._widened(allowance, funding, tokens, given=given)
        self._known[key] = funding
        if funding.state is not FundingState.RESERVED:
            return False
        self._given[key] = given + tokens
        return True

    def pay(self, made: Sequence[Due]) -> None:
        """Take what is credited from the pools, their soonest to expire first.

        Before it is written, since budgets are counted from what is.
        """
        for pool in sorted({found for due in made if (found := _pool_of(due)) is not None}):
            mine = [due for due in made if _pool_of(due) == pool]
            live = lots.live(self.tx, self.workspace_id, pool)
            for due in mine:
                taken = spending.take(live, due.left_source)
                lots.use(self.tx, self.workspace_id, taken, due.entry_id)
                live = spending.without(live, taken)
            for now, group in groupby(mine, key=lambda due: due.entry.now):
                total = sum(due.left_source for due in group)
                fundings.pay(self.tx, self.workspace_id, pool, total, now)
        for due in made:
            self._take_in(due)
        for key, funding in sorted(self._known.items()):
            credited = funding.credited + self._given.get(key, 0)
            fundings.put(self.tx, replace(funding, credited=credited))

    def _take_in(self, due: Due) -> None:
        """What is repaid to a pool that does not pay the credit it is taken of."""
        for one in due.repaid:
            if _is_pool(one.owed_to) and one.owed_to != due.entry.postings[-1].source:
                self.settle(one.owed_to)
                now = due.entry.now
                fundings.take_in(self.tx, self.workspace_id, one.owed_to, one.tokens, now)

    def _funding(self, allowance: Allowance, day: date) -> Funding:
        """The word on that day; whoever asks first gives it, and others wait for their commit.

        Under the pool's lock, which whoever settles has by now, as everything that is said of its
        fundings.
        """
        self.settle(allowance.source)
        found = fundings.of_day(self.tx, self.workspace_id, allowance.allowance_id, day)
        if found is not None:
            return found
        funding = Funding(
            workspace_id=self.workspace_id,
            allowance_id=allowance.allowance_id,
            period_on=day,
            pool=allowance.source,
            state=FundingState.RESERVED,
            needed=0,
        )
        tokens = due_on(self.tx, self.workspace_id, allowance, day)
        return self._widened(allowance, funding, tokens, given=0)

    def _widened(
        self, allowance: Allowance, funding: Funding, tokens: int, *, given: int
    ) -> Funding:
        """With so much more reserved; or short, with nothing reserved for whoever still waits.

        More than was counted at first is needed for whoever comes in on the very day.
        """
        pool, more = funding.pool, replace(funding, needed=funding.needed + tokens)
        if fundings.reserve(self.tx, self.workspace_id, pool, tokens, self.now):
            fundings.put(self.tx, more)  # what is reserved next sees it, for the pool's budget
            return more
        if free := funding.rest - given if funding.rest else 0:
            fundings.release(self.tx, self.workspace_id, pool, free)
        short = replace(more, state=FundingState.SHORT)
        fundings.put(self.tx, short)
        self._tell(allowance, replace(short, credited=short.credited + given))
        return short

    def _tell(self, allowance: Allowance, funding: Funding) -> None:
        available, budget_until = self._left(funding)
        for recipient, admins in _answerable(self.tx, self.workspace_id, allowance).items():
            notice = AllowanceUnfunded(
                recipient=recipient,
                allowance_id=allowance.allowance_id,
                period_on=funding.period_on.isoformat(),
                needed=funding.needed - funding.credited,
                available=available,
                budget_until=budget_until,
                admins=admins,
            )
            outbox.add(self.tx, self.workspace_id, notice, self.now)

    def _left(self, funding: Funding) -> tuple[int, str | None]:
        """What the pool has, or its budget where that is what is short, and until when."""
        has = max(accounts.available(self.tx, self.workspace_id, funding.pool), 0)
        budget = budgets.state(self.tx, self.workspace_id, funding.pool, self.now)
        if has < funding.needed - funding.credited or budget is None:
            return has, None
        return budget.left, budget.until.isoformat()


def make_good(database: Database, now: datetime) -> None:
    """Try again what pools could not pay, and free what nobody took; one query if there is none.

    After what is due was settled, so that whoever a pool reserved for has had it.
    """
    with database.reading() as tx:
        waiting = fundings.unfinished(tx)
    for funding in waiting:
        with database.writing() as tx:
            _make_good(tx, funding, now)


def give_up(tx: Transaction, workspace_id: WorkspaceId, pool: AccountId) -> None:
    """Let go of all that a pool still owes, and is owed, as when its team ends."""
    accounts.lock(tx, workspace_id, pool)
    for funding in fundings.unfinished_of(tx, workspace_id, pool):
        _lapse(tx, funding)
    advances.to_treasury(tx, workspace_id, pool)


def _make_good(tx: Transaction, seen: Funding, now: datetime) -> None:
    """Under the locks of the rule, of whoever was left out, and of the pool, in this order."""
    workspace_id, day = seen.workspace_id, seen.period_on
    allowance = allowances.locked(tx, workspace_id, seen.allowance_id)
    if allowance is None:
        return
    turns = allowance_turns.by_rule(tx, workspace_id, seen.allowance_id)
    out = [turn.account for turn in turns if turn.missed(day)]
    dues.states(tx, workspace_id, out, lock=True)
    accounts.lock(tx, workspace_id, seen.pool)
    funding = fundings.of_day(tx, workspace_id, seen.allowance_id, day)
    turns = allowance_turns.by_rule(tx, workspace_id, seen.allowance_id)
    if funding is None or not (funding.rest or funding.state is FundingState.SHORT):
        return  # another has seen to it
    if any(turn.is_due_on(day) for turn in turns):
        return  # theirs comes first; what is left then is left for the next tick
    if not turns or _is_over(allowance, funding, turns[0].zone, now):
        _lapse(tx, funding)
    elif funding.state is FundingState.SHORT:
        missed = [turn for turn in turns if turn.missed(day) and turn.account in out]
        _try_again(tx, allowance, funding, missed, now)


def _is_over(allowance: Allowance, funding: Funding, zone: ZoneInfo, now: datetime) -> bool:
    """Whether nobody is credited for that day any more, of those who are not due."""
    until = allowance.payable_until(funding.period_on)
    if allowance.state is AllowanceState.ENDED:
        return True
    if until is None:  # the last part waits where it is short; what nobody took of it is free
        return funding.state is FundingState.RESERVED
    return now >= periods.start_of(until, zone)


def _lapse(tx: Transaction, funding: Funding) -> None:
    """Nobody will be credited any more: what is left comes free. For a pool that is locked."""
    if funding.rest:
        fundings.release(tx, funding.workspace_id, funding.pool, funding.rest)
    fundings.put(tx, replace(funding, state=FundingState.LAPSED))


def _try_again(
    tx: Transaction,
    allowance: Allowance,
    funding: Funding,
    missed: Sequence[Turn],
    now: datetime,
) -> None:
    """Turn those who went without back to the day, once the pool has enough for all of them."""
    if not missed:
        return
    owed = advances.owed_to(tx, funding.workspace_id, funding.pool)
    tokens = allowance.credit_on(funding.period_on).tokens
    needed = sum(tokens - min(owed.get(turn.account, 0), tokens) for turn in missed)
    if not fundings.reserve(tx, funding.workspace_id, funding.pool, needed, now):
        return
    again = replace(funding, state=FundingState.RESERVED, needed=funding.credited + needed)
    fundings.put(tx, again)
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


def due_on(tx: Transaction, workspace_id: WorkspaceId, allowance: Allowance, day: date) -> int:
    """What all whose turn it is on that day take of the pool that pays them."""
    turns = allowance_turns.by_rule(tx, workspace_id, allowance.allowance_id)
    owed = advances.owed_to(tx, workspace_id, allowance.source)
    due = [turn for turn in turns if turn.is_due_on(day)]
    return sum(_net(turn, day, owed.get(turn.account, 0)) for turn in due)


def _net(turn: Turn, day: date, owed: int) -> int:
    """What a turn's credit of a day takes of its source, to which the account owes so much now."""
    allowance = turn.allowance
    tokens = allowance.credit_on(day).tokens
    if not owed or allowance.vesting is not None or turn.next_on is None:
        return tokens
    earlier = takewhile(lambda one: one < day, allowance.days_from(turn.next_on))
    left = owed - sum(allowance.credit_on(one).tokens for one in earlier)
    return tokens - min(max(left, 0), tokens)


def _answerable(
    tx: Transaction, workspace_id: WorkspaceId, allowance: Allowance
) -> dict[UserId, tuple[UserId, ...]]:
    """The managers of the pool's team and a few admins, each with who can fill it for them."""
    team = account_owner(allowance.source)
    approvers = roles.approvers(tx, workspace_id)
    managers = [one.user_id for one in approvers if team in one.manages]
    admins = [one.user_id for one in approvers if one.is_admin]
    few = tuple(admins[:APPROVERS_ASKED_MAX])
    return {one: (one,) if one in admins else few for one in [*managers, *few]}


def _pool_of(due: Due) -> AccountId | None:
    if due.credit is None:
        return None
    source = due.entry.postings[-1].source
    return source if _is_pool(source) else None


def _is_pool(account: AccountId) -> bool:
    return account_kind(account) is AccountKind.POOL
