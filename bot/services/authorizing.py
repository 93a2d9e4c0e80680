"""Holds for programs: whom their keys may hold for, whose call it is, and how much it needs."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.api_keys import ALL, Caller
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.domain.holds import Hold, HoldId, HoldRefused, HoldUnknown
from bot.domain.identities import whose
from bot.domain.intents import Intent
from bot.domain.ledger import UNATTRIBUTED, AccountId, member_account
from bot.domain.limits import Limit, LimitReached
from bot.services import holders, holds, limit_news, settings
from bot.services.holders import Holder
from bot.services.holds import Standing, Wish
from bot.services.limit_news import News
from bot.services.sizing import Sizes
from bot.storage import holders as stored_holders
from bot.storage import holds as stored
from bot.storage.database import Database, Transaction
from bot.storage.holds import StoredHold

#: A hold with what its keeper knows of it.
Kept = StoredHold


@dataclass(frozen=True, slots=True)
class Answered:
    """A hold as its caller is told of it."""

    hold: Hold
    #: The person; None for a team's service, and for whoever nobody knows.
    user_id: UserId | None
    available: int
    passed: Limit | None = None


class NotWithinReach(Exception):
    """The caller's key may not hold for them; whether there is somebody, it doesn't learn."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class UserUnknown(Exception):
    """Nobody knows whose call it is, and calls of nobody are refused here."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that somebody wants to make, and the caller who asks for them."""

    caller: Caller
    intent: Intent


def hold_each(
    database: Database,
    workspace_id: WorkspaceId,
    asked: Sequence[Asked],
    sizes: Sizes,
    news: News,
    *,
    now: datetime,
) -> list[Answered | Exception]:
    """Tokens held for each call; or what `holds.hold` raises, `HoldRefused`, `UserUnknown` or
    `NotWithinReach`.

    A person whose call is refused, or let pass although it does not fit, is told of it.
    """
    with database.reading() as tx:
        wished = _wished(tx, workspace_id, asked, sizes, now)
    wishes = [one for one in wished if isinstance(one, tuple)]
    found = holds.hold_each(database, workspace_id, wishes, now=now)
    for (holder, wish), one in zip(wishes, found, strict=True):
        meeting = limit_news.meeting_of(holder, wish, one)
        if meeting is not None:
            news.tell(database, workspace_id, meeting, now)
        if isinstance(one, LimitReached):
            one.ask_at = news.ask_at(database, workspace_id)
    held = iter(found)
    return [_outcome(next(held)) if isinstance(one, tuple) else one for one in wished]


def may(database: Database, asked: Asked, sizes: Sizes, news: News, *, now: datetime) -> Answered:
    """What a hold would be answered, while nothing is held and nobody is told."""
    workspace_id = asked.caller.workspace_id
    with database.reading() as tx:
        (found,) = _wished(tx, workspace_id, [asked], sizes, now)
    if isinstance(found, Exception):
        raise found
    try:
        return answered(holds.may(database, workspace_id, *found, now))
    except LimitReached as reached:
        reached.ask_at = news.ask_at(database, workspace_id)
        raise


def found(
    database: Database, workspace_id: WorkspaceId, wanted: Sequence[tuple[Caller, str]]
) -> list[Kept | HoldUnknown]:
    """Holds by their ids, for callers who may settle or end them."""
    with database.reading() as tx:
        kept = stored.read(tx, workspace_id, [one for _, one in wanted if _may_be_id(one)])
    seen = ((caller, kept.get(HoldId(hold_id)), hold_id) for caller, hold_id in wanted)
    return [
        one
        if one is not None and _may_hold(caller, one.hold.account, one.team_id)
        else HoldUnknown(hold_id)
        for caller, one, hold_id in seen
    ]


def _may_be_id(said: str) -> bool:
    """Of what can't even be stored as text a database would make a fault of all who ask."""
    return said.isascii() and said.isprintable()


def _outcome(found: Standing | Exception) -> Answered | Exception:
    return found if isinstance(found, Exception) else answered(found)


def answered(standing: Standing) -> Answered:
    """The hold with whose it is."""
    user_id = whose(standing.hold.account)
    return Answered(standing.hold, user_id, standing.available, standing.passed)


def _wished(
    tx: Transaction,
    workspace_id: WorkspaceId,
    asked: Sequence[Asked],
    sizes: Sizes,
    now: datetime,
) -> list[tuple[Holder, Wish] | Exception]:
    """Who each call is of, and what is to be held for it."""
    accounts = _accounts(tx, workspace_id, asked)
    known = sorted({one for one in accounts if not isinstance(one, Exception)})
    by_account = holders.of_accounts(tx, workspace_id, known, now)
    whose = [
        one if isinstance(one, Exception) else _within(made, by_account[one])
        for made, one in zip(asked, accounts, strict=True)
    ]
    calls = [
        (holder, one.intent)
        for holder, one in zip(whose, asked, strict=True)
        if isinstance(holder, Holder)
    ]
    tokens = iter(sizes.tokens(tx, workspace_id, calls, now))
    return [
        (holder, _wish(one, next(tokens))) if isinstance(holder, Holder) else holder
        for holder, one in zip(whose, asked, strict=True)
    ]


def _wish(asked: Asked, tokens: int) -> Wish:
    caller, intent = asked.caller, asked.intent
    return Wish(
        tokens=tokens,
        ttl=intent.ttl,
        actor=caller.actor,
        key=intent.key or secrets.token_hex(16),
        fingerprint=intent.fingerprint,
        user_label=intent.user or (caller.user_id or ""),
        source=intent.source,
        model=intent.model,
        project=intent.project,
        details=intent.details,
    )


def _accounts(
    tx: Transaction, workspace_id: WorkspaceId, asked: Sequence[Asked]
) -> list[AccountId | Exception]:
    """Whose call each is. A key that is bound to a person holds theirs, whatever it says."""
    names = {(one.intent.source, one.intent.user) for one in asked if one.intent.user}
    named = stored_holders.named(tx, workspace_id, names)
    refuses = UNATTRIBUTED in named.values() and settings.refuses_unknown_users(tx, workspace_id)
    return [_account(one, named, refuses=refuses) for one in asked]


def _account(
    asked: Asked, named: Mapping[tuple[str, str], AccountId], *, refuses: bool
) -> AccountId | Exception:
    caller, user = asked.caller, asked.intent.user
    if caller.user_id is not None:
        return member_account(caller.user_id)
    if not user:
        return HoldRefused("user", "is missing")
    account = named[asked.intent.source, user]
    if refuses and account == UNATTRIBUTED and caller.reach == ALL:
        return UserUnknown(user)
    return account


def _within(asked: Asked, holder: Holder) -> Holder | NotWithinReach:
    """The holder, if the caller's key may hold for them."""
    is_within = _may_hold(asked.caller, holder.account, holder.team_id)
    return holder if is_within else NotWithinReach(asked.intent.user)


def _may_hold(caller: Caller, account: AccountId, team_id: TeamId) -> bool:
    """Of a hold that was made, `team_id` is the team of that time: its call can be settled still.

    Whoever has left the team since is only held for no more.
    """
    if caller.user_id is not None and account != member_account(caller.user_id):
        return False
    return caller.reach.has(account, team_id)
