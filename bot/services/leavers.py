"""What leaving a team would take along, shown before somebody is taken out."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import leavers as rules
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.leavers import GoingBack
from bot.domain.ledger import member_account
from bot.services import dues
from bot.storage.database import Database


def going_back(
    database: Database, workspace_id: WorkspaceId, people: Sequence[UserId], now: datetime
) -> list[GoingBack]:
    """What would go back to its source if these people left their team now.

    It is what `memberships.catch_up` takes back once they have left.
    """
    found: list[GoingBack] = []
    with database.snapshot() as tx:
        for user_id in people:
            settled = dues.as_of(tx, workspace_id, member_account(user_id), now)
            if settled is not None and settled.lots:
                found.extend(rules.going_back(settled))
    return found
