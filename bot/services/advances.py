"""Advances: what somebody may take once in a period, and taking it."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.domain import advances as rules
from bot.domain import permission
from bot.domain.advances import Offer, OpenAdvance, Taken
from bot.domain.allowances import Turn
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.ledger import AccountId, Receipt, member_account
from bot.domain.notices import HomeStale
from bot.domain.refusals import AdvanceFault, AdvanceRefused
from bot.domain.roles import Deed
from bot.services import dues, participants
from bot.storage import accounts, advances, directory, entries, ledger, outbox, policies
from bot.storage import dues as stored_dues
from bot.storage.database import Database, Transaction
from bot.storage.ledger import AccountsDue


@dues.settled_first
def look(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, now: datetime
) -> Offer | Taken:
    """What they may take now, or have taken in this period. Raises `AdvanceRefused`."""
    with database.writing() as tx:
        return _found(tx, workspace_id, actor, now)


@dues.settled_first
def take(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    repaid_on: date,
    now: datetime,
) -> Offer | Taken:
    """Take what is repaid by the credit of that day, once; the offer of now for another day.

    Raises `AdvanceRefused`, and `PoolShort` where the allowance is a pool's that has too little.
    """
    with database.writing() as tx:
        found = _found(tx, workspace_id, actor, now)
        if isinstance(found, Taken) or found.repaid_on != repaid_on:
            return found
        receipt = ledger.record(tx, workspace_id, rules.entry(actor, found, now))
        advances.add(tx, workspace_id, receipt.entry_id, receipt.postings[0])
        outbox.add(tx, workspace_id, HomeStale(recipient=actor), now)  # it may have led here
        return _taken(receipt, found)


def are_on_offer(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, now: datetime
) -> bool:
    """Whether somebody could take one, once what is due by now is settled."""
    settled = dues.as_of(tx, workspace_id, member_account(user_id), now)
    if settled is None:
        return False
    person = directory.member(tx, workspace_id, user_id)
    return is_on_offer(tx, workspace_id, person, settled.turns, settled.advances)


def is_on_offer(
    tx: Transaction,
    workspace_id: WorkspaceId,
    person: Member,
    turns: Sequence[Turn],
    owed: Sequence[OpenAdvance],
) -> bool:
    """Whether they could take one now, by what is known of their account."""
    if owed or not any(map(rules.can_repay, turns)):
        return False
    most = policies.held_by(tx, workspace_id, person.team_id).advance
    return bool(most) and _is_free(tx, workspace_id, person, turns, most)


def _is_free(
    tx: Transaction, workspace_id: WorkspaceId, person: Member, turns: Sequence[Turn], most: int
) -> bool:
    """Not taken and repaid already, by another rule that credits in the same period."""
    offered = rules.offer(member_account(person.user_id), turns, most)
    return entries.by_key(tx, workspace_id, offered.key) is None


def _found(
    tx: Transaction, workspace_id: WorkspaceId, actor: UserId, now: datetime
) -> Offer | Taken:
    """Under the account's lock, so that of two clicks the second finds what the first took."""
    person = directory.member(tx, workspace_id, actor)
    permission.require(person, Deed.ADVANCE, person)
    participants.refuse_absent(tx, workspace_id, person)
    account = member_account(actor)
    states = stored_dues.states(tx, workspace_id, [account], lock=True)
    if accounts.due_of(tx, workspace_id, [account], now):
        raise AccountsDue(workspace_id, (account,))
    turns: Sequence[Turn] = states[0].turns if states else ()
    owed = states[0].advances if states else ()
    most = policies.held_by(tx, workspace_id, person.team_id).advance
    offered = _offer(account, turns, most, owed)
    done = entries.by_key(tx, workspace_id, offered.key)
    if done is not None:
        return _taken(ledger.replay(tx, workspace_id, done), offered)
    if owed:
        raise AdvanceRefused(AdvanceFault.OWED, sum(one.owed for one in owed))
    if not most:
        raise AdvanceRefused(AdvanceFault.NOT_OFFERED)
    return offered


def _offer(
    account: AccountId, turns: Sequence[Turn], most: int, owed: Sequence[OpenAdvance]
) -> Offer:
    try:
        return rules.offer(account, turns, most)
    except AdvanceRefused:
        if owed:
            raise AdvanceRefused(AdvanceFault.OWED, sum(one.owed for one in owed)) from None
        if not most:
            raise AdvanceRefused(AdvanceFault.NOT_OFFERED) from None
        raise


def _taken(receipt: Receipt, offered: Offer) -> Taken:
    return Taken(receipt, offered.repaid_on, offered.credit - receipt.tokens)
