"""Who is who in the sources: seen, claimed for oneself, and linked for others."""

from datetime import datetime
from difflib import get_close_matches

from bot.domain import permission, roles
from bot.domain.directory import Member, TeamId, UserId, WorkspaceId
from bot.domain.identities import (
    Identity,
    IdentityId,
    Linked,
    Overview,
    Waiting,
)
from bot.domain.ledger import AccountId, member_account
from bot.domain.notices import IdentityNews, IdentityTold
from bot.domain.refusals import (
    IdentityAmbiguous,
    IdentityUnknown,
    NotAllowed,
)
from bot.domain.roles import Deed
from bot.domain.teams import Team
from bot.services import attributions, participants
from bot.services.team_choice import Asked, choosable, pick
from bot.storage import directory, identity_lists, teams
from bot.storage.database import Database, Transaction

#: Of what waits, so many are shown; the command line lists all.
WAITING_SHOWN = 10
#: Of one person; a source that calls somebody by a hundred names says nothing.
NAMES_SHOWN = 20
#: For the command line.
LISTED_MAX = 100_000
#: Commits of a thousand events before somebody in Slack is answered; the clock moves the rest.
COMMITS = 3


def overview(
    database: Database, workspace_id: WorkspaceId, *, viewer: UserId, subject: UserId
) -> Overview:
    """How sources call the subject, and for whoever links for everyone, what waits.

    Raises `NotAllowed` for somebody else's.
    """
    with database.reading() as tx:
        who, whom = directory.pair(tx, workspace_id, viewer, subject)
        is_own = viewer == subject
        may_link = roles.may(who, Deed.LINK, whom)
        if not is_own:
            permission.require(who, Deed.LINK, whom)
        account = member_account(subject)
        own = identity_lists.of_account(tx, workspace_id, account, limit=NAMES_SHOWN)
        sees = is_own and _links_for_everyone(who)
        waiting = identity_lists.waiting(tx, workspace_id, limit=WAITING_SHOWN) if sees else []
        count = identity_lists.count_waiting(tx, workspace_id) if sees else 0
    return Overview(
        subject=subject,
        is_own=is_own,
        identities=tuple(own),
        may_link=may_link,
        waiting=tuple(waiting),
        waiting_count=count,
        sees_waiting=sees,
    )


def waiting(database: Database, workspace_id: WorkspaceId) -> tuple[list[Waiting], int]:
    """What waits for its person, the largest first, and how many there are."""
    with database.reading() as tx:
        found = identity_lists.waiting(tx, workspace_id, limit=WAITING_SHOWN)
        return found, identity_lists.count_waiting(tx, workspace_id)


def link_named(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    typed: str,
    user_id: UserId,
    now: datetime,
) -> Linked:
    """The same by an approver, for somebody whom they may link for."""
    with database.reading() as tx:
        allowed_account(tx, workspace_id, actor, user_id)
        found = named(tx, workspace_id, typed, directory.member(tx, workspace_id, actor))
    return link(
        database,
        workspace_id,
        actor=actor,
        identity_id=found.identity_id,
        user_id=user_id,
        now=now,
    )


def link(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    identity_id: IdentityId,
    user_id: UserId,
    now: datetime,
) -> Linked:
    """Link it to a person, who is told of it. Raises `NotAllowed`, `IdentityTaken`."""
    with database.reading() as tx:
        found = attributions.known(tx, workspace_id, identity_id)
        account = allowed_account(tx, workspace_id, actor, user_id)
    moved = attributions.link(
        database,
        workspace_id,
        identity_id,
        account,
        actor=actor,
        now=now,
        told=told_of(found, user_id, IdentityNews.LINKED, actor),
        commits=COMMITS,
    )
    return Linked(identity=found, account=account, moved=moved)


def link_service(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    asked: Asked,
    identity_id: IdentityId,
    now: datetime,
) -> Linked:
    """Link a service to a team, whose pool pays. Raises `NotAllowed`, `WhichTeam`, `NoPool`."""
    with database.reading() as tx:
        found = attributions.known(tx, workspace_id, identity_id)
        team = pick(tx, workspace_id, asked, Deed.LINK)
    account = attributions.pool_of(team)
    moved = attributions.link(
        database,
        workspace_id,
        identity_id,
        account,
        actor=asked.actor,
        now=now,
        commits=COMMITS,
    )
    return Linked(identity=found, account=account, moved=moved, team=team.name)


