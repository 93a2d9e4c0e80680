"""What a member has."""

from bot.domain import permission
from bot.domain.balances import Balance
from bot.domain.directory import UserId, WorkspaceId
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
    permission.require(who, Deed.SEE_BALANCE, person)
    return Balance(viewer=who, subject=person, balance=tokens, held=held)
