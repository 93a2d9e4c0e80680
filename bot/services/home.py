"""What a person's Home tab shows."""

from dataclasses import dataclass

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.topups import TopUp
from bot.services import balances, history, topups
from bot.services.balances import Balance
from bot.services.history import Page
from bot.storage.database import Database

_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Balance, open requests and the last entries of one person."""

    balance: Balance
    open_topups: tuple[TopUp, ...]
    history: Page


def home(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> Home:
    """The facts of this person's Home tab."""
    return Home(
        balance=balances.balance(database, workspace_id, viewer=user_id, subject=user_id),
        open_topups=tuple(topups.open_of(database, workspace_id, user_id)),
        history=history.page(
            database, workspace_id, viewer=user_id, subject=user_id, length=_LINES
        ),
    )
