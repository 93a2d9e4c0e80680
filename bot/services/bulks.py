"""Several requests decided at once: each by the rules of a single decision, all in one piece.

One database transaction locks the requests and then the accounts, each in the one order of locks.
So a pool's rest is known when it is shared out, what can't be decided is named and stops nothing
else, and of two who decide the same requests the second finds what the first left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain import bulks as rules
from bot.domain import notes
from bot.domain.bulks import Bench, Bulk, Item, Kind, Preview, Purse, Verdict
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.ledger import (
    AccountId,
    AccountKind,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    account_kind,
    account_owner,
    member_account,
)
from bot.domain.notices import TopUpCopyChanged, TopUpDecided
from bot.domain.refusals import DecisionRefused
from bot.domain.refusals.topups import DecisionFault
from bot.domain.topups import TopUp, TopUpId
from bot.services import approvers, dues, participants
from bot.storage import (
    accounts,
    allowance_turns,
    budgets,
    bulks,
    directory,
    grants,
    outbox,
    stand_ins,
    topups,
)
from bot.storage import teams as known_teams
from bot.storage.database import Database, Transaction
from bot.storage.ledger import AccountsDue

Found = dict[TopUpId, TopUp]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """Who decides what, and when."""

    workspace_id: WorkspaceId
    actor: UserId
    topup_ids: Sequence[TopUpId]
    kind: Kind
    now: datetime
    note: str = ""


def preview(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    topup_ids: Sequence[TopUpId],
    kind: Kind,
    now: datetime,
) -> Preview:
    """What deciding these would do by now, for the form that asks whether to. Changes nothing."""
    _require_some(topup_ids)
    wish = _Wish(workspace_id=workspace_id, actor=actor, topup_ids=topup_ids, kind=kind, now=now)
    with database.snapshot() as tx:
        found = bulks.topups(tx, workspace_id, topup_ids, lock=False)
        items = _judged(tx, wish, found)
        if kind is Kind.DENY:
            return Preview(kind=kind, items=tuple(items), payments=())
        pools = _pools(items)
        left = {pool: dues.available(tx, workspace_id, pool, now) for pool in pools}
        purses = _purses(tx, workspace_id, left, now)
        fitting = rules.fitted(items, purses)
        payments = rules.payments(fitting, purses)
        return Preview(kind=kind, items=tuple(fitting), payments=payments)


@dues.settled_first
def decide(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    topup_ids: Sequence[TopUpId],
    kind: Kind,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Bulk:
    """Decide these requests, once for this key; what became of each, also when heard again.

    What can't be decided stays as it is. Approved is what was asked for.
    """
    _require_some(topup_ids)
    note = notes.clean(note)
    wish = _Wish(
        workspace_id=workspace_id,
        actor=actor,
        topup_ids=topup_ids,
        kind=kind,
        now=now,
        note=note,
    )
    made = Bulk(key=key, kind=kind, actor=actor, made_at=now, items=())
    with database.writing() as tx:
        earlier = bulks.claim(tx, workspace_id, made, topup_ids, note)
        if earlier is not None:
            return earlier
        found = bulks.topups(tx, workspace_id, topup_ids, lock=True)
        items = _judged(tx, wish, found)
        if kind is Kind.APPROVE:
            items = _approve(tx, wish, items, found)
        else:
            _deny(tx, wish, items)
        made = replace(made, items=tuple(items))
        bulks.finish(tx, workspace_id, made)
    return made


def _require_some(topup_ids: Sequence[TopUpId]) -> None:
    if not topup_ids:
        raise DecisionRefused(DecisionFault.NOTHING_SELECTED)


def _judged(tx: Transaction, wish: _Wish, found: Found) -> list[Item]:
    workspace_id, actor = wish.workspace_id, wish.actor
    requesters = sorted({topup.requester for topup in found.values()})
    people = directory.members(tx, workspace_id, [actor, *requesters])
    bench = Bench(
        actor=actor,
        people=people,
        absences=stand_ins.active(tx, workspace_id, wish.now, stand_in=actor),
        away=participants.absent(tx, workspace_id, [people[one] for one in requesters]),
        is_only_approver=approvers.is_only_one(tx, workspace_id, actor),
    )
    return rules.judged(wish.topup_ids, found, bench, wish.kind)


def _approve(tx: Transaction, wish: _Wish, items: Sequence[Item], found: Found) -> list[Item]:
    """Share the pools out under their locks, grant what fits, and tell those who asked."""
    workspace_id, now = wish.workspace_id, wish.now
    pools = _pools(items)
    takers = {member_account(one.requester) for one in items if one.verdict is Verdict.DECIDED}
    touched = sorted({*takers, *pools})
    allowance_turns.lock_accounts(tx, workspace_id, touched)
    due = accounts.due_of(tx, workspace_id, touched, now)
    if due:
        raise AccountsDue(workspace_id, due)
    left = accounts.available_of(tx, workspace_id, pools)
    fitting = rules.fitted(items, _purses(tx, workspace_id, left, now))
    granting = [one for one in fitting if one.verdict is Verdict.DECIDED]
    entries = [_entry(wish, one, found[one.topup_id]) for one in granting]
    granted = grants.record(tx, workspace_id, entries)
    made = {one.topup_id: each for one, each in zip(granting, granted, strict=True)}
    ids = [(topup_id, each.entry_id) for topup_id, each in made.items()]
    if bulks.approve(tx, workspace_id, ids, actor=wish.actor, now=now) != len(ids):
        raise LookupError("a request that was locked and open is not open")
    first = {topup_id for topup_id, each in made.items() if each.is_first}
    _tell(tx, workspace_id, [found[one.topup_id] for one in granting], first, now)
    return [
        replace(one, entry_id=made[one.topup_id].entry_id) if one.topup_id in made else one
        for one in fitting
    ]


def _entry(wish: _Wish, item: Item, topup: TopUp) -> Entry:
    return Entry(
        kind=EntryKind.GRANT,
        actor=wish.actor,
        postings=(Posting(item.source, member_account(item.requester), item.tokens),),
        note=topup.note,
        key=topup.grant_key,
        now=wish.now,
        is_self_approved=item.requester == wish.actor,
    )


def _deny(tx: Transaction, wish: _Wish, items: Sequence[Item]) -> None:
    ids = [one.topup_id for one in items if one.verdict is Verdict.DECIDED]
    count = bulks.deny(tx, wish.workspace_id, ids, actor=wish.actor, note=wish.note, now=wish.now)
    if count != len(ids):
        raise LookupError("a request that was locked and open is not open")
    denied = bulks.topups(tx, wish.workspace_id, ids, lock=False)
    _tell(tx, wish.workspace_id, [denied[one] for one in ids], set(), wish.now)


def _tell(
    tx: Transaction,
    workspace_id: WorkspaceId,
    decided: Sequence[TopUp],
    first: set[TopUpId],
    now: datetime,
) -> None:
    """Owe each requester the decision, as after a single one, and the new state to every copy."""
    have = topups.copies_of(tx, workspace_id, [one.topup_id for one in decided])
    for topup in decided:
        told = TopUpDecided(
            recipient=topup.requester,
            topup_id=topup.topup_id,
            is_first=topup.topup_id in first,
            reopened=topup.reopened,
        )
        outbox.add(tx, workspace_id, told, now)
        for user_id in have[topup.topup_id]:
            changed = TopUpCopyChanged(recipient=user_id, topup_id=topup.topup_id)
            outbox.add(tx, workspace_id, changed, now)


def _pools(items: Sequence[Item]) -> list[AccountId]:
    """The pools that would pay."""
    sources = {one.source for one in items if one.verdict is Verdict.DECIDED}
    return sorted(one for one in sources if account_kind(one) is AccountKind.POOL)


def _purses(
    tx: Transaction, workspace_id: WorkspaceId, left: dict[AccountId, int], now: datetime
) -> dict[AccountId, Purse]:
    """What each of these pools can pay: with few of them, a look at each one's budget."""
    ids = {pool: TeamId(account_owner(pool)) for pool in left}
    found = known_teams.teams(tx, workspace_id, sorted(ids.values()))
    return {
        pool: Purse(
            team=found[team_id].name,
            available=left[pool],
            budget=budgets.state(tx, workspace_id, pool, now),
        )
        for pool, team_id in ids.items()
    }
