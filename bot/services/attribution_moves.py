"""Moving events from the account that an identity left to whose it is, a thousand to a commit."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain import attributions as rules
from bot.domain import sources as source_rules
from bot.domain import true_ups
from bot.domain.attributions import Counted
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.identities import Identity, IdentityId, Moved, Payer
from bot.domain.ledger import UNATTRIBUTED, AccountId, EntryId
from bot.domain.metering import Shift
from bot.services import dues
from bot.storage import (
    attributions,
    charges,
    identities,
    ids,
    meters,
    rollups,
    source_days,
    sources,
)
from bot.storage.database import Database, Transaction
from bot.storage.source_days import Told

#: Events of one commit: people wait behind it for some 50 ms.
CHUNK = 1_000

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_TRUED_UP = timedelta(days=true_ups.DAYS)


def move(
    database: Database,
    workspace_id: WorkspaceId,
    found: Identity,
    left: AccountId,
    *,
    actor: str,
    now: datetime,
    commits: int | None = None,
) -> Moved:
    """Move what is counted on an account it left to whose it is, or the first so many commits."""
    moved = _reported(database, workspace_id, found, left, now)
    chunks = _chunks(database, workspace_id, found.identity_id, left)
    for done, chunk in enumerate(chunks):
        if done == commits:
            return replace(moved, goes_on=True)
        tokens = _move(database, workspace_id, found, left, chunk, actor=actor, now=now)
        moved = replace(moved, tokens=moved.tokens + tokens)
    return moved


def _reported(
    database: Database, workspace_id: WorkspaceId, found: Identity, left: AccountId, now: datetime
) -> Moved:
    """What a report has of it, which doesn't move, and whether it was charged to others already."""
    since = (now - _TRUED_UP).astimezone(UTC).date()
    with database.reading() as tx:
        named = sources.named(tx, workspace_id, found.identity_id, since)
        told = sources.told(tx, workspace_id, since) if named and left == UNATTRIBUTED else []
    return Moved(
        tokens=0, is_reported=bool(named), charged_by=source_rules.charged_already(told, named)
    )


def _chunks(
    database: Database, workspace_id: WorkspaceId, identity_id: IdentityId, left: AccountId
) -> Iterator[list[str]]:
    """Ids of what is on the account, looked up outside of the commits that move it.

    A member's own are many more than this identity's, so they are read in the order of their times.
    """
    since = _EVER
    while True:
        with database.reading() as tx:
            if identities.account_of(tx, workspace_id, identity_id) == left:
                return
            if left == UNATTRIBUTED:
                chunk = attributions.waiting(tx, workspace_id, identity_id, limit=CHUNK)
            else:
                found = attributions.counted_on(
                    tx, workspace_id, identity_id, left, since=since, limit=CHUNK
                )
                chunk = [external_id for external_id, _ in found]
                since = found[-1][1] if found else since
        if not chunk:
            return
        yield chunk


@dues.settled_first
def _move(
    database: Database,
    workspace_id: WorkspaceId,
    found: Identity,
    left: AccountId,
    external_ids: Sequence[str],
    *,
    actor: str,
    now: datetime,
) -> int:
    """One commit: an entry, its events, and their place in the sums. Tokens that moved.

    Locks are taken in one order: the identity, meters, events, accounts, rollups.
    """
    with database.writing() as tx:
        locked = identities.identity(tx, workspace_id, found.identity_id, lock=True)
        target = locked.account if locked else left
        if target == left:
            return 0  # it came back meanwhile
        payer = identities.payers(tx, workspace_id, [target])[target]
        seen = attributions.counted(tx, workspace_id, found, left, external_ids, lock=False)
        shifts = _shifts(tx, workspace_id, payer, seen)
        before = attributions.counted(tx, workspace_id, found, left, external_ids, lock=True)
        after = [rules.moved(one, payer, shifts.get(one.provider, ())) for one in before]
        entry_id = EntryId(ids.new(now))
        entry = rules.entry(
            before,
            after,
            left=left,
            payer=target,
            entry_id=entry_id,
            actor=actor,
            source=found.source,
            now=now,
        )
        if entry is not None:
            charges.charge(tx, workspace_id, entry_id, entry)
        attributions.move(tx, workspace_id, found.source, after)
        rollups.add(tx, workspace_id, rules.difference(before, after))
        _tell_less(tx, workspace_id, found.source, before, after, entry_id=entry_id, now=now)
    return sum(one.charge.tokens for one in before)


def _shifts(
    tx: Transaction, workspace_id: WorkspaceId, payer: Payer, counted: Sequence[Counted]
) -> dict[str, list[Shift]]:
    """Which source is in charge of each provider where they come, begun where none was."""
    if payer.account == UNATTRIBUTED:
        return {}
    team_id = payer.team_id
    begun, later = rules.begun(counted, _of_team(tx, workspace_id, team_id))
    meters.put(tx, workspace_id, {(team_id, provider): one for provider, one in begun.items()})
    meters.put(tx, workspace_id, {(team_id, provider): one for provider, one in later.items()})
    return _of_team(tx, workspace_id, team_id)


def _of_team(tx: Transaction, workspace_id: WorkspaceId, team_id: TeamId) -> dict[str, list[Shift]]:
    found = meters.shifts(tx, workspace_id, [team_id])
    return {provider: shifts for (_, provider), shifts in found.items()}


def _tell_less(
    tx: Transaction,
    workspace_id: WorkspaceId,
    source: str,
    before: Sequence[Counted],
    after: Sequence[Counted],
    *,
    entry_id: EntryId,
    now: datetime,
) -> None:
    """The source was charged for less, where another has been for the same calls."""
    uncharged: dict[str, int] = {}
    for was, now_is in zip(before, after, strict=True):
        if less := was.charge.tokens - now_is.charge.tokens:
            uncharged[was.external_id] = less
            day = was.occurred_at.astimezone(UTC).date().isoformat()
            told = Told(was.role, was.occurred_at, tokens=-less)
            # As of when it came: this is no word from the source.
            source_days.add(tx, workspace_id, {(source, was.provider, day): told}, was.received_at)
    attributions.seen_twice(tx, workspace_id, source, uncharged, entry_id=entry_id, now=now)
