"""What a person's Home tab shows."""

from datetime import datetime

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.home import Home
from bot.services import balances, history, topups
from bot.storage.database import Database

_LINES = 5


def home(database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime) -> Home:
    """The facts of this person's Home tab."""
    return Home(
        balance=balances.balance(database, workspace_id, viewer=user_id, subject=user_id, now=now),
        open_topups=tuple(topups.open_of(database, workspace_id, user_id)),
        history=history.page(
            database, workspace_id, viewer=user_id, subject=user_id, length=_LINES
        ),
    )
