"""A person here, and whether there is anything they may do for others."""

from bot.domain import roles
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.roles import Deed
from bot.storage import directory
from bot.storage.database import Database


def member(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> Member:
    """As the directory knows them; of standing `UNSEEN` before it has met them."""
    with database.reading() as tx:
        return directory.member(tx, workspace_id, user_id)


def may_grant(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> bool:
    """Whether to open the form for a grant at all."""
    return roles.may_for_someone(member(database, workspace_id, user_id), Deed.GRANT)
