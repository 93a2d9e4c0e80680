"""Saying that an identity is one's own: at once where that is sure, else an approver is asked."""

from datetime import datetime

from bot.domain import roles, topups
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.identities import Claimed, Identity, IdentityId, Linked, MatchedBy
from bot.domain.ledger import member_account
from bot.domain.notices import IdentityClaimed, IdentityNews
from bot.domain.refusals import NoApprover
from bot.domain.roles import Deed
from bot.services import attributions, identities, participants
from bot.storage import directory, outbox, runs
from bot.storage import roles as given_roles
from bot.storage.database import Database, Transaction

#: Rows of `run`: an identity and who says that it is theirs, and the day.
_CLAIM = "identity claim"
_REFUSAL = "identity claim refused"


def claim(
    database: Database, workspace_id: WorkspaceId, *, actor: UserId, typed: str, now: datetime
) -> Linked | Claimed:
    """Say that an identity is one's own.

    One's own e-mail address is linked at once, and so is what an approver names who may link for
    themselves. For anything else an approver is asked, once a day at the most: it decides who
    pays. Raises `IdentityUnknown`, `IdentityAmbiguous`, `IdentityTaken`, `NoApprover`.
    """
    account = member_account(actor)
    with database.writing() as tx:
        person = directory.member(tx, workspace_id, actor)
        participants.refuse_absent(tx, workspace_id, person)
        found = identities.named(tx, workspace_id, typed, person)
        email = directory.email(tx, workspace_id, actor)
        is_own = bool(email) and found.name.lower() == str(email).lower()
        is_direct = is_own or roles.may(person, Deed.LINK, person) or found.account == account
        if not is_direct:
            return _ask(tx, workspace_id, person, found, now)
    how = MatchedBy.EMAIL if is_own else MatchedBy.LINK
    moved = attributions.link(
        database,
        workspace_id,
        found.identity_id,
        account,
        actor=actor,
        now=now,
        matched_by=how,
        commits=identities.COMMITS,
    )
    return Linked(identity=found, account=account, moved=moved)


def refuse(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    actor: UserId,
    identity_id: IdentityId,
    claimant: UserId,
    now: datetime,
) -> Identity:
    """It is not the claimant's, who is told so."""
    with database.writing() as tx:
        found = attributions.known(tx, workspace_id, identity_id)
        identities.allowed_account(tx, workspace_id, actor, claimant)
        told = identities.told_of(found, claimant, IdentityNews.REFUSED, actor)
        subject = f"{identity_id}:{claimant}"
        # Of two clicks, and of two approvers, the first is told.
        if told and runs.claim_one(
            tx, workspace_id, job=_REFUSAL, subject=subject, period=now.date().isoformat(), now=now
        ):
            outbox.add(tx, workspace_id, told, now)
    return found


def _ask(
    tx: Transaction, workspace_id: WorkspaceId, person: Member, found: Identity, now: datetime
) -> Claimed:
    """Ask those who would be asked for a request of this person."""
    if found.matched_by is not None:
        raise attributions.taken(tx, workspace_id, found)
    approvers = topups.approvers_asked(person, given_roles.approvers(tx, workspace_id))
    asked = [one for one in approvers if roles.may(one, Deed.LINK, person)]
    if not asked:
        raise NoApprover
    subject = f"{found.identity_id}:{person.user_id}"
    period = now.date().isoformat()
    if runs.claim_one(tx, workspace_id, job=_CLAIM, subject=subject, period=period, now=now):
        for one in asked:
            notice = IdentityClaimed(
                recipient=one.user_id,
                claimant=person.user_id,
                identity_id=found.identity_id,
            )
            outbox.add(tx, workspace_id, notice, now)
    return Claimed(identity=found, asked=tuple(one.user_id for one in asked))
