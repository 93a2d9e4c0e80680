"""What lets a call pass: the guard of its account, or all of its limits counted under a lock."""

from bot.domain.directory import WorkspaceId
from bot.domain.holds import OPEN_MAX, TooManyHolds
from bot.domain.limits import Limit, LimitReached, exceeded, tightest
from bot.domain.policies import Mode
from bot.services import limits
from bot.services.holders import Holder
from bot.services.limits import Subject
from bot.storage import new_holds
from bot.storage.database import Transaction
from bot.storage.ledger import AccountsDue
from bot.storage.new_holds import NewHold
from bot.storage.reservations import LockedAccount


def admit(
    tx: Transaction,
    workspace_id: WorkspaceId,
    holder: Holder,
    new: NewHold,
    account: LockedAccount,
) -> tuple[int, Limit | None]:
    """Hold what there is for a call whose limits are counted under its account's lock.

    How much is held, and what the policy let pass although it did not fit. Raises `LimitReached`,
    `TooManyHolds` and `AccountsDue`.
    """
    if account.is_due(new.created_at):
        raise AccountsDue(workspace_id, (new.account_id,))
    if account.open_holds >= OPEN_MAX:
        raise TooManyHolds(new.account_id)
    limits.lock(tx, workspace_id, holder, Subject(new.model, new.project))
    passed = judge(tx, workspace_id, holder, new, balance=account.balance, held=account.held)
    held = min(max(account.available, 0), new.tokens)
    new_holds.reserve(tx, workspace_id, new, held)
    return held, passed


def judge(
    tx: Transaction,
    workspace_id: WorkspaceId,
    holder: Holder,
    new: NewHold,
    *,
    balance: int,
    held: int,
) -> Limit | None:
    """What the policy lets pass although it does not fit. Raises `LimitReached`."""
    mode = holder.rules.mode
    if mode is Mode.OFF:
        return None
    subject = Subject(new.model, new.project)
    chain = limits.chain(
        tx, workspace_id, holder, subject, balance=balance, held=held, now=new.created_at
    )
    refusing = tightest(chain, new.tokens)
    if refusing is None:
        return exceeded(chain, new.tokens)
    if mode is Mode.WARN:
        return refusing
    raise _reached(holder, new, refusing, chain)


def _reached(
    holder: Holder, new: NewHold, refusing: Limit, chain: tuple[Limit, ...]
) -> LimitReached:
    instead = refusing.fallback_model or holder.rules.policy.fallback_model
    return LimitReached(
        account=new.account_id,
        needed=new.tokens,
        limit=refusing,
        chain=chain,
        fallback_model=instead if instead != new.model else "",  # the same would be refused again
    )
