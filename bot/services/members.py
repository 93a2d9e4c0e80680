"""A person here, and what they may do for others."""

from bot.domain import permission
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.roles import Deed
from bot.storage import directory
from bot.storage.database import Database


def member(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> Member:
    """As the directory knows them; of standing `UNSEEN` before it has met them."""
    with database.reading() as tx:
        return directory.member(tx, workspace_id, user_id)


def require_grants(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> None:
    """Raises what a grant by this person would, so that nobody fills a form in vain."""
    permission.require_for_someone(member(database, workspace_id, user_id), Deed.GRANT)
