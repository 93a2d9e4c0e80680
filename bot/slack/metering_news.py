"""What is told of sources and of who is who in them, with how it stands by then."""

from datetime import datetime

from bot.domain.directory import WorkspaceId
from bot.domain.identities import IdentityId
from bot.domain.notices import IdentitiesWait, IdentityClaimed, IdentityTold, SourcesSilent
from bot.services import identities, silences
from bot.slack.render import messages
from bot.slack.render.messages import Message
from bot.storage.database import Database


def said(
    database: Database,
    workspace_id: WorkspaceId,
    notice: IdentityTold | IdentityClaimed | IdentitiesWait | SourcesSilent,
    now: datetime,
) -> Message | None:
    """None where nothing waits, or nothing is silent any more."""
    match notice:
        case IdentityTold():
            return messages.identity_told(notice)
        case IdentityClaimed():
            found = identities.identity(database, workspace_id, IdentityId(notice.identity_id))
            return messages.identity_claimed(notice, found)
        case IdentitiesWait():
            waiting, count = identities.waiting(database, workspace_id)
            return messages.identities_wait(waiting, count) if count else None
        case SourcesSilent():
            silent = silences.ongoing(database, workspace_id, notice, now)
            is_reminder = notice.is_reminder
            return messages.sources_silent(silent, is_reminder=is_reminder) if silent else None
