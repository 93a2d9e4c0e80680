"""Holds for programs: whom their keys may hold for, whose call it is, and how much it needs."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from bot.domain.api_keys import Caller
from bot.domain.directory import UserId
from bot.domain.holds import Hold, HoldRefused, HoldUnknown
from bot.domain.identities import whose
from bot.domain.intents import Intent
from bot.domain.ledger import AccountId, member_account
from bot.domain.limits import Limit
from bot.services import holders, holds, settings
from bot.services.holders import Holder
from bot.services.holds import Standing, Wish
from bot.services.sizing import Sizes
from bot.storage import holds as stored
from bot.storage.database import Database, Transaction
from bot.storage.holds import StoredHold


@dataclass(frozen=True, slots=True)
class Answered:
    """A hold as its caller is told of it."""

    hold: Hold
    #: The person; None for a team's service, and for whoever nobody knows.
    user_id: UserId | None
    available: int
    passed: Limit | None = None


class UserUnknown(Exception):
    """Nobody knows whose call it is, and calls of nobody are refused here."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def hold(
    database: Database, caller: Caller, intent: Intent, sizes: Sizes, *, now: datetime
) -> Answered:
    """Hold tokens for a call. Raises what `holds.hold` does, `UserUnknown` and `HoldRefused`."""
    holder, wish = _wished(database, caller, intent, sizes, now)
    made = holds.hold(database, caller.workspace_id, holder, wish, actor=caller.actor, now=now)
    return answered(made)


def may(
    database: Database, caller: Caller, intent: Intent, sizes: Sizes, *, now: datetime
) -> Answered:
    """What `hold` would answer, while nothing is held."""
    holder, wish = _wished(database, caller, intent, sizes, now)
    return answered(holds.may(database, caller.workspace_id, holder, wish, now))


def found(database: Database, caller: Caller, hold_id: str) -> StoredHold:
    """A hold that the caller may settle or end. Raises `HoldUnknown`."""
    with database.reading() as tx:
        kept = stored.read(tx, caller.workspace_id, hold_id)
        if kept is None or not _may_hold(caller, kept.hold.account):
            raise HoldUnknown(hold_id)
    return kept


def answered(standing: Standing) -> Answered:
    """The hold with whose it is."""
    user_id = whose(standing.hold.account)
    return Answered(standing.hold, user_id, standing.available, standing.passed)


def _wished(
    database: Database, caller: Caller, intent: Intent, sizes: Sizes, now: datetime
) -> tuple[Holder, Wish]:
    with database.reading() as tx:
        holder = _holder(tx, caller, intent, now)
        tokens = sizes.tokens(tx, caller.workspace_id, holder, intent, now)
    return holder, Wish(
        tokens=tokens,
        ttl=intent.ttl,
        key=intent.key or secrets.token_hex(16),
        fingerprint=intent.fingerprint,
        user_label=intent.user or (caller.user_id or ""),
        source=intent.source,
        model=intent.model,
        project=intent.project,
        details=intent.details,
    )


def _holder(tx: Transaction, caller: Caller, intent: Intent, now: datetime) -> Holder:
    """Whose call it is. A key that is bound to a person holds theirs, whatever it says."""
    workspace_id = caller.workspace_id
    if caller.user_id is not None:
        return holders.of_account(tx, workspace_id, member_account(caller.user_id), now)
    if not intent.user:
        raise HoldRefused("user", "is missing")
    holder = holders.named(tx, workspace_id, source=intent.source, name=intent.user, now=now)
    is_refused = not holder.is_known and settings.refuses_unknown_users(tx, workspace_id)
    if is_refused or not _may_hold(caller, holder.account):
        raise UserUnknown(intent.user)
    return holder


def _may_hold(caller: Caller, account: AccountId) -> bool:
    return caller.user_id is None or account == member_account(caller.user_id)