def unlink(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    identity_id: IdentityId,
    now: datetime,
) -> Linked:
    """Say that it is not theirs, who get their tokens back and are told.

    For whoever may link for them. Raises `NotAllowed`, `IdentityFree`.
    """
    team: Team | None = None
    with database.reading() as tx:
        found = attributions.known(tx, workspace_id, identity_id)
        person = directory.member(tx, workspace_id, actor)
        if found.user_id is not None:
            subject = directory.member(tx, workspace_id, found.user_id)
            permission.require(person, Deed.LINK, subject)
        elif found.team_id is not None:
            team = teams.team(tx, workspace_id, found.team_id)
            _require_for_team(person, found.team_id)
        else:
            permission.require_for_someone(person, Deed.LINK)
    news = IdentityNews.UNLINKED
    moved = attributions.unlink(
        database,
        workspace_id,
        identity_id,
        actor=actor,
        now=now,
        told=told_of(found, found.user_id, news, actor) if found.user_id else None,
        commits=COMMITS,
    )
    name = team.name if team else ""
    return Linked(identity=found, account=found.account, moved=moved, team=name)


def unlink_named(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, typed: str, now: datetime
) -> Linked:
    """The same by its name."""
    with database.reading() as tx:
        person = directory.member(tx, workspace_id, actor)
        permission.require_for_someone(person, Deed.LINK)
        found = named(tx, workspace_id, typed, person)
    return unlink(database, workspace_id, actor=actor, identity_id=found.identity_id, now=now)


def to_link(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, identity_id: IdentityId
) -> tuple[Identity, list[Team]]:
    """The identity, and the teams whose service the actor may say that it is."""
    with database.reading() as tx:
        person = directory.member(tx, workspace_id, actor)
        permission.require_for_someone(person, Deed.LINK)
        found = attributions.known(tx, workspace_id, identity_id)
        every = choosable(tx, workspace_id, person, Deed.LINK)
    return found, [team for team in every if not team.is_everyone]


def every(database: Database, workspace_id: WorkspaceId) -> list[Identity]:
    """All names of all sources, by source."""
    with database.reading() as tx:
        return identity_lists.every(tx, workspace_id, limit=LISTED_MAX)


def all_waiting(database: Database, workspace_id: WorkspaceId) -> list[Waiting]:
    """All that waits, the largest first."""
    with database.reading() as tx:
        return identity_lists.waiting(tx, workspace_id, limit=LISTED_MAX)


def exactly(
    database: Database, workspace_id: WorkspaceId, *, source: str, name: str
) -> Identity | None:
    """The one of this source and this name, letter by letter."""
    with database.reading() as tx:
        return identity_lists.exactly(tx, workspace_id, source=source, name=name)


def identity(database: Database, workspace_id: WorkspaceId, identity_id: IdentityId) -> Identity:
    """As it stands. Raises `IdentityUnknown`."""
    with database.reading() as tx:
        return attributions.known(tx, workspace_id, identity_id)


def find(tx: Transaction, workspace_id: WorkspaceId, name: str, source: str | None) -> Identity:
    """The one that is called so. Raises `IdentityUnknown`, `IdentityAmbiguous`."""
    found = identity_lists.named(tx, workspace_id, name, source=source)
    if not found:
        raise IdentityUnknown(name)
    if len(found) > 1:
        exact = [one for one in found if one.name == name]
        if len(exact) != 1:
            raise IdentityAmbiguous(name, tuple(dict.fromkeys(one.source for one in found)))
        found = exact
    return found[0]


def named(tx: Transaction, workspace_id: WorkspaceId, typed: str, person: Member) -> Identity:
    """`ben-laptop`, or `ben-laptop litellm` where several sources call somebody so."""
    whole = " ".join(typed.split())
    name, _, source = whole.rpartition(" ")
    if name and identity_lists.named(tx, workspace_id, name, source=source):
        return find(tx, workspace_id, name, source)
    try:
        return find(tx, workspace_id, whole, None)
    except IdentityUnknown:
        # Names of others are no guessing game for whoever links for nobody.
        helps = roles.may_for_someone(person, Deed.LINK)
        known = identity_lists.names(tx, workspace_id) if helps else []
        raise IdentityUnknown(whole, tuple(get_close_matches(whole, known, n=3))) from None


def allowed_account(
    tx: Transaction, workspace_id: WorkspaceId, actor: UserId, user_id: UserId
) -> AccountId:
    """The account to which the actor may link. Raises what forbids it."""
    who, whom = directory.pair(tx, workspace_id, actor, user_id)
    permission.require(who, Deed.LINK, whom)
    participants.refuse_absent(tx, workspace_id, whom)
    return member_account(user_id)


def _require_for_team(person: Member, team_id: TeamId) -> None:
    if not roles.may_for_team(person, Deed.LINK, team_id):
        raise NotAllowed(Deed.LINK)


def _links_for_everyone(person: Member) -> bool:
    return any(roles.TABLE[Deed.LINK][role] is roles.Reach.ALL for role in roles.roles(person))


def told_of(
    found: Identity, recipient: UserId, news: IdentityNews, actor: UserId
) -> IdentityTold | None:
    """None for whoever did it to themselves, and knows."""
    if recipient == actor:
        return None
    return IdentityTold(
        recipient=recipient, actor=actor, source=found.source, name=found.name, news=news
    )
