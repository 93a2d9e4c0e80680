"""Whose an identity is, and its usage with it: linked, it moves to them; unlinked, it moves back.

The row of the identity says whose it is, and changes in a commit of its own. The events follow in
commits of at most a thousand. Whoever is cut off in between, or counted an event for whom the
identity was a moment before, is put right by `do_due`.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bot.domain import attributions as rules
from bot.domain.attributions import Held
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.identities import Identity, IdentityId, MatchedBy, Payer
from bot.domain.ledger import (
    UNATTRIBUTED,
    AccountId,
    AccountKind,
    EntryId,
    account_kind,
    account_owner,
)
from bot.domain.metering import Shift
from bot.domain.refusals import IdentityFree, IdentityTaken, IdentityUnknown
from bot.services import dues
from bot.storage import (
    attributions,
    audit,
    charges,
    identities,
    ids,
    meters,
    progress,
    rollups,
    source_days,
    teams,
    workspaces,
)
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction
from bot.storage.source_days import Told

#: Events of one commit: people wait behind it for some 50 ms.
CHUNK = 1_000
#: Identities that the clock puts right in one go; the next minute goes on.
IDENTITIES_MAX = 1_000
#: A batch that knew an identity as another's commits within 1.5 s; clocks of machines differ.
OVERLAP = timedelta(minutes=2)
#: Who moves what somebody's link has left behind.
BOT = "tokenbot"

_JOB = "attributions"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def link(
    database: Database,
    workspace_id: WorkspaceId,
    identity_id: IdentityId,
    account: AccountId,
    *,
    actor: str,
    now: datetime,
    matched_by: MatchedBy = MatchedBy.LINK,
) -> int:
    """Say whose an identity is and charge them what waited; how many tokens that were.

    The same again finishes what was left. Raises `IdentityUnknown`, and `IdentityTaken` where it is
    another's: of two who link it at once, one does.
    """
    with database.writing() as tx:
        found = known(tx, workspace_id, identity_id, lock=True)
        if found.account != account:
            _assign(tx, workspace_id, found, account, matched_by)
            _write_down(tx, workspace_id, found, after=account, actor=actor, now=now)
    return _move_all(database, workspace_id, found, UNATTRIBUTED, actor=actor, now=now)


def unlink(
    database: Database,
    workspace_id: WorkspaceId,
    identity_id: IdentityId,
    *,
    actor: str,
    now: datetime,
) -> int:
    """Say that it is not theirs, and give back what they were charged; how many tokens.

    Raises `IdentityUnknown`, and `IdentityFree` where it is nobody's.
    """
    with database.writing() as tx:
        found = known(tx, workspace_id, identity_id, lock=True)
        if not identities.release(tx, workspace_id, identity_id, account=found.account):
            raise IdentityFree(found.name, found.source)
        _write_down(tx, workspace_id, found, after=UNATTRIBUTED, actor=actor, now=now)
    return _move_all(database, workspace_id, found, found.account, actor=actor, now=now)


def do_due(database: Database, now: datetime) -> None:
    """Move what a link or an unlinking has left behind; nothing where all is in its place."""
    with database.reading() as tx:
        behind = attributions.behind(tx, limit=IDENTITIES_MAX)
        served = workspaces.every(tx)
    for workspace_id, identity_id in behind:
        with database.reading() as tx:
            found = known(tx, workspace_id, identity_id)
        _move_all(database, workspace_id, found, UNATTRIBUTED, actor=BOT, now=now)
    for workspace_id in served:
        _follow(database, workspace_id, now)


def known(
    tx: Transaction, workspace_id: WorkspaceId, identity_id: IdentityId, *, lock: bool = False
) -> Identity:
    """The identity of this id. Raises `IdentityUnknown`."""
    found = identities.identity(tx, workspace_id, identity_id, lock=lock)
    if found is None:
        raise IdentityUnknown(identity_id)
    return found


def _assign(
    tx: Transaction,
    workspace_id: WorkspaceId,
    found: Identity,
    account: AccountId,
    matched_by: MatchedBy,
) -> None:
    if identities.assign(
        tx, workspace_id, found.identity_id, account=account, matched_by=matched_by
    ):
        return
    team = None
    if account_kind(found.account) is AccountKind.POOL:
        team = teams.team(tx, workspace_id, TeamId(account_owner(found.account)))
    raise IdentityTaken(found.name, found.source, found.account, team.name if team else "")


def _write_down(
    tx: Transaction,
    workspace_id: WorkspaceId,
    found: Identity,
    *,
    after: AccountId,
    actor: str,
    now: datetime,
) -> None:
    """`_follow` finds here who was left, so that this line comes with the change itself."""
    before, then = (
        "" if account == UNATTRIBUTED else account for account in (found.account, after)
    )
    change = Change(
        actor=actor,
        what=attributions.CHANGED,
        subject=found.identity_id,
        before=before,
        after=then,
    )
    audit.add(tx, workspace_id, change, now)


def _follow(database: Database, workspace_id: WorkspaceId, now: datetime) -> None:
    """Look at the accounts that identities left since the last look."""
    with database.reading() as tx:
        since = progress.position(tx, workspace_id, _JOB) or ""
        left = attributions.left_since(tx, workspace_id, since)
    for one in left:
        with database.reading() as tx:
            found = known(tx, workspace_id, one.identity_id)
        _move_all(database, workspace_id, found, one.left, actor=one.actor, now=now)
    if left:  # last, so that whoever is cut off before looks again
        with database.writing() as tx:
            progress.advance(tx, workspace_id, _JOB, ids.first_at(now - OVERLAP))


# Moving.


def _move_all(
    database: Database,
    workspace_id: WorkspaceId,
    found: Identity,
    left: AccountId,
    *,
    actor: str,
    now: datetime,
) -> int:
    """Move all that is counted on an account it left to whose it is; tokens that moved."""
    return sum(
        _move_chunk(database, workspace_id, found, left, chunk, actor=actor, now=now)
        for chunk in _chunks(database, workspace_id, found.identity_id, left)
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
def _move_chunk(
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
        target = known(tx, workspace_id, found.identity_id, lock=True).account
        if target == left:
            return 0  # it came back meanwhile
        payer = identities.payers(tx, workspace_id, [target])[target]
        seen = attributions.held(tx, workspace_id, found, left, external_ids, lock=False)
        shifts = _shifts(tx, workspace_id, payer, seen)
        before = attributions.held(tx, workspace_id, found, left, external_ids, lock=True)
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
        _tell_less(tx, workspace_id, found.source, before, after)
    return sum(one.charge.tokens for one in before)


def _shifts(
    tx: Transaction, workspace_id: WorkspaceId, payer: Payer, held: Sequence[Held]
) -> dict[str, list[Shift]]:
    """Which source is in charge of each provider where they come, begun where none was."""
    if payer.account == UNATTRIBUTED:
        return {}
    team_id = payer.team_id
    begun, later = rules.begun(held, _of_team(tx, workspace_id, team_id))
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
    before: Sequence[Held],
    after: Sequence[Held],
) -> None:
    """The source was charged for less, where another has been for the same calls."""
    for was, now_is in zip(before, after, strict=True):
        if less := was.charge.tokens - now_is.charge.tokens:
            day = was.occurred_at.astimezone(UTC).date().isoformat()
            told = Told(was.role, was.occurred_at, tokens=-less)
            # As of when it came: this is no word from the source.
            source_days.add(tx, workspace_id, {(source, was.provider, day): told}, was.received_at)
