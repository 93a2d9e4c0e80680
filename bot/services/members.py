"""A person here, and what they may do for others."""

from datetime import datetime

from bot.domain import permission, roles
from bot.domain import stand_ins as rules
from bot.domain.directory import Member, UserId, WorkspaceId
from bot.domain.roles import Deed
from bot.storage import directory, stand_ins
from bot.storage.database import Database


def member(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> Member:
    """As the directory knows them; of standing `UNSEEN` before it has met them."""
    with database.reading() as tx:
        return directory.member(tx, workspace_id, user_id)


def require_grants(
    database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime
) -> None:
    """Raises what a grant by this person would, so that nobody fills a form in vain."""
    person = member(database, workspace_id, user_id)
    if not roles.may_for_someone(person, Deed.GRANT):
        with database.reading() as tx:
            absences = stand_ins.active(tx, workspace_id, now, stand_in=user_id)
        person = rules.acting(person, absences)
    permission.require_for_someone(person, Deed.GRANT)


def require_allows(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> None:
    """Raises what setting an allowance would."""
    permission.require_for_someone(member(database, workspace_id, user_id), Deed.ALLOW)
