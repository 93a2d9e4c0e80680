"""What a member has."""

from bot.domain import roles
from bot.domain.balances import Balance
from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.domain.refusals import NotAllowed
from bot.domain.roles import Deed
from bot.storage import directory
from bot.storage.database import Database


def balance(
    database: Database, workspace_id: WorkspaceId, *, viewer: UserId, subject: UserId
) -> Balance:
    """One's own balance, or that of somebody whose approver one is. Raises `NotAllowed`."""
    with database.reading() as tx:
        person, tokens, held = directory.member_with_account(tx, workspace_id, subject)
        who = person if viewer == subject else directory.member(tx, workspace_id, viewer)
    if not roles.may(who, Deed.SEE_BALANCE, person):
        raise NotAllowed(Deed.SEE_BALANCE, subject)
    return Balance(viewer=who, subject=person, balance=tokens, held=held)


def needs_lookup(found: Balance) -> bool:
    """Whether the directory has yet to be asked about one of the two."""
    return Standing.UNSEEN in {found.viewer.standing, found.subject.standing}
