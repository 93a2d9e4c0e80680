"""Settling what falls due: by the tick in chunks, or by whoever needs an account before that."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from itertools import groupby
from typing import Concatenate, ParamSpec, TypeVar, cast

import structlog

from bot.domain import dues as rules
from bot.domain.account_states import AccountState, Settled
from bot.domain.allowances import AllowanceId
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import AccountId, AccountKind, account_kind, account_owner
from bot.domain.notices import AllowanceBegun
from bot.services.fundings import Purse
from bot.services.glances import Glance
from bot.storage import accounts, allowance_turns, dues, ids, outbox
from bot.storage.database import Database, DatabaseBusy, DatabaseFault, Transaction
from bot.storage.ledger import AccountsDue

_log = structlog.get_logger()

#: Accounts settled in one database transaction: people wait behind it for some 50 ms.
CHUNK = 100
#: A service begins anew so often because something on its accounts was due.
_ATTEMPTS = 3

P = ParamSpec("P")
T = TypeVar("T")


def settle_all(database: Database, now: datetime) -> int:
    """Settle every account on which something is due; how many there were.

    One query where nothing is. Each chunk is a commit of its own: who comes after a crash, or
    beside us, finds what is left. An account that can't be settled stops no other; what it met is
    raised once all had their turn.
    """
    count = 0
    failures: dict[tuple[WorkspaceId, AccountId], Exception] = {}
    while True:
        with database.reading() as tx:
            found = dues.due(tx, now, limit=CHUNK + len(failures))
        fresh = [one for one in found if one not in failures]
        for workspace_id, group in groupby(sorted(fresh), key=lambda one: one[0]):
            mine = [account for _, account in group]
            failures |= _settle_apart(database, workspace_id, mine, now)
        count += len(fresh)
        if len(fresh) < CHUNK:
            break
    if failures:
        raise next(iter(failures.values()))
    return count


def _settle_apart(
    database: Database, workspace_id: WorkspaceId, account_ids: Sequence[AccountId], now: datetime
) -> dict[tuple[WorkspaceId, AccountId], Exception]:
    """Settle these together, or each alone where one of them can't be; what those met."""
    try:
        with database.writing() as tx:
            settle(tx, workspace_id, account_ids, now)
    except DatabaseFault:
        raise  # it is not the accounts' fault
    except Exception as failure:  # noqa: BLE001 - raised by `settle_all`
        if len(account_ids) == 1:
            _log.exception("account_not_settled", account=account_ids[0])
            return {(workspace_id, account_ids[0]): failure}
        return {
            key: met
            for account in account_ids
            for key, met in _settle_apart(database, workspace_id, [account], now).items()
        }
    return {}


def settle_rule(
    database: Database, workspace_id: WorkspaceId, allowance_id: AllowanceId, now: datetime
) -> None:
    """Settle what a rule came to by now, before it is paused or ended: that was due, and stays."""
    while True:
        with database.reading() as tx:
            found = allowance_turns.due_by(tx, workspace_id, allowance_id, now, limit=CHUNK)
        if not found:
            return
        with database.writing() as tx:
            settle(tx, workspace_id, found, now)


def settle(
    tx: Transaction, workspace_id: WorkspaceId, account_ids: Sequence[AccountId], now: datetime
) -> list[Settled]:
    """Settle these, under their locks; nothing where another has done so before.

    Pools come last: what members are credited may have had theirs settled on the way.
    """
    pools = [one for one in account_ids if account_kind(one) is AccountKind.POOL]
    members = [one for one in account_ids if one not in pools]
    settled = _settle(tx, workspace_id, members, now, then=pools) if members else []
    return settled + (_settle(tx, workspace_id, pools, now) if pools else [])


def as_of(
    tx: Transaction, workspace_id: WorkspaceId, account: AccountId, now: datetime
) -> Settled | None:
    """The account as it is once what is due by now is settled, whoever does that and when."""
    states = dues.states(tx, workspace_id, [account], lock=False)
    if not states:
        return None
    return _seen(tx, workspace_id, states[0], now)


