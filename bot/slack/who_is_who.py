"""What is told of who is who, with how it stands by then."""

from bot.domain.directory import WorkspaceId
from bot.domain.identities import IdentityId
from bot.domain.notices import IdentitiesWait, IdentityClaimed, IdentityTold
from bot.services import identities
from bot.slack.render import messages
from bot.slack.render.messages import Message
from bot.storage.database import Database


def said(
    database: Database,
    workspace_id: WorkspaceId,
    notice: IdentityTold | IdentityClaimed | IdentitiesWait,
) -> Message | None:
    """None where nothing waits any more."""
    match notice:
        case IdentityTold():
            return messages.identity_told(notice)
        case IdentityClaimed():
            found = identities.identity(database, workspace_id, IdentityId(notice.identity_id))
            return messages.identity_claimed(notice, found)
        case IdentitiesWait():
            waiting, count = identities.waiting(database, workspace_id)
            return messages.identities_wait(waiting, count) if count else None
