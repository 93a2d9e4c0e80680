"""Whose an identity is, and its usage with it: linked, it moves to them; unlinked, it moves back.

The row of the identity says whose it is, and changes in a commit of its own. The events follow in
commits of at most a thousand. Whoever is cut off in between, or counted an event for whom the
identity was a moment before, is put right by `do_due`.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from bot.domain.directory import WorkspaceId
from bot.domain.identities import Identity, IdentityId, MatchedBy, Moved
from bot.domain.ledger import UNATTRIBUTED, AccountId, member_account
from bot.domain.notices import IdentityTold
from bot.domain.refusals import IdentityFree, IdentityTaken, IdentityUnknown, NoPool
from bot.domain.teams import Team, pool_account
from bot.services import attribution_moves
from bot.storage import (
    attributions,
    audit,
    identities,
    identity_lists,
    ids,
    outbox,
    progress,
    teams,
    workspaces,
)
from bot.storage.audit import Change
from bot.storage.database import Database, Transaction

#: Identities that the clock puts right in one go; the next minute goes on.
IDENTITIES_MAX = 1_000
#: A batch that knew an identity as another's commits within 1.5 s; clocks of machines differ.
OVERLAP = timedelta(minutes=2)
#: Who moves what somebody's link has left behind.
BOT = "tokenbot"


def link(
    database: Database,
    workspace_id: WorkspaceId,
    identity_id: IdentityId,
    account: AccountId,
    *,
    actor: str,
    now: datetime,
    matched_by: MatchedBy = MatchedBy.LINK,
    told: IdentityTold | None = None,
    commits: int | None = None,
) -> Moved:
    """Say whose an identity is, tell them, and charge them what waited.

    The same again finishes what was left. `commits` is for whoever waits for the answer: the clock
    moves the rest. Raises `IdentityUnknown`, and `IdentityTaken` where it is
    another's: of two who link it at once, one does.
    """
    with database.writing() as tx:
        found = known(tx, workspace_id, identity_id, lock=True)
        if found.account != account:
            _assign(tx, workspace_id, found, account, matched_by)
            _write_down(tx, workspace_id, found, after=account, actor=actor, now=now)
            if told is not None:
                outbox.add(tx, workspace_id, told, now)
    return attribution_moves.move(
        database, workspace_id, found, UNATTRIBUTED, actor=actor, now=now, commits=commits
    )


def unlink(
    database: Database,
    workspace_id: WorkspaceId,
    identity_id: IdentityId,
    *,
    actor: str,
    now: datetime,
    told: IdentityTold | None = None,
    commits: int | None = None,
) -> Moved:
    """Say that it is not theirs, tell them, and give back what they were charged.

    Raises `IdentityUnknown`, and `IdentityFree` where it is nobody's.
    """
    with database.writing() as tx:
        found = known(tx, workspace_id, identity_id, lock=True)
        if not identities.release(tx, workspace_id, identity_id, account=found.account):
            raise IdentityFree(found.name, found.source)
        _write_down(tx, workspace_id, found, after=UNATTRIBUTED, actor=actor, now=now)
        if told is not None:
            outbox.add(tx, workspace_id, told, now)
    return attribution_moves.move(
        database, workspace_id, found, found.account, actor=actor, now=now, commits=commits
    )


def do_due(database: Database, now: datetime) -> None:
    """Match who waits with whom the directory knows by now, and move what was left behind."""
    with database.reading() as tx:
        matching = identity_lists.matching(tx, limit=IDENTITIES_MAX)
    for one in matching:
        with suppress(IdentityTaken):  # by somebody who was quicker
            link(
                database,
                one.workspace_id,
                one.identity_id,
                member_account(one.user_id),
                actor=BOT,
                now=now,
                matched_by=one.matched_by,
            )
    with database.reading() as tx:
        behind = attributions.behind(tx, limit=IDENTITIES_MAX)
        served = workspaces.every(tx)
    for workspace_id, identity_id in behind:
        with database.reading() as tx:
            found = known(tx, workspace_id, identity_id)
        attribution_moves.move(database, workspace_id, found, UNATTRIBUTED, actor=BOT, now=now)
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


def taken(tx: Transaction, workspace_id: WorkspaceId, found: Identity) -> IdentityTaken:
    """That it is another's, with what their team is called where it is a team's."""
    team = teams.team(tx, workspace_id, found.team_id) if found.team_id else None
    return IdentityTaken(found.name, found.source, found.account, team.name if team else "")


def pool_of(team: Team) -> AccountId:
    """The account that pays for a team's services. Raises `NoPool`."""
    if team.is_everyone:
        raise NoPool
    return pool_account(team.team_id)


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
    raise taken(tx, workspace_id, found)


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
        since = progress.position(tx, workspace_id, attributions.FOLLOWED) or ""
        left = attributions.left_since(tx, workspace_id, since)
    for one in left:
        with database.reading() as tx:
            found = known(tx, workspace_id, one.identity_id)
        attribution_moves.move(database, workspace_id, found, one.left, actor=one.actor, now=now)
    if left:  # last, so that whoever is cut off before looks again
        with database.writing() as tx:
            progress.advance(tx, workspace_id, attributions.FOLLOWED, ids.first_at(now - OVERLAP))