def available(tx: Transaction, workspace_id: WorkspaceId, account: AccountId, now: datetime) -> int:
    """What is available once what is due by now is settled."""
    is_due = bool(accounts.due_of(tx, workspace_id, [account], now))
    states = dues.states(tx, workspace_id, [account], lock=False) if is_due else []
    if not states:
        return accounts.available(tx, workspace_id, account)
    settled = _seen(tx, workspace_id, states[0], now)
    return settled.balance - settled.held


def _seen(
    tx: Transaction, workspace_id: WorkspaceId, state: AccountState, now: datetime
) -> Settled:
    """The account once it is settled, while nothing is written."""
    glance = Glance(tx, workspace_id, now, lambda pool: available(tx, workspace_id, pool, now))
    return rules.settle(state, now, new_id=ids.new, pays=glance.pays)


def settled_first(
    act: Callable[Concatenate[Database, WorkspaceId, P], T],
) -> Callable[Concatenate[Database, WorkspaceId, P], T]:
    """Let a service that moves tokens begin anew once what was due on its accounts is settled.

    In a database transaction of its own: accounts are locked in the order of their ids, and the
    service may hold one that comes after the one that is due.
    """

    @wraps(act)
    def acting(
        database: Database, workspace_id: WorkspaceId, /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        for _ in range(_ATTEMPTS):
            try:
                return act(database, workspace_id, *args, **kwargs)
            except AccountsDue as due:
                for start in range(0, len(due.accounts), CHUNK):
                    some = due.accounts[start : start + CHUNK]
                    with database.writing() as tx:
                        settle(tx, due.workspace_id, some, cast("datetime", kwargs["now"]))
        raise DatabaseBusy("what was due on an account changed under our hands")

    return acting


def _settle(
    tx: Transaction,
    workspace_id: WorkspaceId,
    account_ids: Sequence[AccountId],
    now: datetime,
    *,
    then: Sequence[AccountId] = (),
) -> list[Settled]:
    """Settle these; `then` are pools that the caller settles after them."""
    states = dues.states(tx, workspace_id, account_ids, lock=True)
    # At once and in their order: else of two who settle one would ask for A's pool while it has
    # B's, and the other the reverse.
    pools = sorted({*_pools_asked(states, now), *then})
    allowance_turns.lock_accounts(tx, workspace_id, pools)
    if any(state.advances for state in states):  # a team that has just ended is owed nothing more
        states = dues.states(tx, workspace_id, account_ids, lock=True)
    purse = Purse(tx, workspace_id, now, lambda pool: _settle_pool(tx, workspace_id, pool, now))
    settled = [rules.settle(state, now, new_id=ids.new, pays=purse.pays) for state in states]
    purse.pay([due for one in settled for due in one.dues])
    dues.write(tx, workspace_id, settled)
    for one in settled:
        _tell(tx, workspace_id, one, now)
    return settled


def _pools_asked(states: Sequence[AccountState], now: datetime) -> set[AccountId]:
    """The pools that pay what is due on these, or are repaid out of it."""
    due = [(state, turn) for state in states for turn in state.turns if turn.is_due_by(now)]
    paying = {turn.allowance.source for _, turn in due}
    repaid = {one.owed_to for state, _ in due for one in state.advances}
    return {one for one in paying | repaid if account_kind(one) is AccountKind.POOL}


def _settle_pool(
    tx: Transaction, workspace_id: WorkspaceId, pool: AccountId, now: datetime
) -> None:
    """Members' accounts come before pools in the order of locks, so this waits for nobody."""
    if accounts.due_of(tx, workspace_id, [pool], now):
        _settle(tx, workspace_id, [pool], now)


def _tell(tx: Transaction, workspace_id: WorkspaceId, settled: Settled, now: datetime) -> None:
    """A rule's first credit is told; that more comes every period is then no news."""
    if account_kind(settled.account) is not AccountKind.MEMBER:
        return
    for due in settled.dues:
        if due.is_first and due.credit is not None:
            notice = AllowanceBegun(
                recipient=UserId(account_owner(settled.account)),
                allowance_id=due.credit[0],
                entry_id=due.entry_id,
                tokens=due.entry.postings[-1].tokens,
            )
            outbox.add(tx, workspace_id, notice, now)
